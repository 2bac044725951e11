import { TextButton, when } from "@starpod/page";
import { useState } from "preact/hooks";
import type { Entry } from "./protocol";
import { where } from "./state";

interface EntriesProps {
  readonly entries: readonly Entry[];
  readonly onChange: (entry: Entry) => void;
  readonly onDelete: (entry: Entry) => void;
}

/** What is kept, by owner and name. */
export function Entries({ entries, onChange, onDelete }: EntriesProps) {
  return (
    <section aria-labelledby="kept">
      <h2 id="kept">Kept</h2>
      {entries.length === 0 ? (
        <p class="quiet">Nothing yet.</p>
      ) : (
        <ul class="vault-entries" aria-label="Secrets that are kept">
          {entries.map((entry) => (
            <Row
              key={`${entry.owner}/${entry.name}`}
              entry={entry}
              onChange={() => onChange(entry)}
              onDelete={() => onDelete(entry)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface RowProps {
  readonly entry: Entry;
  readonly onChange: () => void;
  readonly onDelete: () => void;
}

function Row({ entry, onChange, onDelete }: RowProps) {
  const [asking, setAsking] = useState(false);
  return (
    <li>
      <span class="vault-name">{entry.name}</span>
      <span class="vault-facts quiet">
        <span>{entry.owner === "" ? "of the agent" : `of ${entry.owner}`}</span>
        <span>to {where(entry)}</span>
        <span>{used(entry)}</span>
      </span>
      <span class="vault-buttons">
        {asking ? (
          <>
            <TextButton onClick={onDelete}>Delete for good</TextButton>
            <TextButton onClick={() => setAsking(false)}>No</TextButton>
          </>
        ) : (
          <>
            <TextButton onClick={onChange}>
              Change<span class="sr-only"> {entry.name}</span>
            </TextButton>
            <TextButton onClick={() => setAsking(true)}>
              Delete<span class="sr-only"> {entry.name}</span>
            </TextButton>
          </>
        )}
      </span>
    </li>
  );
}

function used({ last_read_at: read }: Entry): string {
  return read === null ? "never used" : `last used ${when(new Date(read), new Date())}`;
}
