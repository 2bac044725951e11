import { Sure, t, TextButton, when } from "@starpod/page";
import type { Entry } from "./protocol";
import { seesAll, where } from "./state";

interface EntriesProps {
  readonly entries: readonly Entry[];
  readonly onChange: (entry: Entry) => void;
  readonly onDelete: (entry: Entry) => void;
}

/** What is kept, by owner and name. */
export function Entries({ entries, onChange, onDelete }: EntriesProps) {
  return (
    <section aria-labelledby="kept">
      <h2 id="kept">{t("Kept")}</h2>
      {entries.length === 0 ? (
        <p class="quiet">{t("Nothing yet.")}</p>
      ) : (
        <ul class="entries" aria-label={t("Secrets that are kept")}>
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
  return (
    <li>
      <span class="entry-name mono">{entry.name}</span>
      <span class="entry-facts quiet">
        {seesAll() && (
          <span>{entry.owner === "" ? t("of the agent") : t("of {name}", { name: entry.owner })}</span>
        )}
        <span>{t("to {hosts}", { hosts: where(entry) })}</span>
        <span>{used(entry)}</span>
      </span>
      <span class="buttons">
        <TextButton onClick={onChange}>
          {t("Change")}
          <span class="sr-only"> {entry.name}</span>
        </TextButton>
        <Sure sure={t("Delete for good")} onSure={onDelete}>
          {t("Delete")}
          <span class="sr-only"> {entry.name}</span>
        </Sure>
      </span>
    </li>
  );
}

function used({ last_read_at: read }: Entry): string {
  return read === null ? t("never used") : t("last used {when}", { when: when(new Date(read), new Date()) });
}
