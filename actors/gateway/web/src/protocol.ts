/** What page and gateway say to each other: JSON over HTTP and over one WebSocket. Names are those of the wire. */

/** A file in the agent's home. */
export interface Attachment {
  file_name: string;
  mime_type: string;
  path: string;
  /** Bytes. */
  size: number;
}

export interface Session {
  id: string;
  created_at: string;
  last_message_at: string;
  is_closed: boolean;
  title: string | null;
  summary: string | null;
  message_count: number;
  channel: string;
  is_read: boolean;
  /** Name of the job that began it; null for a person. */
  triggered_by: string | null;
  running: boolean;
}

/** One stored row of a conversation. For tools `content` is the JSON text of a {@link StoredCall} or result. */
export interface Message {
  id: number;
  turn_id: string;
  role: "user" | "assistant" | "thinking" | "tool_use" | "tool_result" | "notice";
  content: string;
  attachments: Attachment[];
  timestamp: string;
}

export interface StoredCall {
  id: string;
  name: string;
  input: unknown;
}

export interface StoredResult {
  tool_use_id: string;
  content: string;
  /** Whether `content` is only the beginning. */
  truncated?: boolean;
  is_error: boolean;
}

/** What a turn came to, as it is stored. */
export interface Figures {
  turn_id: string;
  state: "accepted" | "running" | "merged" | "done" | "failed" | "cancelled";
  outcome: string | null;
  accepted_at: string;
  /** Seconds; null while it is not over. */
  elapsed: number | null;
  /** Rounds of tool calls. */
  num_turns: number;
  model: string | null;
  completions: number;
  /** All kinds of input summed. */
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  cost_usd: number | null;
}

export interface Config {
  agent_name: string;
  greeting: string | null;
  prompts: string[];
  models: string[];
  default_model: string | null;
  version: string;
}

export type FollowupMode = "inject" | "queue";

export type ClientFrame =
  | {
      type: "message";
      text: string;
      session_id?: string;
      client_message_id: string;
      attachments: Attachment[];
      model?: string;
      mode?: FollowupMode;
      channel_id: "web";
    }
  | { type: "cancel"; session_id: string }
  | { type: "resume"; session_id: string; after_seq: number | null }
  | { type: "unfollow"; session_id: string }
  | { type: "ping" };

export interface Hello {
  type: "hello";
  protocol: number;
  version: string;
  boot_id: string;
  agent_name: string;
}

/** What has become of a stored message so far. */
export type Fate = "started" | "followup" | "queued" | "merged" | "done" | "failed" | "cancelled";

export interface Accepted {
  type: "accepted";
  client_message_id: string | null;
  session_id: string;
  turn_id: string;
  duplicate: boolean;
  created: boolean;
  fate: Fate;
  after_seq: number;
}

/** Answer to `resume`; the events it promises follow. */
export interface Backlog {
  type: "backlog";
  session_id: string;
  /** False when some events are no longer kept, so that stored messages must be read again. */
  complete: boolean;
  last_seq: number;
  running_turn_id: string | null;
}

export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  client_message_id?: string | null;
  session_id?: string | null;
}

interface OfTurn {
  session_id: string;
  /** Event number, growing within its session. */
  seq: number;
  turn_id: string;
}

export interface StreamStart extends OfTurn {
  type: "stream_start";
  text: string;
  attachments: Attachment[];
  source: string;
  client_message_id: string | null;
  attempt: number;
}

/** A model is being asked. Voids the text of the same iteration, or a later one, that came before. */
export interface CompletionStart extends OfTurn {
  type: "completion_start";
  iteration: number;
  model: string | null;
}

export interface Delta extends OfTurn {
  type: "text_delta" | "thinking_delta";
  text: string;
}

export interface ToolUse extends OfTurn {
  type: "tool_use";
  id: string;
  name: string;
  input: unknown;
}

export interface ToolResult extends OfTurn {
  type: "tool_result";
  tool_use_id: string;
  name: string;
  content: string;
  truncated: boolean;
  is_error: boolean;
  /** Seconds. */
  elapsed: number;
}

export interface Attached extends OfTurn, Attachment {
  type: "attachment";
}

/** What became of a message that came while a turn was running; `turn_id` is its own. */
export interface FollowupFate extends OfTurn {
  type: "followup";
  fate: "merged" | "queued" | "answered";
  into: string | null;
  iteration: number | null;
  text: string;
  attachments: Attachment[];
  client_message_id: string | null;
}

export interface Notice extends OfTurn {
  type: "notice";
  kind: string;
  text: string;
}

export interface StreamEnd extends OfTurn {
  type: "stream_end";
  outcome: string;
  /** Rounds of tool calls. */
  num_turns: number;
  cost_usd: number | null;
  /** All kinds of input summed. */
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  is_error: boolean;
  errors?: string[];
  model: string | null;
  /** Seconds; null for a turn that failed. */
  elapsed: number | null;
  text: string;
}

export type SessionEvent =
  StreamStart | CompletionStart | Delta | ToolUse | ToolResult | Attached | FollowupFate | Notice | StreamEnd;

export type ServerFrame =
  | Hello
  | Accepted
  | Backlog
  | ErrorFrame
  | SessionEvent
  | { type: "session_updated"; session: Session }
  | { type: "pong" };

/** Version of the protocol this page speaks. */
export const PROTOCOL = 1;

const SESSION_EVENTS: ReadonlySet<string> = new Set<SessionEvent["type"]>([
  "stream_start",
  "completion_start",
  "text_delta",
  "thinking_delta",
  "tool_use",
  "tool_result",
  "attachment",
  "followup",
  "notice",
  "stream_end",
]);

const OTHERS: ReadonlySet<string> = new Set([
  "hello",
  "accepted",
  "backlog",
  "error",
  "session_updated",
  "pong",
]);

export function isSessionEvent(frame: ServerFrame): frame is SessionEvent {
  return SESSION_EVENTS.has(frame.type);
}

/** Reads one frame. Null for what this page does not know, which a newer gateway may well say. */
export function parseFrame(text: string): ServerFrame | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null || !("type" in frame)) return null;
  const type = String(frame.type);
  if (SESSION_EVENTS.has(type)) {
    const numbered = "session_id" in frame && "seq" in frame && typeof frame.seq === "number";
    return numbered ? (frame as SessionEvent) : null;
  }
  return OTHERS.has(type) ? (frame as ServerFrame) : null;
}
