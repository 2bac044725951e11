import { useEffect, useState } from "preact/hooks";
import type { Turn } from "../conversation/model";
import { n, t } from "../language/texts";
import { ApiError, api } from "../net/api";
import type { Undone } from "../protocol";
import { announcement } from "../state/announcement";
import { TextButton } from "./buttons";
import { Dialog } from "./Dialog";

/** Tools whose calls change files, or may. */
const CHANGING = new Set(["Agent", "Bash", "Edit", "FileDelete", "FileWrite", "Write"]);

/** Whether there may be something to undo in a turn. */
export function changesFiles(turn: Turn): boolean {
  return turn.parts.some(
    (part) => part.kind === "tool" && part.state !== "running" && CHANGING.has(part.name),
  );
}

/** Shows what a turn has changed, and puts it back. */
export function UndoButton({ turn }: { turn: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <TextButton onClick={() => setOpen(true)}>{t("Undo")}</TextButton>
      {open && (
        <Dialog title={t("Undo what was done to files")} open onClose={() => setOpen(false)}>
          <Undo turn={turn} />
        </Dialog>
      )}
    </>
  );
}

function Undo({ turn }: { turn: string }) {
  const [found, setFound] = useState<Undone | string | null>(null);
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const ask = async (id: string, options: { dry_run?: boolean; force?: boolean }) => {
    setBusy(true);
    try {
      const undone = await api.undo(id, options);
      setFound(undone);
      setDone(options.dry_run !== true);
      if (options.dry_run !== true)
        announcement.value = n(undone.files.length, "{n} file put back", "{n} files put back");
    } catch (error) {
      setFound(error instanceof ApiError ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    void ask(turn, { dry_run: true });
  }, [turn]);
  if (found === null) return <p class="quiet">{t("Looking…")}</p>;
  if (typeof found === "string") return <p class="notice warning">{found}</p>;
  const undo = done ? found.undo : null;
  return (
    <>
      <Report found={found} done={done} />
      <p class="buttons">
        {!busy && !done && found.files.length > 0 && (
          <TextButton onClick={() => void ask(turn, {})}>{t("Put back")}</TextButton>
        )}
        {!busy && !done && found.refused.some((each) => each.forcible) && (
          <TextButton onClick={() => void ask(turn, { force: true })}>
            {t("Put back all, whoever changed it")}
          </TextButton>
        )}
        {!busy && undo !== null && found.total > 0 && (
          <TextButton onClick={() => void ask(undo, {})}>{t("Undo this")}</TextButton>
        )}
      </p>
    </>
  );
}

function Report({ found, done }: { found: Undone; done: boolean }) {
  const { files, refused, beyond, total } = found;
  const hidden = total - files.length - refused.length;
  return (
    <div class="undo">
      {total === 0 && <p class="quiet">{t("All files are as they were before.")}</p>}
      {files.length > 0 && (
        <>
          <h3>{done ? t("Put back") : t("Would be put back")}</h3>
          <ul>
            {files.map(({ path, done: how }) => (
              <li key={path}>
                <bdi>{path}</bdi>{" "}
                <small>{how === "deleted" ? t("was not there: deleted") : t("as it was")}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      {refused.length > 0 && (
        <>
          <h3>{done ? t("Stayed as they are") : t("Would stay as they are")}</h3>
          <ul>
            {refused.map(({ path, why }) => (
              <li key={path}>
                <bdi>{path}</bdi> <small>{why}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      {hidden > 0 && <p class="quiet">{n(hidden, "And {n} more.", "And {n} more.")}</p>}
      {beyond.length > 0 && (
        <>
          <h3>{t("Not undone")}</h3>
          <ul>
            {beyond.map((each, index) => (
              <li key={index}>{each}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
