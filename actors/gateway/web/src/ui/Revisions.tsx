import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../language/texts";
import { TextButton } from "./buttons";
import { Sure } from "./Sure";

/** One change of a text that is kept. */
export interface RevisionRow {
  readonly seq: number;
  readonly title: string;
  /** What else is known of it, each in an element of its own. */
  readonly facts: ComponentChildren;
  /** The text as it was afterwards; null where there was none. */
  readonly text: (() => Promise<string>) | null;
  /** Makes the text that again; null where it is so now, or cannot be. */
  readonly onBack: (() => void) | null;
}

/** What a text was, and the way back. */
export function Revisions({ rows }: { rows: readonly RevisionRow[] }) {
  return (
    <ol class="entries" aria-label={t("Changes, the newest first")}>
      {rows.map((row) => (
        <Row key={row.seq} row={row} />
      ))}
    </ol>
  );
}

function Row({ row }: { row: RevisionRow }) {
  const [shown, setShown] = useState<string | null>(null);
  const show = async (text: () => Promise<string>) => {
    try {
      setShown(await text());
    } catch (error) {
      setShown(error instanceof Error ? error.message : String(error));
    }
  };
  const { text, onBack } = row;
  return (
    <li>
      <span class="entry-name">{row.title}</span>
      <span class="entry-facts quiet">{row.facts}</span>
      <span class="buttons">
        {text !== null && (
          <TextButton onClick={() => (shown === null ? void show(text) : setShown(null))}>
            {shown === null ? t("Show it") : t("Hide it")}
          </TextButton>
        )}
        {onBack !== null && (
          <Sure sure={t("Bring it back")} onSure={onBack}>
            {t("Bring back")}
          </Sure>
        )}
      </span>
      {shown !== null && (
        <pre class="note" tabIndex={0} aria-label={t("As it was")}>
          {shown}
        </pre>
      )}
    </li>
  );
}
