/** Numbers and times as people read them, in the language that is shown. */

import { fixed, n, t, tag } from "./language/texts";

/** 940, 1.2k, 38k, 1.5M */
export function count(number: number): string {
  if (number < 1000) return String(number);
  if (number < 999_500) return `${short(number / 1000)}k`;
  return `${short(number / 1_000_000)}M`;
}

function short(number: number): string {
  const tenths = Math.round(number * 10);
  return fixed(number, number < 9.95 && tenths % 10 !== 0 ? 1 : 0);
}

/** US dollars with as many digits as say something. */
export function cost(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.0001 ? `<$${fixed(0.0001, 4)}` : `$${fixed(usd, usd < 0.1 ? 4 : 2)}`;
}

/** 40 ms, 0.3 s, 12 s, 2 min 5 s */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${fixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As {@link duration}, for what is worth telling below a millisecond: 140 µs, 4.2 ms */
export function fine(seconds: number): string {
  if (seconds < 0.000_95) return `${Math.round(seconds * 1_000_000)} µs`;
  return seconds < 0.009_95 ? `${fixed(seconds * 1000, 1)} ms` : duration(seconds);
}

/** Whole seconds since a moment, for a clock that runs; nothing during the first second. Both in milliseconds. */
export function passed(since: number | null, now: number): string {
  const seconds = since === null ? 0 : Math.floor((now - since) / 1000);
  if (seconds < 1) return "";
  return seconds < 60 ? `${seconds} s` : duration(seconds);
}

/** 512 B, 14 kB, 2.3 MB */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 999_500) return `${short(size / 1000)} kB`;
  return `${short(size / 1_000_000)} MB`;
}

/** Days from one local date to a later one. */
function daysBetween(one: Date, later: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(later) - midnight(one)) / 86_400_000);
}

/** Heading under which a conversation stands, by the local date of its last activity. */
export function dayGroup(moment: Date, now: Date): string {
  const days = daysBetween(moment, now);
  if (days <= 0) return t("Today");
  if (days === 1) return t("Yesterday");
  return days < 7 ? t("Last 7 days") : t("Older");
}

/** Clock time today, weekday within a week, else the date. */
export function when(moment: Date, now: Date): string {
  const days = daysBetween(moment, now);
  if (days <= 0) return clock(moment);
  if (days < 7) return moment.toLocaleDateString(tag(), { weekday: "short" });
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleDateString(tag(), { day: "numeric", month: "short", ...year });
}

/** Day and clock time: Mon 12 Oct, 09:00. In the browser's time zone, unless another is named. */
export function dated(moment: Date, now: Date, timeZone?: string): string {
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleString(tag(), {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
    ...year,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
}

/** How far off a moment is, in its greatest unit: in 40 s, in 3 h, 2 days ago */
export function away(moment: Date, now: Date): string {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000);
  const days = Math.round(Math.abs(seconds) / 86_400);
  if (seconds >= LONG) return n(days, "in {n} day", "in {n} days");
  if (seconds <= -LONG) return n(days, "{n} day ago", "{n} days ago");
  const span = greatest(Math.abs(seconds));
  if (span === "") return t("now");
  return seconds > 0 ? t("in {span}", { span }) : t("{span} ago", { span });
}

/** Seconds from which on days are counted, not hours. */
const LONG = 129_600;

function greatest(seconds: number): string {
  if (seconds < 1) return "";
  if (seconds < 60) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function clock(moment: Date): string {
  return moment.toLocaleTimeString(tag(), { hour: "numeric", minute: "2-digit" });
}
