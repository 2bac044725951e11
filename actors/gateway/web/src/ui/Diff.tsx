import { diff, type DiffLine } from "../diff";

const MARKS: Readonly<Record<DiffLine["kind"], string>> = {
  same: " ",
  gone: "-",
  new: "+",
  "left-out": "…",
};
const WORDS: Readonly<Record<DiffLine["kind"], string>> = {
  same: "",
  gone: "removed: ",
  new: "added: ",
  "left-out": "not shown: ",
};

/** Lines that are drawn at most. */
const MOST_LINES = 600;

/** What changes between two texts. Whoever cannot see colours reads it by marks, or hears it. */
export function Diff({ before, after }: { before: string; after: string }) {
  const lines = diff(before, after);
  if (lines.every(({ kind }) => kind === "left-out")) return <p class="quiet">Nothing changes.</p>;
  const more = lines.length - MOST_LINES;
  return (
    <pre class="diff" tabIndex={0} role="group" aria-label="Changes">
      {lines.slice(0, MOST_LINES).map(({ kind, text }, index) => (
        <span key={index} class={`diff-line is-${kind}`}>
          <span aria-hidden="true">{MARKS[kind]} </span>
          {WORDS[kind] !== "" && <span class="sr-only">{WORDS[kind]}</span>}
          {text}
          {"\n"}
        </span>
      ))}
      {more > 0 && <span class="diff-line is-left-out">… {more} more lines</span>}
    </pre>
  );
}
