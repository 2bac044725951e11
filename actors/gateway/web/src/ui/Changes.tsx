import { useId, useState } from "preact/hooks";
import { n, t } from "../language/texts";
import { memo } from "../memo";
import { CopyButton, TextButton } from "./buttons";
import { useApp } from "./context";

/** Lines shown at first of a change that is longer. */
const FOLDED = 16;

const KINDS = { "+": "added", "-": "removed", "@": "place" } as const;

interface ChangesProps {
  /** What they are known by while the conversation is open; unfolded once, they stay so. */
  id: string;
  text: string;
  /** Told whenever somebody unfolds or folds them. */
  onTurn?: ((all: boolean) => void) | undefined;
}

/** What a call changed in a text. Each line has its mark, so that it can be read without its colour. */
export const Changes = memo(function Changes({ id: known, text, onTurn }: ChangesProps) {
  const { unfolded } = useApp().open;
  const [all, setAll] = useState(unfolded.has(known));
  const id = useId();
  const turn = () => {
    if (all) unfolded.delete(known);
    else unfolded.add(known);
    setAll(!all);
    onTurn?.(!all);
  };
  const lines = text.split("\n");
  const [added, removed] = [count(lines, "+"), count(lines, "-")];
  const isLong = lines.length > FOLDED + 4;
  const shown = isLong && !all ? lines.slice(0, FOLDED) : lines;
  return (
    <figure
      class="changes"
      aria-label={t("Changes: {added} lines added, {removed} removed", { added, removed })}
    >
      <figcaption>
        <span class="added">+{added}</span> <span class="removed">−{removed}</span>
        <CopyButton label={t("Copy changes")} text={() => text} />
      </figcaption>
      <pre id={id} tabIndex={0}>
        {shown.map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </pre>
      {isLong && (
        <TextButton onClick={turn}>
          {all ? t("Show less") : n(lines.length, "Show all", "Show all {n} lines")}
        </TextButton>
      )}
    </figure>
  );
});

function Line({ line }: { line: string }) {
  const kind = KINDS[line.charAt(0) as keyof typeof KINDS];
  const text = `${line}\n`;
  if (kind === "added") return <ins>{text}</ins>;
  if (kind === "removed") return <del>{text}</del>;
  return <span class={kind ?? ""}>{text}</span>;
}

function count(lines: readonly string[], mark: string): number {
  return lines.filter((line) => line.startsWith(mark)).length;
}
