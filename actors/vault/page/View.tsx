import { Icon } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Entries } from "./Entries";
import { Form } from "./Form";
import { Log } from "./Log";
import type { Entry } from "./protocol";
import { draftOf, EMPTY, entries, forget, keep, type Draft } from "./state";

/** The secrets that are kept, and a form for one of them. */
export default function View() {
  const [kept, setKept] = useState<readonly Entry[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [changes, setChanges] = useState(0);

  const attempt = async (act: () => Promise<string>) => {
    try {
      const words = await act();
      setKept(await entries());
      setSaid(words);
      setProblem(null);
      setChanges((count) => count + 1);
    } catch (error) {
      setSaid("");
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  useEffect(() => void attempt(async () => ""), []);

  const save = () =>
    attempt(async () => {
      const { name } = await keep(draft);
      setDraft(EMPTY);
      return `${name} is kept.`;
    });
  const remove = (entry: Entry) =>
    attempt(async () => {
      await forget(entry);
      if (draft.of?.name === entry.name && draft.of.owner === entry.owner) setDraft(EMPTY);
      return `${entry.name} is gone.`;
    });

  return (
    <div class="vault" role="region" aria-label="Secrets" tabIndex={0}>
      <p class="quiet">
        Keys and tokens that the agent uses for you. A value goes in and is never shown again: neither here
        nor to the model, and in no log.
      </p>
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <p class="vault-said" role="status">
        {said}
      </p>
      {kept === null ? (
        problem === null && <p class="quiet">Looking…</p>
      ) : (
        <>
          <Form draft={draft} onDraft={setDraft} onSave={() => void save()} />
          <Entries
            entries={kept}
            onChange={(entry) => {
              setSaid("");
              setDraft(draftOf(entry));
            }}
            onDelete={(entry) => void remove(entry)}
          />
          <Log changes={changes} />
        </>
      )}
    </div>
  );
}
