/** The fields of a form: those of tables that people name are there for each of them. */

import type { Field as Described } from "./protocol";

/** A field as it is shown. */
export interface Field extends Described {
  /** What it is called, where people have named it. */
  readonly name?: string;
  /** Of a list of tables: the fields of one. */
  readonly of?: readonly Described[];
  /** Of tables by name: those that there are. */
  readonly tables?: readonly Named[];
}

/** One table that people have named. */
export interface Named {
  readonly name: string;
  /** Stands for all of it: given back, it is deleted. */
  readonly self: Field;
  readonly fields: readonly Field[];
}

/** Whether a key stands for those that people name. */
export const isOpen = ({ key }: Pick<Described, "key">) => key.endsWith(".*");

export const lastPart = (key: string) => key.slice(key.lastIndexOf(".") + 1);

/**
 * The fields of a form.
 *
 * @param values what is in force, by key.
 * @param added keys of what was named and is not kept yet.
 */
export function formOf(
  fields: readonly Described[],
  values: Readonly<Record<string, unknown>>,
  added: readonly string[],
): Field[] {
  const known = new Set(fields.map(({ key }) => key));
  const keys = [...Object.keys(values), ...added];
  return fields
    .filter(({ key }) => !key.includes(".*."))
    .flatMap((field): Field[] => {
      const of = fields.filter(({ key }) => key.startsWith(`${field.key}.*.`));
      if (field.kind === "records") return [{ ...field, of }];
      if (field.kind === "named") {
        return [
          { ...field, tables: namesBelow(`${field.key}.`, keys).map((name) => table(field, of, name)) },
        ];
      }
      if (!isOpen(field)) return [field];
      const above = field.key.slice(0, -1);
      const names = namesBelow(above, keys).filter((name) => !known.has(above + name));
      return [...names.map((name) => ({ ...field, key: above + name, name })), field];
    });
}

function table(field: Described, of: readonly Described[], name: string): Named {
  const key = `${field.key}.${name}`;
  return {
    name,
    self: { ...field, key, kind: "table", optional: true, name },
    fields: of.map((each) => ({ ...each, key: `${key}.${lastPart(each.key)}` })),
  };
}

/** The names that stand right below a key, each once. */
function namesBelow(above: string, keys: readonly string[]): string[] {
  const names = keys
    .filter((key) => key.startsWith(above))
    .map((key) => key.slice(above.length).split(".")[0] ?? "");
  return [...new Set(names)].filter((name) => name !== "" && name !== "*");
}

/** All fields of which something may be entered, those of tables too. */
export function leaves(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) =>
    field.tables === undefined
      ? [field]
      : field.tables.flatMap(({ self, fields: below }) => [self, ...below]),
  );
}

/** Why something cannot be named so; empty where it can. */
export function isName(name: string): boolean {
  return /^[^\s.*]{1,100}$/.test(name);
}
