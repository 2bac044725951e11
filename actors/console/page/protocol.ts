/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

import type { Figures, Usage } from "@starpod/page";

/** A node of the supervision tree; a pool is the sum of its members. Counters of supervisors are 0. */
export interface MeshNode {
  name: string;
  kind: "supervisor" | "actor" | "pool";
  state: "starting" | "ready" | "degraded" | "backoff" | "suspended" | "stopping" | "stopped" | "failed";
  /** Reason of the state, for an admin: it may name files and secrets. */
  why: string | null;
  restarts: number;
  children: MeshNode[];
  /** Messages that wait. */
  depth: number;
  /** Messages that may wait. */
  limit: number;
  in_hand: number;
  handled: number;
  /** Since the start, without what nobody waited for any more. */
  lost: number;
  /** Actors of a pool. */
  members: number | null;
}

/** Messages from one actor to another during the last seconds. `outside` stands for what no actor sent. */
export interface Flow {
  from: string;
  to: string;
  /** Messages a second. */
  rate: number;
  errors: number;
}

/** One message that came to its end. */
export interface MeshMessage {
  id: string;
  type: string;
  kind: string;
  from: string;
  to: string;
  /** `ok`, empty for one that was handed on, or what went wrong. */
  outcome: string;
  /** Seconds since it ended. */
  age: number;
  at: number;
  took: number | null;
  wait: number | null;
  detail: string;
  turn: string | null;
}

/** The actors at this moment, what flows between them, and the newest messages. */
export interface MeshView {
  boot_id: string;
  now: number;
  tree: MeshNode;
  flows: Flow[];
  /** Newest first. */
  messages: MeshMessage[];
}

/** A stored step of a turn. An answer is stored when it is whole; it begins when what was before it ended. */
export interface Step {
  n: number;
  kind: "user" | "assistant" | "tool" | "notice";
  tool: string | null;
  effect: string | null;
  state: string;
  is_error: boolean;
  /** The beginning of what was said; empty for the page, which has the messages. */
  text: string;
  /** Seconds since the turn was accepted. */
  start: number;
  /** Null while it lasts. */
  end: number | null;
  usage: Usage | null;
}

/** How much a source told the model in a turn; the turn's context has the text. */
export interface Told {
  source: string;
  /** Bytes. */
  size: number;
}

/** A message of a trace. */
export interface Span {
  seq: number;
  /** The `seq` of the message whose handling sent it. */
  cause: number;
  type: string;
  kind: string;
  from: string;
  to: string;
  outcome: string;
  detail: string;
  /** When it was sent. */
  start: number;
  wait: number;
  /** Null while it is handled. */
  took: number | null;
}

/** One turn over time, in seconds since it was accepted. */
export interface Trace {
  turn: Figures;
  session_id: string;
  steps: Step[];
  /** By the attempt that stored something last. */
  told: Told[];
  /** As far as the flight recorder holds them. */
  messages: Span[];
}
