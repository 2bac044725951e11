/** What the page asks about instances, and how it says what they are. */

import { bytes, duration, fixed, request, t, through } from "@starpod/page";
import type { Health, Instance, LogLine, Notice, Overview, RemoteAgent, Sample, WayIn } from "./protocol";

const ALL = "/api/instances";
const of = (id: string, rest = "") => `${ALL}/${encodeURIComponent(id)}${rest}`;

export const look = () => request<Overview>("/api/instance-overview");
export const agents = () => through<RemoteAgent[]>("/api/instance-agents");
export const health = (id: string) => through<Health>(of(id, "/health"));
export const history = (id: string) => through<Sample[]>(of(id, "/history"));
export const wayIn = (id: string) => through<WayIn>(of(id, "/ssh"));
export const logOf = (id: string) => of(id, "/logs?tail=200");

/** An instance as it is being thought up; what is empty is left to the backend. */
export interface Draft {
  readonly name: string;
  readonly agent_id: string;
  readonly region: string;
  readonly machine_type: string;
}

export const EMPTY: Draft = { name: "", agent_id: "", region: "", machine_type: "" };

export function create(draft: Draft): Promise<Instance> {
  const said = Object.entries(draft).flatMap(([key, value]) =>
    value.trim() === "" ? [] : [[key, value.trim()] as const],
  );
  return through<Instance>(ALL, "POST", Object.fromEntries(said));
}

/** What may be done with an instance. */
export type Deed = "pause" | "restart" | "delete";

export async function act(deed: Deed, { id }: Instance): Promise<void> {
  if (deed === "delete") await through<unknown>(of(id), "DELETE");
  else await through<unknown>(of(id, `/${deed}`), "POST");
}

/** Characters of an id that people are shown, as on the command line. */
const SHORT = 8;

export const nameOf = ({ name, id }: Pick<Instance, "name" | "id">) => name ?? id.slice(0, SHORT);

const STATUSES: Readonly<Record<Instance["status"], () => string>> = {
  creating: () => t("being made"),
  pending: () => t("being made"),
  provisioning: () => t("being made"),
  starting: () => t("starting"),
  running: () => t("running"),
  restarting: () => t("restarting"),
  paused: () => t("paused"),
  stopping: () => t("stopping"),
  stopped: () => t("stopped"),
  deleting: () => t("being deleted"),
  deleted: () => t("deleted"),
  error: () => t("does not run"),
  unknown: () => t("unknown"),
};

/** How an instance is, in words; in those of the backend where we know none. */
export function statusWords({ status, said }: Pick<Instance, "status" | "said">): string {
  return status === "unknown" ? said : (STATUSES[status]?.() ?? said);
}

const RESTING: ReadonlySet<Instance["status"]> = new Set(["paused", "stopped", "error"]);
const GOING: ReadonlySet<Instance["status"]> = new Set(["deleting", "deleted"]);

/** What may be done with an instance as it is. */
export function deedsFor({ status }: Pick<Instance, "status">): readonly Deed[] {
  if (GOING.has(status)) return [];
  return RESTING.has(status) ? ["restart", "delete"] : ["pause", "restart", "delete"];
}

/** What a button for it says. */
export function deedWords(deed: Deed, { status }: Pick<Instance, "status">): string {
  if (deed === "restart") return RESTING.has(status) ? t("Start") : t("Restart");
  return deed === "pause" ? t("Pause") : t("Delete");
}

/** What is asked before, as a question. */
export function question(deed: Deed, instance: Instance): string {
  const name = nameOf(instance);
  if (deed === "restart")
    return RESTING.has(instance.status) ? t("Start {name}?", { name }) : t("Restart {name}?", { name });
  return deed === "pause" ? t("Pause {name}?", { name }) : t("Delete {name}?", { name });
}

