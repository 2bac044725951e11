import { useEffect, useState } from "preact/hooks";
import { bytes } from "../format";
import { t } from "../language/texts";
import { ApiError, api } from "../net/api";
import type { ToldText } from "../protocol";
import { TextButton } from "./buttons";
import { Dialog } from "./Dialog";

/** Shows what the model was told for an answer besides the conversation. */
export function ToldButton({ turn }: { turn: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <TextButton onClick={() => setOpen(true)}>{t("Context")}</TextButton>
      {open && (
        <Dialog title={t("What went into this answer")} open onClose={() => setOpen(false)}>
          <Told turn={turn} />
        </Dialog>
      )}
    </>
  );
}

function Told({ turn }: { turn: string }) {
  const [told, setTold] = useState<readonly ToldText[] | string | null>(null);
  useEffect(() => {
    api.told(turn).then(setTold, (error: unknown) => {
      setTold(error instanceof ApiError ? error.message : String(error));
    });
  }, [turn]);
  if (told === null) return <p class="quiet">{t("Reading…")}</p>;
  if (typeof told === "string") return <p class="notice warning">{told}</p>;
  if (told.length === 0) return <p class="quiet">{t("Besides the conversation nothing is stored.")}</p>;
  const attempts = new Set(told.map(({ attempt }) => attempt));
  return (
    <>
      {told.map(({ attempt, source, size, text }, index) => (
        <details key={index} class="told">
          <summary>
            {source} <small>{bytes(size)}</small>
            {attempts.size > 1 && <small> {t("attempt {attempt}", { attempt })}</small>}
          </summary>
          <pre>{text ?? t("No longer kept.")}</pre>
        </details>
      ))}
    </>
  );
}
