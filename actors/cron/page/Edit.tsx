import { ApiError, Outcome, t, TextButton, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { bodyOf, changesOf, draftOf, emptyDraft, keepDraft, keptDraft, type Draft } from "./draft";
import { Form } from "./Form";
import { add, arrive, change, job, LIST, placeOf } from "./state";

/** A new job, or another form of one. What is written stays until it is kept or thrown away. */
export function Edit({ id }: { id: string | null }) {
  const [both, setBoth] = useState(() => keptDraft(id));
  const [sending, setSending] = useState(false);
  const attempts = useAttempts();
  const back = id === null ? LIST : placeOf(id);

  const write = (draft: Draft, before: Draft) => {
    setBoth({ draft, before });
    keepDraft(id, draft === before ? null : { draft, before });
  };
  const begin = () =>
    attempts.attempt(async () => {
      const draft = id === null ? emptyDraft() : draftOf(await found(id));
      write(draft, draft);
      return "";
    });
  useEffect(() => {
    if (both === null) void begin();
  }, []);

  const save = async () => {
    if (both === null || sending) return;
    setSending(true);
    await attempts.attempt(async () => {
      const [before, after] = [bodyOf(both.before), bodyOf(both.draft)];
      if (after === null) throw new Error(t("It does not say yet when it is to run."));
      const kept =
        id === null ? await add(after) : await change(id, before === null ? after : changesOf(before, after));
      keepDraft(id, null);
      arrive(placeOf(kept.id), id === null ? t("{name} is made.", { name: kept.name }) : t("Kept."));
      return "";
    });
    setSending(false);
  };

  return (
    <>
      {both === null ? (
        <Outcome of={attempts} />
      ) : (
        <Form
          title={id === null ? t("A new job") : t("Change {name}", { name: both.before.name })}
          draft={both.draft}
          onDraft={(draft) => write(draft, both.before)}
          onSave={() => void save()}
          foot={
            <>
              <Outcome of={attempts} />
              <div class="buttons">
                <button type="submit" class="primary" disabled={sending}>
                  {id === null ? t("Make it") : t("Keep")}
                </button>
                <TextButton
                  onClick={() => {
                    keepDraft(id, null);
                    location.hash = back;
                  }}
                >
                  {t("Cancel")}
                </TextButton>
              </div>
            </>
          }
        />
      )}
    </>
  );
}

async function found(id: string) {
  try {
    return await job(id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new Error(t("There is no such job any more."));
    throw error;
  }
}
