/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** One rule; the first one that is about a call decides. */
export interface RuleInForce {
  tool: string;
  /** Of what the call acts on; empty for anything. */
  pattern: string;
  /** Empty for any. */
  channel: string;
  role: string | null;
  /** Only where words from outside are in the conversation, or only where none are. */
  outside: boolean | null;
  decision: "allow" | "deny" | "ask";
}

/** What is decided without asking anybody, and who is asked. */
export interface InForce {
  /** In the order in which they are looked at. */
  rules: RuleInForce[];
  /** What is done about a change where words from outside are in the conversation, and no rule is about that. */
  outside: "ask" | "allow";
  /** Channels on which people are asked. */
  asks_on: string[];
  expires_minutes: number;
}

/** One row of the log. */
export interface AuditRow {
  seq: number;
  at: string;
  /** A call that was decided about, an answer of a person, a change of what is granted, or words that were deleted. */
  kind: "call" | "answer" | "grant" | "erased";
  /** Of a call `allowed` or `denied`. */
  verdict: string;
  /** Who has decided: `default`, `rule …`, `grant …`, `person …`, `hook …`, `expired` … */
  by: string;
  tool: string;
  user: string;
  session: string;
  turn: string;
  /** What it was about, shortened: `subject`, `reason`, `input` and others; empty once they were erased. */
  words: Record<string, unknown>;
  hash: string;
}
