/** A week of the calendar. Pure. */

import type { Entry } from "./protocol";
import type { State } from "./state";

/** Runs of a job on one day that are shown one by one; more are one item. */
const FEW = 3;

/** What a day shows: one run, or many of the same job. */
export interface Item {
  readonly key: string;
  readonly job: string;
  readonly name: string;
  readonly owner: string;
  readonly first: Date;
  readonly last: Date;
  /** As the scheduler writes it: where a job is shown, it names the run. */
  readonly instant: string;
  readonly count: number;
  /** That of which a person most needs to know. */
  readonly state: State;
  /** How many there are of each, the same order. */
  readonly states: readonly (readonly [State, number])[];
  readonly why: string;
}

export interface Day {
  /** Its first moment. */
  readonly start: Date;
  readonly items: readonly Item[];
}

/** The Monday, at midnight by the browser's clock, of the week in which a day lies. */
export function mondayOf(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - ((day.getDay() + 6) % 7));
}

export function daysLater(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

const two = (number: number) => String(number).padStart(2, "0");

/** 2026-10-12 */
export const nameOf = (day: Date) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

/** The day of that name; null where there is none. */
export function dayOf(name: string | undefined): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(name ?? "") ?? [];
  const found = new Date(Number(year), Number(month) - 1, Number(day));
  return Number.isNaN(found.getTime()) ? null : found;
}

/** The seven days of a week with what runs on them. */
export function daysOf(monday: Date, entries: readonly Entry[]): Day[] {
  return Array.from({ length: 7 }, (_, index) => {
    const start = daysLater(monday, index);
    const end = daysLater(monday, index + 1);
    const within = entries.filter(({ instant }) => {
      const moment = new Date(instant);
      return moment >= start && moment < end;
    });
    return { start, items: itemsOf(within) };
  });
}

function itemsOf(entries: readonly Entry[]): Item[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.job}/${entry.state === "planned"}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()]
    .flatMap((group) => (group.length > FEW ? [itemOf(group)] : group.map((entry) => itemOf([entry]))))
    .sort((one, other) => one.first.getTime() - other.first.getTime());
}

/** From the gravest. */
const GRAVITY: readonly State[] = [
  ...(["failed", "retrying", "accepted", "claimed", "waiting"] as const),
  ...(["late", "skipped", "collapsed", "done", "planned"] as const),
];

/** Of runs of the same job, in their order. */
function itemOf(group: readonly Entry[]): Item {
  const [first, last] = [group[0] as Entry, group.at(-1) as Entry];
  const states = GRAVITY.map(
    (state) => [state, group.filter((each) => each.state === state).length] as const,
  );
  const there = states.filter(([, count]) => count > 0);
  const state = there[0]?.[0] ?? first.state;
  return {
    key: `${first.job} ${first.instant}`,
    job: first.job,
    name: first.name,
    owner: first.user_id,
    first: new Date(first.instant),
    last: new Date(last.instant),
    instant: (group.find((each) => each.state === state) ?? first).instant,
    count: group.length,
    state,
    states: there,
    why: group.length === 1 ? first.why : "",
  };
}

/** The item that holds the only tab stop: the one that had it, else the first of today or after it, else the first. */
export function stopOf(days: readonly Day[], had: string | null, now: Date): string | null {
  const all = days.flatMap(({ items }) => items);
  if (all.some(({ key }) => key === had)) return had;
  const today = daysLater(now, 0);
  return (all.find(({ first }) => first >= today) ?? all[0])?.key ?? null;
}

/** The item to which a key of the keyboard leads from another; null where it leads nowhere. */
export function moved(days: readonly Day[], from: string, key: string): string | null {
  const column = days.findIndex(({ items }) => items.some((item) => item.key === from));
  const items = days[column]?.items ?? [];
  const row = items.findIndex((item) => item.key === from);
  switch (key) {
    case "ArrowUp":
      return items[row - 1]?.key ?? null;
    case "ArrowDown":
      return items[row + 1]?.key ?? null;
    case "Home":
      return items[0]?.key ?? null;
    case "End":
      return items.at(-1)?.key ?? null;
    case "ArrowLeft":
      return beside(days.slice(0, Math.max(column, 0)).reverse(), row);
    case "ArrowRight":
      return beside(days.slice(column + 1), row);
    default:
      return null;
  }
}

function beside(days: readonly Day[], row: number): string | null {
  const items = days.find((day) => day.items.length > 0)?.items ?? [];
  return (items[row] ?? items.at(-1))?.key ?? null;
}
