import { bytes, Dialog, n, nameOf, offer, t, TextButton, type Attempts } from "@starpod/page";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FileFacts } from "./protocol";
import { changes, look, remove, undo } from "./state";

interface DeletingProps {
  readonly path: string;
  readonly attempts: Attempts;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

/** Says what would go, and for how long it could be put back, and asks. What has changed since it was counted stays. */
export function Deleting({ path, attempts, onClose, onDeleted }: DeletingProps) {
  const [found, setFound] = useState<FileFacts | string | null>(null);
  const no = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const failed = (error: unknown) => setFound(error instanceof Error ? error.message : String(error));
    look(path, true).then(setFound, failed);
    no.current?.querySelector<HTMLElement>("button:last-child")?.focus();
  }, [path]);
  const take = async ({ etag }: FileFacts, forGood: boolean) => {
    onClose();
    const name = nameOf(path);
    const done = await attempts.attempt(async () => {
      const { kept } = await remove(path, etag, forGood);
      if (kept === null) return t("{name} is gone for good.", { name });
      offer(t("Deleted “{title}”.", { title: name }), t("Undo"), () => void undo(kept));
      return "";
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
          <div role="status">
            {found === null ? (
              <p>{t("Looking what is there…")}</p>
            ) : (
              <>
                <p>{whatGoes(found)}</p>
                <p>{howLong(found)}</p>
              </>
            )}
          </div>
        )}
        <div class="buttons" ref={no}>
          {found !== null && typeof found !== "string" && (
            <>
              {(found.kept_days ?? 0) > 0 && (
                <button type="button" class="primary" onClick={() => void take(found, false)}>
                  {t("Delete")}
                </button>
              )}
              <TextButton onClick={() => void take(found, true)}>{t("Delete for good")}</TextButton>
            </>
          )}
          <TextButton onClick={onClose}>{t("Leave it")}</TextButton>
        </div>
      </div>
    </Dialog>
  );
}

/** What is deleted, in words. */
export function whatGoes(facts: Pick<FileFacts, "type" | "size" | "files" | "folders" | "complete">): string {
  const { type, size, files, folders, complete } = facts;
  if (type === "link") return t("The link goes, what it leads to stays.");
  if (type !== "directory") return t("A file of {size} goes.", { size: bytes(size) });
  if (files + folders === 0) return t("The folder is empty.");
  const within = [
    ...(files > 0 ? [n(files, "{n} file", "{n} files")] : []),
    ...(folders > 0 ? [n(folders, "{n} folder", "{n} folders")] : []),
  ];
  const values = { what: within.join(", "), size: bytes(size) };
  return complete
    ? t("The folder goes, with all in it: {what} ({size}).", values)
    : t("The folder goes, with all in it: more than {what} ({size}).", values);
}

/** For how long it can be put back, in words. */
export function howLong({ kept_days }: Pick<FileFacts, "kept_days">): string {
  const days = kept_days ?? 0;
  return days > 0
    ? n(days, "It can be put back for {n} day.", "It can be put back for {n} days.")
    : t("It is too much to be kept, or lies on another disk: it would be gone for good.");
}
