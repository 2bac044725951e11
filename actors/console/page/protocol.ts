/** What the gateway tells of the mesh. Names are those of the wire. */

import type { Figures, Usage } from "@starpod/page";

export type ActorState =
  "starting" | "ready" | "degraded" | "backoff" | "suspended" | "stopping" | "stopped" | "failed";

export interface MeshNode {
  name: string;
  kind: "supervisor" | "actor" | "pool";
  state: ActorState;
  why?: string;
  restarts: number;
  children?: MeshNode[];
  /** Messages that wait, and how many may. Absent for supervisors, as all that follows. */
  depth?: number;
  limit?: number;
  in_hand?: number;
  handled?: number;
  lost?: number;
  /** Actors of a pool. */
  members?: number;
}

/** Messages from one actor to another during the last seconds. */
export interface Flow {
  from: string;
  to: string;
  /** Messages a second. */
  rate: number;
  errors: number;
}

export interface MeshMessage {
  id: string;
  type: string;
  kind: string;
  from: string;
  to: string;
  /** `ok`, empty for one that was handed on, or what went wrong. */
  outcome: string;
  detail?: string;
  /** Seconds since it ended. */
  age: number;
  /** Seconds on the clock of the daemon. */
  at: number;
  /** Seconds of handling and of waiting. */
  took?: number;
  wait?: number;
  turn?: string;
}

export interface MeshView {
  boot_id: string;
  now: number;
  tree: MeshNode;
  flows: Flow[];
  /** Newest first. */
  messages: MeshMessage[];
}

/** A stored step. Times are seconds since the turn was accepted. */
export interface Step {
  n: number;
  kind: "user" | "assistant" | "tool" | "notice";
  /** Of the tool. */
  name: string | null;
  effect: string | null;
  state: "intent" | "done";
  is_error: boolean;
  start: number;
  end: number | null;
  usage?: Usage;
}

/** A message of the trace. Times are seconds; `start` is when it was sent. */
export interface Hop {
  seq: number;
  cause: number;
  type: string;
  kind: string;
  from: string;
  to: string;
  outcome: string;
  start: number;
  wait: number;
  /** Null while it is being handled. */
  took: number | null;
}

export interface Trace {
  turn: Figures & { session_id: string };
  steps: Step[];
  messages: Hop[];
}
