/** Short ways to write events and rows in tests. */

import { emptyConversation, type Conversation, type Part } from "../src/conversation/model";
import { reduce } from "../src/conversation/reduce";
import type { Figures, Message, SessionEvent, TurnEnded, Usage } from "../src/protocol";

type Told<T> = T extends SessionEvent
  ? Omit<T, "session_id" | "seq" | "turn_id"> & { turn_id?: string }
  : never;
type Brief = Told<SessionEvent>;

export const SESSION = "s1";

/** Numbers events from `first` on; they belong to turn `t1` unless they say otherwise. */
export function numbered(briefs: readonly Brief[], first = 1): SessionEvent[] {
  return briefs.map((brief, index) => ({
    turn_id: "t1",
    session_id: SESSION,
    seq: first + index,
    ...brief,
  })) as SessionEvent[];
}

export function start(text = "hello", more: { turn_id?: string; attempt?: number; at?: string } = {}): Brief {
  return {
    type: "stream_start",
    text,
    attachments: [],
    source: "web",
    client_message_id: null,
    attempt: 1,
    at: "2026-01-02T03:04:05.678Z",
    ...more,
  };
}

export const completion = (iteration: number): Brief => ({
  type: "completion_start",
  iteration,
  model: "offline/echo",
});
export const text = (words: string): Brief => ({ type: "text_delta", text: words });
export const thinking = (words: string): Brief => ({ type: "thinking_delta", text: words });
export const call = (id: string, name = "FileRead", input: Record<string, unknown> = {}, at = ""): Brief => ({
  type: "tool_use",
  id,
  name,
  input,
  at,
});
export const result = (
  id: string,
  content = "ok",
  more: { is_error?: boolean; truncated?: boolean } = {},
): Brief => ({
  type: "tool_result",
  tool_use_id: id,
  name: "FileRead",
  content,
  truncated: false,
  is_error: false,
  diff: "",
  elapsed: 0.25,
  ...more,
});

export const NOTHING: Usage = {
  model: "",
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  cost_usd: null,
};

export function end(
  more: {
    turn_id?: string;
    outcome?: TurnEnded["outcome"];
    error?: string;
    notice?: string;
    text?: string;
    usage?: Usage;
  } = {},
): Brief {
  const { error, notice = null, ...rest } = more;
  const usage = {
    ...NOTHING,
    model: "offline/echo",
    cost_usd: 0.001,
    input_tokens: 10,
    output_tokens: 5,
    ...more.usage,
  };
  return {
    type: "stream_end",
    outcome: "success",
    num_turns: 0,
    usage,
    input_tokens: usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
    output_tokens: usage.output_tokens,
    cache_read_input_tokens: usage.cache_read_tokens,
    cache_creation_input_tokens: usage.cache_write_tokens,
    cost_usd: usage.cost_usd ?? 0,
    cost_known: usage.cost_usd !== null,
    model: usage.model,
    elapsed: 1.5,
    text: "",
    ...rest,
    ...(error === undefined
      ? { is_error: false as const, notice }
      : { is_error: true as const, error, errors: [error] }),
  };
}

export function play(
  events: readonly SessionEvent[],
  from: Conversation = emptyConversation(SESSION),
): Conversation {
  return events.reduce((state, event) => reduce(state, event, 1_000), from);
}

export function followup(turn_id: string, fate: "merged" | "queued" | "answered", words: string): Brief {
  const into = fate === "queued" ? null : "t1";
  const iteration = fate === "merged" ? 2 : null;
  return {
    type: "followup",
    turn_id,
    fate,
    into,
    iteration,
    text: words,
    attachments: [],
    client_message_id: null,
  };
}

let lastRow = 0;

export function row(role: Message["role"], content: string, turn_id = "t1", seconds = 0): Message {
  lastRow += 1;
  const timestamp = new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString();
  return { id: lastRow, session_id: SESSION, turn_id, role, content, attachments: [], timestamp };
}

export const callRow = (id: string, name = "FileRead", input: unknown = {}, turn_id = "t1"): Message =>
  row("tool_use", JSON.stringify({ type: "tool_use", id, name, input }), turn_id);

export const resultRow = (id: string, content = "ok", is_error = false, turn_id = "t1"): Message =>
  row("tool_result", JSON.stringify({ type: "tool_result", tool_use_id: id, content, is_error }), turn_id);

/** A part as one short string, for comparing sequences. */
export function brief(part: Part): string {
  switch (part.kind) {
    case "tool":
      return `tool ${part.id} ${part.state} ${part.output ?? ""}`.trimEnd();
    case "notice":
      return `${part.tone}: ${part.text}`;
    default:
      return `${part.kind}: ${part.text}`;
  }
}

/** What a turn came to. */
/** Another path was chosen, which ends with a turn. */
export const path = (end: string, turn_id = end): Brief => ({ type: "path", turn_id, end_turn_id: end });

export function figures(changes: Partial<Figures> = {}): Figures {
  return {
    turn_id: "t1",
    state: "done",
    outcome: "success",
    accepted_at: "2026-01-02T03:04:05.678Z",
    elapsed: 1.5,
    versions: [],
    num_turns: 1,
    completions: 2,
    usage: {
      ...NOTHING,
      model: "offline/helper",
      input_tokens: 10,
      output_tokens: 7,
      cache_read_tokens: 20,
      cost_usd: 0.01,
    },
    ...changes,
  };
}
