import {
  ApiError,
  Outcome,
  routeHash,
  Sure,
  t,
  TextButton,
  TextEditor,
  toSection,
  useAttempts,
} from "@starpod/page";
import { useEffect, useRef, useState } from "preact/hooks";
import { History } from "./History";
import type { FileText } from "./protocol";
import { around, draftOf, forget, keepDraft, read, write, type Draft } from "./state";

interface NoteProps {
  readonly name: string;
  /** The lines that somebody looks for, counted from 1. */
  readonly hit: readonly [number, number] | null;
}

/** One note: its text, a field to change it, and what it was. */
export function Note({ name, hit }: NoteProps) {
  const [note, setNote] = useState<FileText | null | undefined>(undefined);
  const [draft, setDraft] = useState<Draft | null>(() => draftOf(name));
  const [changes, setChanges] = useState(0);
  const [conflict, setConflict] = useState(false);
  const attempts = useAttempts();

  const look = async () => {
    setNote(await read(name));
    setChanges((count) => count + 1);
  };
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      await look();
      return words;
    });
  useEffect(() => void attempt(async () => ""), []);

  const hold = (next: Draft | null) => {
    keepDraft(name, next);
    setDraft(next);
    if (next === null) setConflict(false);
  };
  const save = (etag: string | null) =>
    attempt(async () => {
      if (draft === null) return "";
      try {
        const { done } = await write(name, draft.text, etag);
        hold(null);
        return done;
      } catch (error) {
        setConflict(error instanceof ApiError && error.status === 409);
        throw error;
      }
    });
  const remove = () =>
    attempt(async () => {
      const { done } = await forget(name);
      hold(null);
      return done;
    });

  return (
    <>
      <p>
        <a href={routeHash(toSection("memory"))}>{t("All notes")}</a>
      </p>
      <Outcome of={attempts} />
      {draft !== null ? (
        <TextEditor
          label={t("Text of {name}", { name })}
          rows={16}
          action={t("Keep")}
          text={draft.text}
          onText={(text) => hold({ ...draft, text })}
          onSave={() => void save(draft.etag)}
          onCancel={() => hold(null)}
        >
          {conflict && (
            <TextButton onClick={() => void save(null)}>{t("Write over what is there now")}</TextButton>
          )}
        </TextEditor>
      ) : (
        note !== undefined && (
          <>
            {note === null ? (
              <p class="quiet">{t("There is no such note.")}</p>
            ) : (
              <Text key={hit?.join("-")} text={note.text} hit={hit} />
            )}
            <div class="buttons">
              <TextButton onClick={() => hold({ text: note?.text ?? "", etag: note?.etag ?? "" })}>
                {note === null ? t("Write it") : t("Edit the note")}
              </TextButton>
              {note !== null && (
                <Sure sure={t("Forget it")} onSure={() => void remove()}>
                  {t("Forget")}
                  <span class="sr-only"> {name}</span>
                </Sure>
              )}
            </div>
          </>
        )
      )}
      {changes > 0 && <History name={name} changes={changes} attempt={attempt} />}
    </>
  );
}

/** The text as it is written, with the lines that somebody looks for marked and in view. */
function Text({ text, hit }: { text: string; hit: NoteProps["hit"] }) {
  const mark = useRef<HTMLElement>(null);
  useEffect(() => mark.current?.scrollIntoView({ block: "center" }), []);
  if (text === "") return <p class="quiet">{t("It is empty.")}</p>;
  const [before, within, after] = hit === null ? [text, "", ""] : around(text, hit);
  return (
    <pre class="note" tabIndex={0} aria-label={t("Text of the note")}>
      {before}
      {within !== "" && <mark ref={mark}>{within}</mark>}
      {after}
    </pre>
  );
}
