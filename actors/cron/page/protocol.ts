/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** Again and again, counted from when the job was made. */
export interface Interval {
  kind: "interval";
  every_ms: number;
}

/** By the clock on the wall of the job's time zone. */
export interface CronExpression {
  kind: "cron";
  expr: string;
}

/** Once. */
export interface OneShot {
  kind: "one_shot";
  at: string;
}

/** A job as it stands. */
export interface Job {
  id: string;
  /** Unique among those of its owner. */
  name: string;
  /** Its owner. */
  user_id: string;
  prompt: string;
  schedule: Interval | CronExpression | OneShot;
  /** IANA name. */
  timezone: string;
  /** The schedule in words. */
  words: string;
  enabled: boolean;
  delete_after_run: boolean;
  session_mode: "isolated" | "main";
  max_retries: number;
  timeout_secs: number;
  missed: "run_once" | "skip_older_than" | "all";
  missed_secs: number;
  overlap: "skip" | "queue";
  jitter_secs: number;
  budget_usd: number;
  model: string | null;
  builtin: "heartbeat" | "boot" | "bootstrap" | null;
  created_at: string;
  /** The next planned instant. */
  next_run_at: string | null;
  /** When its latest run was begun. */
  last_run_at: string | null;
  /** What has become of that, as in :class:`Run`. */
  last_state: string | null;
  /** Its conversation. */
  last_session: string | null;
  /** Why it failed, until one succeeds. */
  last_error: string | null;
  /** Attempts of its latest run that failed, until one succeeds. */
  retry_count: number;
  retry_at: string | null;
  running: boolean;
}

/** One try at a run. */
export interface Attempt {
  /** From 1. */
  n: number;
  session: string;
  turn: string;
  started_at: string;
  ended_at: string | null;
  /** As of the turn; None while it is under way. */
  outcome: string | null;
  error: string | null;
}

/** What has become of one planned instant. There is exactly one for each. */
export interface Run {
  id: string;
  job: string;
  name: string;
  /** When it was to run. */
  instant: string;
  /** Whether somebody asked for it then, instead of the schedule. */
  manual: boolean;
  state:
    | "planned"
    | "waiting"
    | "claimed"
    | "accepted"
    | "retrying"
    | "done"
    | "failed"
    | "late"
    | "collapsed"
    | "skipped";
  /** A sentence where the state alone does not say it; else empty. */
  why: string;
  /** The instant that stands for it. */
  collapsed_into: string | null;
  /** When it is, or was, to begin: its instant and jitter, or the time of the next attempt. */
  due_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** Conversation of the latest attempt. */
  session: string | null;
  /** The beginning of the answer. */
  summary: string;
  error: string | null;
  attempts: Attempt[];
}

/** One instant of one job in a calendar. */
export interface Entry {
  job: string;
  name: string;
  user_id: string;
  instant: string;
  state:
    | "planned"
    | "waiting"
    | "claimed"
    | "accepted"
    | "retrying"
    | "done"
    | "failed"
    | "late"
    | "collapsed"
    | "skipped";
  session: string | null;
  why: string;
}

/** Why a job did, or did not, or will run at one instant. */
export interface Reason {
  instant: string;
  state:
    | "planned"
    | "waiting"
    | "claimed"
    | "accepted"
    | "retrying"
    | "done"
    | "failed"
    | "late"
    | "collapsed"
    | "skipped";
  /** In words, with local times. */
  text: string;
  session: string | null;
}

/** Why a job runs when it does. */
export interface Explanation {
  job: string;
  name: string;
  timezone: string;
  /** How it stands, in a sentence or two. */
  text: string;
  /** The latest first. */
  last: Reason[];
  /** The soonest first. */
  next: Reason[];
}

export interface Previewed {
  timezone: string;
  /** The schedule in words. */
  words: string;
  /** The next ones; fewer where the schedule ends. */
  instants: string[];
}
