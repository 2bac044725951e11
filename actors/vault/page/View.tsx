import { account, Outcome, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Entries } from "./Entries";
import { Form } from "./Form";
import { Log } from "./Log";
import type { Entry } from "./protocol";
import { draftOf, EMPTY, entries, forget, keep, seesAll, type Draft } from "./state";

/** The secrets that are kept, and a form for one of them. */
export default function View() {
  const [kept, setKept] = useState<readonly Entry[] | null>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [changes, setChanges] = useState(0);
  const attempts = useAttempts();

  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      setKept(await entries());
      setChanges((count) => count + 1);
      return words;
    });
  const role = account.value?.role;
  useEffect(() => {
    if (role !== undefined) void attempt(async () => "");
  }, [role]);

  const save = () =>
    attempt(async () => {
      const { name } = await keep(draft);
      setDraft(EMPTY);
      return t("{name} is kept.", { name });
    });
  const remove = (entry: Entry) =>
    attempt(async () => {
      await forget(entry);
      if (draft.of?.name === entry.name && draft.of.owner === entry.owner) setDraft(EMPTY);
      return t("{name} is gone.", { name: entry.name });
    });

  return (
    <div class="desk" role="region" aria-label={t("Secrets")} tabIndex={0}>
      <p class="quiet">
        {t(
          "Keys and tokens that the agent uses for you. A value goes in and is never shown again: neither here nor to the model, and in no log.",
        )}
      </p>
      <Outcome of={attempts} />
      {kept === null ? (
        attempts.problem === null && <p class="quiet">{t("Looking…")}</p>
      ) : (
        <>
          <Form draft={draft} onDraft={setDraft} onSave={() => void save()} />
          <Entries
            entries={kept}
            onChange={(entry) => setDraft(draftOf(entry))}
            onDelete={(entry) => void remove(entry)}
          />
          {seesAll() && <Log changes={changes} />}
        </>
      )}
    </div>
  );
}
