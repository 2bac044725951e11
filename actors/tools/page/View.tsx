import { ApiError, Outcome, Preview, t, useAttempts, type SectionProps } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Crumbs } from "./Crumbs";
import { FileView } from "./FileView";
import { Folder } from "./Folder";
import type { FileFacts } from "./protocol";
import { draftOf, look, NEW } from "./state";

/** A folder of home, or a file in it. */
export default function View({ path: names }: SectionProps) {
  const path = names.join("/");
  return (
    <div class="desk among-files" role="region" aria-label={t("Files")} tabIndex={0}>
      <Place key={path} path={path} />
    </div>
  );
}

/** What is there, or why it is not to be seen. */
type Found = FileFacts | "new" | "not allowed" | null;

function Place({ path }: { path: string }) {
  const [found, setFound] = useState<Found>(null);
  const attempts = useAttempts();
  const again = () =>
    attempts.attempt(async () => {
      setFound(await facts(path));
      return "";
    });
  useEffect(() => void again(), []);

  return (
    <>
      <Crumbs path={path} />
      {found === null && <Outcome of={attempts} />}
      {found === "not allowed" ? (
        <NotAllowed path={path} />
      ) : found === "new" ? (
        <FileView path={path} facts={null} onChanged={() => void again()} />
      ) : found === null ? null : found.type === "directory" ? (
        <Folder path={path} />
      ) : (
        <FileView path={path} facts={found} onChanged={() => void again()} />
      )}
    </>
  );
}

/** Throws ApiError for what is not there. */
async function facts(path: string): Promise<Found> {
  try {
    return await look(path);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) return "not allowed";
    if (error.status === 404 && draftOf(path)?.etag === NEW.etag) return "new";
    throw error.status === 404
      ? new ApiError(t("There is no {path} in the agent's home.", { path }), 404)
      : error;
  }
}

/** Whoever may not look around still gets what they have sent, and what was sent to them. */
function NotAllowed({ path }: { path: string }) {
  if (path !== "") return <Preview path={path} />;
  return (
    <p class="quiet">
      {t(
        "Your account may not look at the files of the agent; an admin can allow it. What you have sent, and what was sent to you, is in your conversations.",
      )}
    </p>
  );
}
