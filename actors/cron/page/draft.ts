/** A job as it is being written: texts as they stand in the fields, and what they say. */

import { account } from "@starpod/page";
import type { Job } from "./protocol";
import type { Schedule } from "./state";

const UNITS = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
export type Unit = keyof typeof UNITS;

export interface Draft {
  readonly name: string;
  readonly prompt: string;
  readonly kind: Schedule["kind"];
  readonly every: string;
  readonly unit: Unit;
  readonly expr: string;
  /** Local time in the zone of the job, as a field for date and time has it. */
  readonly at: string;
  readonly timezone: string;
  readonly retries: string;
  /** Minutes. */
  readonly limit: string;
  readonly missed: Job["missed"];
  /** Minutes. */
  readonly missedAfter: string;
  readonly overlap: Job["overlap"];
  /** Seconds. */
  readonly jitter: string;
  /** US dollars. */
  readonly budget: string;
  readonly model: string;
  readonly mode: Job["session_mode"];
  readonly once: boolean;
}

/** A job as it is sent. */
export interface Body {
  readonly name: string;
  readonly prompt: string;
  readonly schedule: Schedule;
  readonly timezone: string | null;
  readonly delete_after_run: boolean;
  readonly session_mode: Job["session_mode"];
  readonly max_retries: number | null;
  readonly timeout_secs: number | null;
  readonly missed: Job["missed"];
  readonly missed_secs: number;
  readonly overlap: Job["overlap"];
  readonly jitter_secs: number;
  readonly budget_usd: number;
  readonly model: string | null;
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function emptyDraft(): Draft {
  return {
    ...{ name: "", prompt: "", kind: "cron", every: "1", unit: "hours", expr: "0 9 * * *", at: "" },
    ...{ timezone: ownZone(), retries: "", limit: "", missed: "run_once", missedAfter: "60" },
    ...{ overlap: "skip", jitter: "0", budget: "0", model: "", mode: "isolated", once: false },
  };
}

export function draftOf(job: Job): Draft {
  return {
    ...emptyDraft(),
    ...scheduleFields(job.schedule, job.timezone),
    name: job.name,
    prompt: job.prompt,
    timezone: job.timezone,
    retries: String(job.max_retries),
    limit: String(job.timeout_secs / 60),
    missed: job.missed,
    missedAfter: String(job.missed_secs / 60),
    overlap: job.overlap,
    jitter: String(job.jitter_secs),
    budget: String(job.budget_usd),
    model: job.model ?? "",
    mode: job.session_mode,
    once: job.delete_after_run,
  };
}

function scheduleFields(schedule: Schedule, zone: string): Partial<Draft> {
  switch (schedule.kind) {
    case "interval":
      return { kind: "interval", ...inUnits(schedule.every_ms) };
    case "cron":
      return { kind: "cron", expr: schedule.expr };
    case "one_shot":
      return { kind: "one_shot", at: localTime(schedule.at, zone) };
  }
}

/** Milliseconds in the greatest unit of which they are a whole number. */
function inUnits(milliseconds: number): Pick<Draft, "every" | "unit"> {
  const units: readonly Unit[] = ["days", "hours", "minutes"];
  const unit = units.find((each) => milliseconds % UNITS[each] === 0) ?? "seconds";
  return { every: String(milliseconds / UNITS[unit]), unit };
}

/** A time in ISO 8601 on the clock of a zone: as it is where it has no offset. */
function localTime(at: string, zone: string): string {
  const bare = at.trim().replace(" ", "T");
  if (!/(?:Z|[+-]\d\d:?\d\d)$/i.test(bare)) return bare;
  const shown = new Date(bare).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T");
  return shown.replace(/:00$/, "");
}

/** When it is to run; null while that is not written. */
export function scheduleOf(draft: Draft): Schedule | null {
  switch (draft.kind) {
    case "interval": {
      const every = Math.round(Number(draft.every) * UNITS[draft.unit]);
      return every > 0 ? { kind: "interval", every_ms: every } : null;
    }
    case "cron":
      return draft.expr.trim() === "" ? null : { kind: "cron", expr: draft.expr.trim() };
    case "one_shot":
      return draft.at === "" ? null : { kind: "one_shot", at: draft.at };
  }
}

const wholeOr = (text: string, times: number) =>
  text.trim() === "" ? null : Math.round(Number(text) * times);

/** What a draft says; null while it does not say when. */
export function bodyOf(draft: Draft): Body | null {
  const schedule = scheduleOf(draft);
  if (schedule === null) return null;
  return {
    name: draft.name.trim(),
    prompt: draft.prompt.trim(),
    schedule,
    timezone: zoneOf(draft),
    delete_after_run: draft.once,
    session_mode: draft.mode,
    max_retries: wholeOr(draft.retries, 1),
    timeout_secs: wholeOr(draft.limit, 60),
    missed: draft.missed,
    missed_secs: wholeOr(draft.missedAfter, 60) ?? 3600,
    overlap: draft.overlap,
    jitter_secs: wholeOr(draft.jitter, 1) ?? 0,
    budget_usd: Number(draft.budget),
    model: draft.model === "" ? null : draft.model,
  };
}

export const zoneOf = ({ timezone }: Draft) => (timezone.trim() === "" ? null : timezone.trim());

/** What has changed from one body to another. */
export function changesOf(before: Body, after: Body): Partial<Body> {
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Body]),
  );
  const changes: Partial<Body> = Object.fromEntries(changed);
  // A time was shown on the clock of one zone, and is meant on that of the other.
  const moved = changes.timezone != null && after.schedule.kind === "one_shot";
  return moved ? { ...changes, schedule: after.schedule } : changes;
}

/** What is written and not yet kept, with what it began with: going elsewhere in the page loses nothing. */
interface Kept {
  readonly draft: Draft;
  readonly before: Draft;
}

const kept = new Map<string, Kept>();
const key = (job: string | null) => `${account.value?.user_id ?? ""}/${job ?? ""}`;

export const keptDraft = (job: string | null) => kept.get(key(job)) ?? null;

export function keepDraft(job: string | null, given: Kept | null): void {
  if (given === null) kept.delete(key(job));
  else kept.set(key(job), given);
}
