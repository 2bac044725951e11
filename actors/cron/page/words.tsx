import { account, away, dated, Icon, rich, t, type IconName } from "@starpod/page";
import type { Job } from "./protocol";
import type { State } from "./state";

interface Look {
  readonly word: () => string;
  readonly icon: IconName;
  readonly tone: "good" | "bad" | "left" | "open" | "ahead";
}

const LOOKS: Readonly<Record<State, Look>> = {
  planned: { word: () => t("planned"), icon: "circle", tone: "ahead" },
  waiting: { word: () => t("waiting"), icon: "pause", tone: "open" },
  claimed: { word: () => t("beginning"), icon: "play", tone: "open" },
  accepted: { word: () => t("running"), icon: "play", tone: "open" },
  retrying: { word: () => t("to be tried again"), icon: "retry", tone: "bad" },
  done: { word: () => t("done"), icon: "check", tone: "good" },
  failed: { word: () => t("failed"), icon: "cross", tone: "bad" },
  late: { word: () => t("too late"), icon: "clock", tone: "left" },
  collapsed: { word: () => t("merged"), icon: "join", tone: "left" },
  skipped: { word: () => t("skipped"), icon: "skip", tone: "left" },
};

export const STATES = Object.keys(LOOKS) as State[];

/** As it is written where a newer agent knows other states. */
export const lookOf = (state: string): Look =>
  LOOKS[state as State] ?? { word: () => state, icon: "circle", tone: "ahead" };

/** What has become of a run: a sign, its colour, and the word. */
export function StateWord({ state }: { state: string }) {
  const { word, icon, tone } = lookOf(state);
  return (
    <span class={`run-state ${tone}`}>
      <Icon name={icon} />
      {word()}
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
          <small class="badge">{t("of {name}", { name: job.user_id })}</small>{" "}
        </>
      )}
      {job.builtin !== null && (
        <>
          <small class="badge">{t("the agent’s own")}</small>{" "}
        </>
      )}
      {!job.enabled && (
        <>
          <small class="badge">{t("paused")}</small>{" "}
        </>
      )}
      {job.running && <small class="badge">{t("running")}</small>}
    </>
  );
}

/** When a job runs next, or why it does not. */
export function Next({ of: job, now }: { of: Job; now: number }) {
  if (job.retry_at !== null)
    return <span>{rich("tried again {when}", { when: <Moment at={job.retry_at} now={now} /> })}</span>;
  if (job.next_run_at === null)
    return <span>{job.enabled ? t("no next run") : t("no next run while it is paused")}</span>;
  return <span>{rich("next {when}", { when: <Moment at={job.next_run_at} now={now} /> })}</span>;
}

export function Last({ of: job, now }: { of: Job; now: number }) {
  if (job.last_run_at === null || job.last_state === null) return <span>{t("has not run yet")}</span>;
  return (
    <span>
      {rich("last {state} {when}", {
        state: <StateWord state={job.last_state} />,
        when: <Moment at={job.last_run_at} now={now} />,
      })}
    </span>
  );
}
