import { bytes, Dialog, n, nameOf, t, TextButton, type Attempts } from "@starpod/page";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FileFacts } from "./protocol";
import { changes, look, remove } from "./state";

interface DeletingProps {
  readonly path: string;
  readonly attempts: Attempts;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

/** Says what would go, and asks. What has changed since it was counted stays. */
export function Deleting({ path, attempts, onClose, onDeleted }: DeletingProps) {
  const [found, setFound] = useState<FileFacts | string | null>(null);
  const no = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const failed = (error: unknown) => setFound(error instanceof Error ? error.message : String(error));
    look(path, true).then(setFound, failed);
    no.current?.querySelector<HTMLElement>("button:last-child")?.focus();
  }, [path]);
  const take = async ({ etag }: FileFacts) => {
    onClose();
    const done = await attempts.attempt(async () => {
      await remove(path, etag);
      return t("{name} is deleted.", { name: nameOf(path) });
    });
    changes.value++;
    if (done) onDeleted?.();
  };
  return (
    <Dialog title={t("Delete {name}?", { name: nameOf(path) })} open onClose={onClose}>
      <div class="file-question">
        {typeof found === "string" ? (
          <p class="notice warning" role="alert">
            {found}
          </p>
        ) : (
          <p role="status">{found === null ? t("Looking what is there…") : whatGoes(found)}</p>
        )}
        <div class="buttons" ref={no}>
          {found !== null && typeof found !== "string" && (
            <button type="button" class="primary" onClick={() => void take(found)}>
              {t("Delete for good")}
            </button>
          )}
          <TextButton onClick={onClose}>{t("Leave it")}</TextButton>
        </div>
      </div>
    </Dialog>
  );
}

/** What is lost by deleting it, in words. */
export function whatGoes(facts: Pick<FileFacts, "type" | "size" | "files" | "folders" | "complete">): string {
  const { type, size, files, folders, complete } = facts;
  if (type === "link") return t("The link goes, what it leads to stays.");
  if (type !== "directory") return t("A file of {size} goes for good.", { size: bytes(size) });
  if (files + folders === 0) return t("The folder is empty. It goes for good.");
  const within = [
    ...(files > 0 ? [n(files, "{n} file", "{n} files")] : []),
    ...(folders > 0 ? [n(folders, "{n} folder", "{n} folders")] : []),
  ];
  const values = { what: within.join(", "), size: bytes(size) };
  return complete
    ? t("The folder goes for good, with all in it: {what} ({size}).", values)
    : t("The folder goes for good, with all in it: more than {what} ({size}).", values);
}
