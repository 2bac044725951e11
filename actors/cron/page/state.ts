/** What the page asks of the scheduler, and how long it waits before it asks again. */

import { signal } from "@preact/signals";
import { account, jobName, request, routeHash, send, toSection } from "@starpod/page";
import type { Body } from "./draft";
import type { Entry, Explanation, Job, Previewed, Run } from "./protocol";

const JOBS = "/api/cron/jobs";

export type Schedule = Job["schedule"];
export type State = Run["state"];

const at = (id: string, what = "") => `${JOBS}/${encodeURIComponent(id)}${what}`;

export const isAdmin = () => account.value?.role === "admin";

/** Whose a job is, where that is not clear by itself; empty for whoever looks. */
export function ownerOf({ user_id: owner }: Pick<Job, "user_id">): string {
  return owner === account.value?.user_id ? "" : owner;
}

/** Whether an admin looks at the agent's own jobs too. */
export const showsOwn = signal(false);

/** Whether a job of that name is the agent's own: people cannot make one of such a name. */
export const isOwn = (name: string) => jobName(name) !== name;

export const jobs = (builtin: boolean) => request<Job[]>(builtin ? `${JOBS}?builtin=true` : JOBS);
export const job = (id: string) => request<Job>(at(id));
export const runs = (id: string, limit: number) => request<Run[]>(at(id, `/runs?limit=${limit}`));
export const why = (id: string) => request<Explanation>(at(id, "/why"));

export const add = (body: Body) => send<Job>("POST", JOBS, body);
export const change = (id: string, body: Partial<Body>) => send<Job>("PUT", at(id), body);
export const enable = (id: string, enabled: boolean) => send<Job>("PUT", at(id), { enabled });
export const remove = (id: string) => request<null>(at(id), { method: "DELETE" });
export const runNow = (id: string) => send<Run>("POST", at(id, "/run"));

/** When a schedule would run next. */
export const preview = (schedule: Schedule, timezone: string | null) =>
  send<Previewed>("POST", "/api/cron/preview", { schedule, timezone });

/** Planned runs of a job that a calendar has at most. */
export const PLANNED = 50;

/** What ran and what will between each of some moments and the next: of each span all that a calendar has. */
export async function calendar(moments: readonly Date[]): Promise<Entry[]> {
  const spans = moments.slice(1).map((end, index) => {
    const last = new Date(end.getTime() - 1);
    const asked = { start: (moments[index] as Date).toISOString(), end: last.toISOString() };
    return request<Entry[]>(`/api/cron/calendar?${new URLSearchParams(asked)}`);
  });
  return (await Promise.all(spans)).flat();
}

const SECTION = "cron";
export const LIST = routeHash(toSection(SECTION));
export const NEW = routeHash(toSection(SECTION, "new"));
export const weekPlace = (day?: string) =>
  routeHash(toSection(SECTION, "week", ...(day === undefined ? [] : [day])));

/** Where a job is shown, and on it the run of an instant. */
export const placeOf = (id: string, instant?: string) =>
  routeHash(toSection(SECTION, "job", id, ...(instant === undefined ? [] : ["at", instant])));
export const editPlace = (id: string) => routeHash(toSection(SECTION, "job", id, "edit"));

const WHILE_RUNNING = 3000;
const AT_MOST = 60_000;
/** Milliseconds that a planned run is given to begin. */
const TO_BEGIN = 500;

/** Milliseconds until something may look different, where something runs and where runs are planned for these instants. */
export function restUntil(running: boolean, planned: readonly (string | null)[], now: number): number {
  if (running) return WHILE_RUNNING;
  const left = planned.filter((each) => each !== null).map((each) => Date.parse(each) + TO_BEGIN - now);
  return Math.max(WHILE_RUNNING, Math.min(AT_MOST, ...left));
}

const OPEN: ReadonlySet<State> = new Set(["waiting", "claimed", "accepted", "retrying"]);

/** Whether a run has begun and not ended. */
export const isOpen = ({ state }: { readonly state: State }) => OPEN.has(state);

/** What a view that is left has to say at the place where it leads. */
let carried = "";

export function arrive(place: string, words: string): void {
  carried = words;
  location.hash = place;
}

export function arrivalWords(): string {
  const words = carried;
  carried = "";
  return words;
}
