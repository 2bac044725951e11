/** Numbers and times as people read them. Pure. */

/** 940, 1.2k, 38k, 1.5M */
export function count(number: number): string {
  if (number < 1000) return String(number);
  if (number < 999_500) return `${short(number / 1000)}k`;
  return `${short(number / 1_000_000)}M`;
}

function short(number: number): string {
  return number < 9.95 ? number.toFixed(1).replace(/\.0$/, "") : number.toFixed(0);
}

/** US dollars with as many digits as say something. */
export function cost(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.0001 ? "<$0.0001" : `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
}

/** 40 ms, 0.3 s, 12 s, 2 min 5 s */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
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
  return seconds < 0.009_95 ? `${(seconds * 1000).toFixed(1)} ms` : duration(seconds);
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
export function dayGroup(moment: Date, now: Date): "Today" | "Yesterday" | "Last 7 days" | "Older" {
  const days = daysBetween(moment, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days < 7 ? "Last 7 days" : "Older";
}

/** Clock time today, weekday within a week, else the date. */
export function when(moment: Date, now: Date): string {
  const days = daysBetween(moment, now);
  if (days <= 0) return clock(moment);
  if (days < 7) return moment.toLocaleDateString(undefined, { weekday: "short" });
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleDateString(undefined, { day: "numeric", month: "short", ...year });
}

/** Day and clock time: Mon 12 Oct, 09:00. In the browser's time zone, unless another is named. */
export function dated(moment: Date, now: Date, timeZone?: string): string {
  const year = moment.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return moment.toLocaleString(undefined, {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
    ...year,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
}

/** How far off a moment is, in its greatest unit: in 40 s, in 3 h, 2 days ago */
export function away(moment: Date, now: Date): string {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000);
  const span = greatest(Math.abs(seconds));
  if (span === "") return "now";
  return seconds > 0 ? `in ${span}` : `${span} ago`;
}

function greatest(seconds: number): string {
  if (seconds < 1) return "";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export function clock(moment: Date): string {
  return moment.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}
