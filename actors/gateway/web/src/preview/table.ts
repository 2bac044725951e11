/** Values that are separated by commas, tabs or the like, as a table. Pure. */

export interface Table {
  readonly rows: readonly (readonly string[])[];
  /** Whether there is more, in rows, columns or cells, than is here. */
  readonly cut: boolean;
}

export const MOST_ROWS = 500;
export const MOST_COLUMNS = 100;
const LONGEST_CELL = 2000;

const SEPARATORS = [",", ";", "\t", "|"] as const;

/** The separator that the first line has most often outside of quotes; of a file whose name says tabs, the tab. */
export function separatorOf(path: string, text: string): string {
  if (/\.(?:tsv|tab)$/i.test(path)) return "\t";
  const [first = ""] = text.replaceAll(/"(?:[^"]|"")*"/g, "").split(/[\r\n]/, 1);
  const times = SEPARATORS.map((separator) => first.split(separator).length);
  return SEPARATORS[times.indexOf(Math.max(...times))] ?? ",";
}

/**
 * Reads rows as RFC 4180 has them: a cell in quotes may hold separators, line ends, and quotes that are doubled.
 *
 * @param whole whether the text ends where the file does; otherwise its last row, which may be a part of one, is left out.
 */
export function tableOf(text: string, separator: string, whole: boolean): Table {
  const rows: string[][] = [];
  let row: string[] = [];
  let cut = !whole;
  let at = 0;
  while (at < text.length && rows.length < MOST_ROWS) {
    const [value, end] = text[at] === '"' ? quoted(text, at, separator) : bare(text, at, separator);
    cut ||= value.length > LONGEST_CELL || row.length === MOST_COLUMNS;
    if (row.length < MOST_COLUMNS)
      row.push(value.length > LONGEST_CELL ? `${value.slice(0, LONGEST_CELL)}…` : value);
    at = end + (text.startsWith("\r\n", end) ? 2 : 1);
    if (text[end] === separator && end + 1 < text.length) continue;
    if (text[end] === separator && row.length < MOST_COLUMNS) row.push("");
    if (whole || end < text.length) rows.push(row);
    row = [];
  }
  return { rows, cut: cut || at < text.length };
}

/** A cell without quotes around it, and where it ends. */
function bare(text: string, start: number, separator: string): [string, number] {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
  return [text.slice(start, end), end];
}

function quoted(text: string, start: number, separator: string): [string, number] {
  let close = text.indexOf('"', start + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1) return [text.slice(start + 1).replaceAll('""', '"'), text.length];
  const [rest, end] = bare(text, close + 1, separator); // nothing in a file that is as it should be
  return [text.slice(start + 1, close).replaceAll('""', '"') + rest, end];
}
