import { ApiError, Poll, Preview, t, type SectionProps } from "@starpod/page";
import { useEffect, useMemo } from "preact/hooks";
import { Crumbs } from "./Crumbs";
import { FileView } from "./FileView";
import { Folder } from "./Folder";
import type { FileFacts } from "./protocol";
import { Problem } from "./Problem";
import { draftOf, look, REST } from "./state";

/** A folder of home, or a file in it. */
export default function View({ path: names }: SectionProps) {
  const path = names.join("/");
  return (
    <div class="desk among-files" role="region" aria-label={t("Files")} tabIndex={0}>
      <Place key={path} path={path} />
    </div>
  );
}

/** What is there: a new file is one that somebody is writing here. */
type Found = FileFacts | "new" | "not allowed";

function Place({ path }: { path: string }) {
  const poll = useMemo(() => new Poll(() => facts(path), { rest: () => REST }), [path]);
  useEffect(() => poll.watch(), [poll]);
  const [found, problem] = [poll.value.value, poll.problem.value];
  const changed = () => void poll.look();
  return (
    <>
      <Crumbs path={path} />
      {problem !== null && (found === null || problem.status === 404) ? (
        <Problem of={problem} />
      ) : found === null ? null : found === "not allowed" ? (
        <NotAllowed path={path} />
      ) : found === "new" ? (
        <FileView path={path} facts={null} onChanged={changed} />
      ) : found.type === "directory" ? (
        <Folder path={path} />
      ) : (
        <FileView path={path} facts={found} onChanged={changed} />
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
    if (error.status === 404 && draftOf(path) !== null) return "new";
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
