/** Texts of the page in the language that is shown. An English text is its own key; see `choice.ts` for the others. */

import { computed, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** What is put where a text says `{name}`. Numbers are written as the language does. */
export type Values = Readonly<Record<string, string | number>>;

/** A text by the kind of number in it, such as `one` and `other`. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>>;

/** A language: what stands for each English text; for one with a number in it, by the English text of many. */
export type Catalogue = Readonly<Record<string, string | Forms>>;

/** The language that is shown. `tag` is what dates and numbers follow, such as `de-AT`. */
export const shown = signal<{ readonly tag: string; readonly texts: Catalogue }>({ tag: "en", texts: {} });

/** For `Intl` and the like. */
export const tag = () => shown.value.tag;

const numbers = computed(() => new Intl.NumberFormat(tag()));
const plurals = computed(() => new Intl.PluralRules(tag()));
const digits = new Map<string, Intl.NumberFormat>();

/** A number with so many digits behind the point, or whatever the language has there. */
export function fixed(number: number, places: number): string {
  const name = `${tag()} ${places}`;
  const known = digits.get(name);
  const options = { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping: false };
  const format = known ?? new Intl.NumberFormat(tag(), options);
  digits.set(name, format);
  return format.format(number);
}

/** Only what is written out in the source can be found and translated. */
type Written<Text extends string> = string extends Text ? never : Text;

/** A text, with `values` where it says `{name}`. */
export function t<Text extends string>(text: Written<Text>, values: Values = {}): string {
  return filled(inLanguage(text), values);
}

/** A text that depends on a number, which is `{n}` in it. */
export function n<One extends string, Many extends string>(
  count: number,
  one: Written<One>,
  many: Written<Many>,
  values: Values = {},
): string {
  const forms: unknown = shown.value.texts[many];
  const found = typeof forms === "object" ? (forms as Forms)[plurals.value.select(count)] : undefined;
  return filled(found ?? (count === 1 ? one : many), { n: count, ...values });
}

/** As {@link t}, with elements for values: `rich("See {link}.", { link: <a …>{t("the guide")}</a> })`. */
export function rich<Text extends string>(
  text: Written<Text>,
  values: Readonly<Record<string, ComponentChildren>>,
): ComponentChildren {
  const pieces = inLanguage(text).split(PLACE);
  return pieces.map((piece, index) => (index % 2 === 0 ? piece : values[piece]));
}

const PLACE = /\{(\w+)\}/;

function inLanguage(text: string): string {
  const found: unknown = shown.value.texts[text];
  return typeof found === "string" ? found : text;
}

function filled(text: string, values: Values): string {
  return text.replace(new RegExp(PLACE, "g"), (whole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? numbers.value.format(value) : (value ?? whole);
  });
}