/** What comes of it and what goes by it: one sentence each. */
export function warningOf(deed: Deed, instance: Instance): readonly string[] {
  const name = nameOf(instance);
  if (deed === "pause")
    return [
      t("{name} is ended, and keeps all it has: its conversations, memory and files.", { name }),
      t("Nobody reaches it, and no job of it runs, until it is started again."),
    ];
  if (deed === "restart")
    return RESTING.has(instance.status)
      ? [t("{name} is started, with the files that its agent has at the backend by now.", { name })]
      : [
          t("{name} is ended and started again, with the files that its agent has at the backend by now.", {
            name,
          }),
          t("Who talks with it meanwhile waits; an answer that is under way is taken up afterwards."),
        ];
  return [
    t(
      "{name} is ended, and all it has there is deleted: its conversations, its memory, the files in its home, its own settings and secrets, its log.",
      { name },
    ),
    t("The files and secrets of its agent stay at the backend."),
    t("Nobody can undo this."),
  ];
}

/** What is said once it is done. */
export function doneWords(deed: Deed, instance: Instance): string {
  const name = nameOf(instance);
  if (deed === "pause") return t("{name} is paused.", { name });
  return deed === "restart" ? t("{name} is being started.", { name }) : t("{name} is deleted.", { name });
}

/** An address that a browser may be led to; null for anything else a backend may say. */
export function addressOf({ web_url: url }: Pick<Instance, "web_url">): string | null {
  return url !== null && /^https?:\/\/[^\s]+$/i.test(url) ? url : null;
}

/** Since when an instance is as it is, in seconds since 1970, as far as the backend says. */
export function since({ updated_at, created_at }: Instance): number | null {
  return updated_at ?? created_at;
}

const MB = 1024 * 1024;

/** How an instance is by what it uses, in words; `now` in milliseconds. */
export function healthWords(found: Health, now: number): readonly string[] {
  const beat = Math.max(0, now / 1000 - found.last_heartbeat);
  return [
    t("{share} of a processor", { share: percent(found.cpu_percent) }),
    t("{size} of memory", { size: memory(found.memory_mb) }),
    t("{size} on the disk", { size: memory(found.disk_mb) }),
    t("up for {span}", { span: duration(found.uptime_secs) }),
    t("last sign of life {span} ago", { span: duration(beat) }),
  ];
}

/** Samples to be drawn that are kept. */
const SAMPLES = 120;

/** Samples with one more; one of the same moment counts once. */
export function withSample(samples: readonly Sample[], more: Sample): readonly Sample[] {
  const last = samples.at(-1);
  return last !== undefined && last.at >= more.at ? samples : [...samples, more].slice(-SAMPLES);
}

/** Points of a line over a field of `width` by `height`, the oldest value on the left. */
export function line(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, 0.001);
  const step = values.length < 2 ? 0 : width / (values.length - 1);
  return values
    .map(
      (value, at) => `${(at * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`,
    )
    .join(" ");
}

/** From the least to the most, in words. */
export function spanWords(values: readonly number[], word: (value: number) => string): string {
  const [least, most] = [word(Math.min(...values)), word(Math.max(...values))];
  return least === most ? most : t("{least} to {most}", { least, most });
}

export const percent = (value: number) => `${fixed(value, 1)} %`;
export const memory = (value: number) => bytes(value * MB);

/** What the monitor has found out, in words. */
export function noticeWords({ instance, name, what, before, now }: Notice): string {
  const who = nameOf({ id: instance, name });
  if (what === "stuck") return t("{who} gave no sign of life and was started anew.", { who });
  if (what === "given_up")
    return t("{who} gave no sign of life after all its restarts and is left alone.", { who });
  if (what === "recovered") return t("{who} gives signs of life again.", { who });
  if (now === null) return t("{who} is gone.", { who });
  const is = statusWords({ status: now, said: now });
  if (before === null) return t("{who} was seen for the first time: {is}.", { who, is });
  return t("{who}: {is}, and before {was}.", { who, is, was: statusWords({ status: before, said: before }) });
}

/** What keeps a backend from being asked, in words. */
export function troubleWords({ trouble, url }: Pick<Overview, "trouble" | "url">): string {
  const where = { url: url ?? "" };
  if (trouble === "not_reached") return t("The backend at {url} does not answer.", where);
  if (trouble === "key_refused") return t("The backend at {url} does not take the key.", where);
  return t("The backend at {url} answers with an error.", where);
}

/** Lines of a log that the page keeps. */
export const LINES = 500;

/** The end of a log with what has come since. */
export function grown(lines: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  return [...lines, ...more].slice(-LINES);
}
