/** What is typed into a field, and the value that it is. */

import { bytes, t } from "@starpod/page";
import type { Field } from "./protocol";

/** As a form has it; null gives the key back to the files. */
export type Entered = string | boolean | null;

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
export function labelOf({ key, unit }: Pick<Field, "key" | "unit">): string {
  const parts = key.slice(key.lastIndexOf(".") + 1).split("_");
  const named =
    unit !== "" && parts.length > 1 && TRAILING.has(parts.at(-1) ?? "") ? parts.slice(0, -1) : parts;
  const words = named.map((part) => WORDS[part] ?? part).filter((part) => part !== "");
  const text = words.join(" ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A value as it stands in its field. */
export function enteredOf(field: Field, value: unknown): Exclude<Entered, null> {
  if (field.kind === "switch") return value === true;
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export type Parsed = { readonly value: unknown } | { readonly mistake: string };

/** The value that was entered; what is empty and may be is given back to the files. */
export function parsed(field: Field, entered: Entered): Parsed {
  if (entered === null || typeof entered === "boolean") return { value: entered };
  const text = entered.trim();
  switch (field.kind) {
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
