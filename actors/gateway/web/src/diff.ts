/** How one text differs from another, line by line. Pure. */

/** Most pairs of lines that are compared; beyond, all of the one goes and all of the other comes. */
const MOST_PAIRS = 1_000_000;
/** Lines that are shown before and after what has changed. */
const AROUND = 3;

export interface DiffLine {
  readonly kind: "same" | "gone" | "new" | "left-out";
  /** Of what is left out: how many lines there are, in words. */
  readonly text: string;
}

/** The lines of both texts in order, but for those far from any change. */
export function diff(before: string, after: string): readonly DiffLine[] {
  return shortened(lines(split(before), split(after)));
}

function split(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function lines(before: readonly string[], after: readonly string[]): DiffLine[] {
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

function as(kind: DiffLine["kind"], texts: readonly string[]): DiffLine[] {
  return texts.map((text) => ({ kind, text }));
}

/** By the longest run of lines that both have in common, found by its lengths from each pair to the end. */
function between(before: readonly string[], after: readonly string[]): DiffLine[] {
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
  const found: DiffLine[] = [];
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

function shortened(all: readonly DiffLine[]): readonly DiffLine[] {
  const near = new Set<number>();
  all.forEach(({ kind }, index) => {
    if (kind === "same") return;
    for (let other = index - AROUND; other <= index + AROUND; other += 1) near.add(other);
  });
  const found: DiffLine[] = [];
  let hidden = 0;
  const tell = () => {
    if (hidden > 0) found.push({ kind: "left-out", text: hidden === 1 ? "1 line" : `${hidden} lines` });
    hidden = 0;
  };
  all.forEach((line, index) => {
    if (!near.has(index)) return void (hidden += 1);
    tell();
    found.push(line);
  });
  tell();
  return found;
}
