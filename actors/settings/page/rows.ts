/** A list of tables while it is edited: its rows, and the value that they come to. */

import { enteredOf, parsed, same, type Parsed, type Plain } from "./fields";
import { lastPart, type Field } from "./form";

/** One table of a list, as it is entered. */
export interface Row {
  /** Stays with it wherever it moves. */
  readonly id: number;
  readonly entered: Readonly<Record<string, Plain>>;
}

export function rowsOf(field: Field, value: unknown): Row[] {
  const records = Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : [];
  return records.map((record, id) => ({ id, entered: enteredRow(field, record) }));
}

function enteredRow({ of = [] }: Field, record: Readonly<Record<string, unknown>>): Row["entered"] {
  return Object.fromEntries(
    of.map((each) => {
      const name = lastPart(each.key);
      return [name, enteredOf(each, name in record ? record[name] : each.default) as Plain];
    }),
  );
}

/** The rows with one more, which says nothing in particular. */
export function withNew(field: Field, rows: readonly Row[]): Row[] {
  const id = Math.max(-1, ...rows.map((row) => row.id)) + 1;
  return [...rows, { id, entered: enteredRow(field, {}) }];
}

/** The rows with one of them a place further up (-1) or down (1); as they are where there is no such place. */
export function moved(rows: readonly Row[], from: number, by: -1 | 1): readonly Row[] {
  const to = from + by;
  const [one, other] = [rows[from], rows[to]];
  if (one === undefined || other === undefined) return rows;
  return rows.map((row, index) => (index === from ? other : index === to ? one : row));
}

export function changedRow(rows: readonly Row[], id: number, name: string, entered: Plain): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, entered: { ...row.entered, [name]: entered } } : row));
}

/** What the rows come to. What is empty by default is left out, as in the files. */
export function parsedRows(field: Field, rows: readonly Row[]): Parsed {
  const mistakes: { key: string; text: string }[] = [];
  const value = rows.map(({ entered }, index) => {
    const record: Record<string, unknown> = {};
    for (const each of field.of ?? []) {
      const name = lastPart(each.key);
      const found = parsed(each, entered[name] ?? "");
      const key = `${field.key}.${index + 1}.${name}`;
      if ("mistake" in found) mistakes.push({ key, text: found.mistake });
      else if ("value" in found && !(isEmpty(found.value) && same(found.value, each.default)))
        record[name] = found.value;
    }
    return record;
  });
  return mistakes.length > 0 ? { mistakes } : { value };
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" ? Object.keys(value).length === 0 : value === "");
}
