/** How one text differs from another, line by line. Pure. */

/** Most pairs of lines that are compared; beyond, all of the one goes and all of the other comes. */
const MOST_PAIRS = 1_000_000;
/** Lines that are shown before and after what has changed. */
const AROUND = 3;

const MARKS = { same: " ", gone: "-", new: "+" } as const;

interface Line {
  readonly kind: keyof typeof MARKS;
  readonly text: string;
}

/**
 * The lines of both texts in order, each behind its mark, but for those far from any change; empty where nothing changes.
 * Of what is left out it is said how much that is.
 */
export function diff(before: string, after: string): string {
  const found = lines(split(before), split(after));
  return found.every(({ kind }) => kind === "same") ? "" : shortened(found).join("\n");
}

function split(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function lines(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let [end, last] = [before.length, after.length];
  while (end > start && last > start && before[end - 1] === after[last - 1])
    [end, last] = [end - 1, last - 1];
  return [
    ...as("same", before.slice(0, start)),
    ...between(before.slice(start, end), after.slice(start, last)),
    ...as("same", before.slice(end)),
  ];
}

function as(kind: Line["kind"], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ kind, text }));
}

/** By the longest run of lines that both have in common, found by its lengths from each pair to the end. */
function between(before: readonly string[], after: readonly string[]): Line[] {
  const [rows, columns] = [before.length, after.length];
  if (rows * columns > MOST_PAIRS) return [...as("gone", before), ...as("new", after)];
  const width = columns + 1;
  const common = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1)
    for (let column = columns - 1; column >= 0; column -= 1)
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const found: Line[] = [];
  let [row, column] = [0, 0];
  while (row < rows && column < columns) {
    const [gone, come] = [before[row] ?? "", after[column] ?? ""];
    if (gone === come) {
      found.push({ kind: "same", text: gone });
      [row, column] = [row + 1, column + 1];
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      found.push({ kind: "gone", text: gone });
      row += 1;
    } else {
      found.push({ kind: "new", text: come });
      column += 1;
    }
  }
  return [...found, ...as("gone", before.slice(row)), ...as("new", after.slice(column))];
}

function shortened(all: readonly Line[]): string[] {
  const near = new Set<number>();
  all.forEach(({ kind }, index) => {
    if (kind === "same") return;
    for (let other = index - AROUND; other <= index + AROUND; other += 1) near.add(other);
  });
  const found: string[] = [];
  let hidden = 0;
  const tell = () => {
    if (hidden > 0) found.push(`@@ ${hidden === 1 ? "1 line" : `${hidden} lines`} @@`);
    hidden = 0;
  };
  all.forEach(({ kind, text }, index) => {
    if (!near.has(index)) return void (hidden += 1);
    tell();
    found.push(MARKS[kind] + text);
  });
  tell();
  return found;
}
