/** From what was spent on days to bars that are stacked. Pure. */

import { tag } from "@starpod/page";
import type { Day } from "./protocol";

/** What the height of a bar says. */
export type Measure = "cost" | "tokens";

export interface Part {
  readonly model: string;
  readonly value: number;
}

/** A day, or a month where there are too many of them. */
export interface Bar {
  /** `YYYY-MM-DD` or `YYYY-MM`, UTC. */
  readonly name: string;
  readonly parts: readonly Part[];
  readonly sum: number;
  /** Calls whose price is not known, which `sum` does not count. */
  readonly unpriced: number;
}

export interface Chart {
  readonly bars: readonly Bar[];
  /** Those that have a colour of their own, whatever is measured; {@link OTHERS} is the last where there are more. */
  readonly colours: readonly string[];
  /** Those of them that are in any bar. */
  readonly models: readonly string[];
  /** Where the axis ends. */
  readonly top: number;
}

export const OTHERS = "other models";
/** As there are colours. */
const COLOURS = 6;
/** Days that have bars of their own. */
const MOST_DAYS = 100;
const DAY = 86_400_000;

/**
 * @param days those on which something was used, in order.
 * @param length days up to today; null begins with the first on which something was used.
 * @param now milliseconds since 1970.
 */
export function chartOf(days: readonly Day[], measure: Measure, length: number | null, now: number): Chart {
  const colours = greatest(days);
  const names = namesOf(days, length, now);
  const size = names[0]?.length ?? 0;
  const of = new Map<string, Day[]>(names.map((name) => [name, []]));
  for (const day of days) of.get(day.date.slice(0, size))?.push(day);
  const bars = names.map((name) => barOf(name, of.get(name) ?? [], measure, colours));
  const drawn = new Set(bars.flatMap(({ parts }) => parts.map(({ model }) => model)));
  const models = colours.filter((model) => drawn.has(model));
  return { bars, colours, models, top: roundUp(Math.max(0, ...bars.map(({ sum }) => sum))) };
}

const valueOf = (measure: Measure, { cost_usd, tokens }: Day["by_model"][number]) =>
  measure === "tokens" ? tokens : (cost_usd ?? 0);

function barOf(name: string, days: readonly Day[], measure: Measure, models: readonly string[]): Bar {
  const values = new Map<string, number>();
  let unpriced = 0;
  for (const each of days.flatMap(({ by_model }) => by_model)) {
    const model = models.includes(each.model) ? each.model : OTHERS;
    values.set(model, (values.get(model) ?? 0) + valueOf(measure, each));
    if (measure === "cost") unpriced += each.unpriced;
  }
  const parts = models
    .map((model) => ({ model, value: values.get(model) ?? 0 }))
    .filter(({ value }) => value > 0);
  return { name, parts, sum: parts.reduce((sum, { value }) => sum + value, 0), unpriced };
}

/** The models, the greatest first: by their share of the cost and of the tokens, so that each keeps its colour. */
function greatest(days: readonly Day[]): string[] {
  const used = days.flatMap(({ by_model }) => by_model);
  const shares = new Map<string, number>();
  for (const measure of ["cost", "tokens"] as const) {
    const all = used.reduce((sum, each) => sum + valueOf(measure, each), 0);
    for (const each of used)
      shares.set(each.model, (shares.get(each.model) ?? 0) + valueOf(measure, each) / (all || 1));
  }
  const models = [...shares].sort(([, one], [, other]) => other - one);
  const names = models.map(([model]) => model);
  return names.length <= COLOURS ? names : [...names.slice(0, COLOURS - 1), OTHERS];
}

/** The days without a gap; months instead where they are too many. */
function namesOf(days: readonly Day[], length: number | null, now: number): string[] {
  const today = Math.floor(now / DAY) * DAY;
  const begins = length === null ? Date.parse(days[0]?.date ?? nameOf(today)) : today - length * DAY;
  const first = Math.min(begins, today);
  const names = Array.from({ length: (today - first) / DAY + 1 }, (_, index) => nameOf(first + index * DAY));
  return names.length <= MOST_DAYS ? names : [...new Set(names.map((name) => name.slice(0, 7)))];
}

const nameOf = (moment: number) => new Date(moment).toISOString().slice(0, 10);

/** The next of 1, 2 and 5, times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

/** A bar's name for people: 3 Mar, or March 2026. */
export function dayWords(name: string): string {
  const format: Intl.DateTimeFormatOptions =
    name.length === 7 ? { month: "long", year: "numeric" } : { day: "numeric", month: "short" };
  return new Date(name).toLocaleDateString(tag(), { ...format, timeZone: "UTC" });
}
