/** What is typed into a field, and the value that it is. */

import { bytes, n, t, type Mistake } from "@starpod/page";
import { lastPart, type Field } from "./form";
import { parsedRows, rowsOf, type Row } from "./rows";

/** What is typed or chosen. */
export type Plain = string | boolean;
/** As a form has it; null gives the key back to the files. */
export type Entered = Plain | readonly Row[] | null;

const WORDS: Readonly<Record<string, string>> = {
  addr: "address",
  md: "Markdown",
  secs: "",
  mb: "",
  pct: "",
  usd: "dollars",
  url: "address",
  usr: "user",
};
const TRAILING: ReadonlySet<string> = new Set(["bytes", "chars", "days", "minutes", "seconds"]);

/** What a key is called: its last part, without the unit that stands beside the field. */
export function labelOf({ key, unit, name }: Pick<Field, "key" | "unit" | "name">): string {
  if (name !== undefined) return name;
  const parts = lastPart(key).split("_");
  const named =
    unit !== "" && parts.length > 1 && TRAILING.has(parts.at(-1) ?? "") ? parts.slice(0, -1) : parts;
  const words = named.map((part) => WORDS[part] ?? part).filter((part) => part !== "");
  const text = words.join(" ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A value as it stands in its field. */
export function enteredOf(field: Field, value: unknown): Exclude<Entered, null> {
  if (field.kind === "records") return rowsOf(field, value);
  if (field.kind === "switch" && !field.optional) return value === true;
  if (value === null || value === undefined) return "";
  if (field.kind === "pairs") return pairsOf(value as Readonly<Record<string, unknown>>);
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const pairsOf = (value: Readonly<Record<string, unknown>>) =>
  Object.entries(value)
    .map(([name, text]) => `${name} = ${String(text)}`)
    .join("\n");

export type Parsed =
  { readonly value: unknown } | { readonly mistake: string } | { readonly mistakes: readonly Mistake[] };

/** The value that was entered; what is empty and may be is given back to the files. */
export function parsed(field: Field, entered: Entered): Parsed {
  if (entered === null || typeof entered === "boolean") return { value: entered };
  if (typeof entered !== "string") return parsedRows(field, entered);
  const text = entered.trim();
  switch (field.kind) {
    case "switch":
      return { value: text === "" ? null : text === "true" };
    case "pairs":
      return pairs(text);
    case "table":
      return tableOf(text);
    case "integer":
    case "number":
      return text === "" && field.optional ? { value: null } : numberOf(field, text);
    case "list":
      return {
        value: entriesOf(text).map((entry) =>
          field.numbers && /^-?\d+$/.test(entry) ? Number(entry) : entry,
        ),
      };
    default:
      return { value: text === "" && field.optional ? null : text };
  }
}

/** Names with texts, one a line. */
function pairs(text: string): Parsed {
  const found: Record<string, string> = {};
  for (const line of entriesOf(text)) {
    const [, name, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) return { mistake: t("each line must be a name, = and a text") };
    found[name] = value ?? "";
  }
  return { value: found };
}

function tableOf(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value };
  } catch {
    // Said below.
  }
  return { mistake: t("must be an object in JSON") };
}

function numberOf(field: Field, text: string): Parsed {
  const number = Number(text);
  if (text === "" || Number.isNaN(number)) return { mistake: t("must be a number") };
  if (field.kind === "integer" && !Number.isInteger(number)) return { mistake: t("must be a whole number") };
  if (field.least !== null && number < field.least)
    return { mistake: t("must be at least {number}", { number: field.least }) };
  if (field.most !== null && number > field.most)
    return { mistake: t("must be at most {number}", { number: field.most }) };
  return { value: number };
}

/** One a line. */
export function entriesOf(text: string): string[] {
  return text
    .split("\n")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** A value in words. */
export function shown(field: Field, value: unknown): string {
  if (value === null || value === undefined || value === "") return t("empty");
  if (typeof value === "boolean") return value ? t("on") : t("off");
  if (field.kind === "records" && Array.isArray(value) && value.length > 0)
    return n(value.length, "{n} entry", "{n} entries");
  if (Array.isArray(value)) return value.length === 0 ? t("none") : value.map(String).join(", ");
  if (typeof value === "object") return Object.keys(value).length === 0 ? t("none") : JSON.stringify(value);
  return field.unit === "" ? String(value) : `${String(value)} ${field.unit}`;
}

/** A number of bytes as people say it; empty for what is short anyway. */
export function roughly(field: Field, entered: Entered): string {
  const size = typeof entered === "string" ? Number(entered) : Number.NaN;
  return field.unit === "bytes" && size >= 10_000 ? bytes(size) : "";
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
