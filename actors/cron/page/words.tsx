import { account, away, dated, Icon, type IconName } from "@starpod/page";
import type { Job } from "./protocol";
import type { State } from "./state";

interface Look {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: "good" | "bad" | "left" | "open" | "ahead";
}

const LOOKS: Readonly<Record<State, Look>> = {
  planned: { word: "planned", icon: "circle", tone: "ahead" },
  waiting: { word: "waiting", icon: "pause", tone: "open" },
  claimed: { word: "beginning", icon: "play", tone: "open" },
  accepted: { word: "running", icon: "play", tone: "open" },
  retrying: { word: "to be tried again", icon: "retry", tone: "bad" },
  done: { word: "done", icon: "check", tone: "good" },
  failed: { word: "failed", icon: "cross", tone: "bad" },
  late: { word: "too late", icon: "clock", tone: "left" },
  collapsed: { word: "merged", icon: "join", tone: "left" },
  skipped: { word: "skipped", icon: "skip", tone: "left" },
};

export const STATES = Object.keys(LOOKS) as State[];

/** As it is written where a newer agent knows other states. */
export const lookOf = (state: string): Look =>
  LOOKS[state as State] ?? { word: state, icon: "circle", tone: "ahead" };

/** What has become of a run: a sign, its colour, and the word. */
export function StateWord({ state }: { state: string }) {
  const { word, icon, tone } = lookOf(state);
  return (
    <span class={`run-state ${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  );
}

/** A moment by the clock of whoever looks, and how far off it is. */
export function Moment({ at, now }: { at: string; now: number }) {
  const [moment, present] = [new Date(at), new Date(now)];
  return (
    <time dateTime={at}>
      {dated(moment, present)} ({away(moment, present)})
    </time>
  );
}

/** What there is to say of a job beside its name. */
export function Badges({ of: job }: { of: Job }) {
  return (
    <>
      {job.user_id !== account.value?.user_id && job.builtin === null && (
        <>
          <small class="badge">of {job.user_id}</small>{" "}
        </>
      )}
      {job.builtin !== null && (
        <>
          <small class="badge">the agent’s own</small>{" "}
        </>
      )}
      {!job.enabled && (
        <>
          <small class="badge">paused</small>{" "}
        </>
      )}
      {job.running && <small class="badge">running</small>}
    </>
  );
}

/** When a job runs next, or why it does not. */
export function Next({ of: job, now }: { of: Job; now: number }) {
  if (job.retry_at !== null)
    return (
      <span>
        tried again <Moment at={job.retry_at} now={now} />
      </span>
    );
  if (job.next_run_at === null)
    return <span>{job.enabled ? "no next run" : "no next run while it is paused"}</span>;
  return (
    <span>
      next <Moment at={job.next_run_at} now={now} />
    </span>
  );
}

export function Last({ of: job, now }: { of: Job; now: number }) {
  if (job.last_run_at === null || job.last_state === null) return <span>has not run yet</span>;
  return (
    <span>
      last <StateWord state={job.last_state} /> <Moment at={job.last_run_at} now={now} />
    </span>
  );
}
