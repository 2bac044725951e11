/** Takes events of a conversation in, one by one. Pure: the same events give the same conversation. */

import { t } from "../language/texts";
import type {
  Backlog,
  CompletionStart,
  Delta,
  FollowupFate,
  Notice,
  SessionEvent,
  StreamEnd,
  StreamStart,
  ToolOutput,
  ToolResult,
  ToolUse,
} from "../protocol";
import { used } from "./figures";
import { withPath } from "./path";
import {
  addFiles,
  emptyTurn,
  nextKey,
  type Conversation,
  type NoticePart,
  type Part,
  type TextPart,
  type ToolPart,
  type Turn,
  type TurnState,
} from "./model";

/**
 * Takes in one event. One whose number is not above the last one's came twice and changes nothing.
 *
 * @param now epoch milliseconds, for the clocks of what is running.
 */
export function reduce(conversation: Conversation, event: SessionEvent, now: number): Conversation {
  if (conversation.lastSeq !== null && event.seq <= conversation.lastSeq) return conversation;
  const next = { ...conversation, lastSeq: event.seq };
  switch (event.type) {
    case "path":
      return withPath(next, event.end_turn_id);
    case "stream_start":
      return started(next, event, now);
    case "completion_start":
      return change(next, event.turn_id, (turn) => completionStarted(turn, event));
    case "text_delta":
    case "thinking_delta":
      return change(next, event.turn_id, (turn) => grown(turn, event));
    case "tool_use":
      return change(next, event.turn_id, (turn) => toolStarted(turn, event, now));
    case "tool_result":
      return change(next, event.turn_id, (turn) => toolFinished(turn, event));
    case "approval_wanted":
      return change(next, event.turn_id, (turn) => ({
        ...turn,
        status: t("Waiting for your answer"),
      }));
    case "approval_given":
      return change(next, event.turn_id, (turn) => ({ ...turn, status: null }));
    case "attachment": {
      const { file_name, mime_type, path, size } = event;
      return change(next, event.turn_id, (turn) => ({
        ...turn,
        files: addFiles(turn.files, [{ file_name, mime_type, path, size }]),
      }));
    }
    case "followup":
      return followedUp(next, event);
    case "notice":
      return change(next, event.turn_id, (turn) => noticed(turn, event));
    case "stream_end":
      return ended(next, event);
  }
}

/** Takes in the answer to `resume`. The events it announces come after it. */
export function resumed(conversation: Conversation, backlog: Backlog): Conversation {
  const running = backlog.running_turn_id;
  if (!backlog.complete) {
    return { ...conversation, lastSeq: null, live: [], waiting: [], running, stale: true };
  }
  const over = conversation.live.some((turn) => turn.state === "running" && turn.id !== running);
  // Without a number of our own the running turn is replayed, and its events are below `last_seq`.
  const lastSeq = conversation.lastSeq ?? (running === null ? backlog.last_seq : null);
  return {
    ...conversation,
    lastSeq,
    // The end of what seemed to run is among the events that follow.
    running: over ? conversation.running : running,
    // Messages read before this moment may miss what was stored until now.
    stale: conversation.stale || conversation.lastSeq === null,
  };
}

function change(conversation: Conversation, id: string, update: (turn: Turn) => Turn): Conversation {
  const known = conversation.live.some((turn) => turn.id === id);
  // An event of a turn whose start was missed: what came before is in the stored messages.
  const live = known ? conversation.live : [...conversation.live, emptyTurn(id)];
  return {
    ...conversation,
    running: known ? conversation.running : id,
    live: live.map((turn) => (turn.id === id ? update(turn) : turn)),
  };
}

function started(conversation: Conversation, event: StreamStart, now: number): Conversation {
  const prompt = { text: event.text, attachments: event.attachments, at: new Date(now).toISOString() };
  const known = conversation.live.find((turn) => turn.id === event.turn_id);
  const begun = known ?? { ...emptyTurn(event.turn_id), whole: event.attempt === 1 };
  const turn: Turn = {
    ...begun,
    // Why an earlier attempt failed matters no more.
    parts: begun.parts.filter((part) => part.kind !== "notice"),
    prompt,
    state: "running",
    status: event.attempt > 1 ? t("Going on after a restart") : null,
    since: begunAt(event.at, now),
  };
  return {
    ...conversation,
    running: turn.id,
    waiting: conversation.waiting.filter((waiting) => waiting.turnId !== turn.id),
    live: known
      ? conversation.live.map((other) => (other === known ? turn : other))
      : [...conversation.live, turn],
  };
}

/** When a turn or a call began, on the clock of the daemon; of one that began before this page was opened too. */
function begunAt(at: string, now: number): number {
  const moment = Date.parse(at);
  return Number.isNaN(moment) ? now : Math.min(moment, now);
}

function completionStarted(turn: Turn, event: CompletionStart): Turn {
  const { iteration } = event;
  const voided = (part: Part) =>
    (part.kind === "text" || part.kind === "thinking") && part.iteration >= iteration;
  return {
    ...turn,
    iteration,
    firstIteration: turn.firstIteration ?? iteration,
    parts: turn.parts.some(voided) ? turn.parts.filter((part) => !voided(part)) : turn.parts,
  };
}

function grown(turn: Turn, event: Delta): Turn {
  // Joined in mid-completion: its beginning is missing, and the stored text will come whole.
  if ((!turn.whole && turn.firstIteration === null) || event.text === "") return turn;
  const kind = event.type === "text_delta" ? "text" : "thinking";
  const last = turn.parts.at(-1);
  if (last?.kind === kind && last.iteration === turn.iteration) {
    const longer: TextPart = { ...last, text: last.text + event.text };
    return { ...turn, status: null, parts: [...turn.parts.slice(0, -1), longer] };
  }
  return { ...turn, status: null, parts: [...turn.parts, textPart(turn, kind, event.text)] };
}

function textPart(turn: Turn, kind: TextPart["kind"], text: string): TextPart {
  return { kind, key: nextKey(turn.parts, kind), iteration: turn.iteration, text };
}

function toolStarted(turn: Turn, event: ToolUse, now: number): Turn {
  const part: ToolPart = {
    kind: "tool",
    key: event.id,
    iteration: turn.iteration,
    id: event.id,
    name: event.name,
    input: event.input,
    state: "running",
    output: null,
    diff: "",
    truncated: false,
    since: begunAt(event.at, now),
    elapsed: null,
  };
  return { ...turn, status: null, parts: putTool(turn.parts, part) };
}

/** Characters of what a command prints that are shown while it runs; the result has what the model gets. */
const PRINTED = 64 * 1024;

/** Takes in what a command has printed, which is told while it runs and has no number. */
export function printed(conversation: Conversation, said: ToolOutput): Conversation {
  const turn = conversation.live.find((live) => live.id === said.turn_id);
  const tool = turn?.parts.find(
    (part): part is ToolPart => part.kind === "tool" && part.id === said.tool_use_id,
  );
  if (turn === undefined || tool?.state !== "running") return conversation;
  const gap = said.skipped > 0 ? `\n[… ${t("{skipped} bytes", { skipped: said.skipped })} …]\n` : "";
  const output = ((tool.output ?? "") + gap + said.text).slice(-PRINTED);
  return change(conversation, turn.id, (known) => ({
    ...known,
    parts: putTool(known.parts, { ...tool, output }),
  }));
}

function toolFinished(turn: Turn, event: ToolResult): Turn {
  const known = turn.parts.find(
    (part): part is ToolPart => part.kind === "tool" && part.id === event.tool_use_id,
  );
  const part: ToolPart = {
    kind: "tool",
    key: event.tool_use_id,
    iteration: known?.iteration ?? turn.iteration,
    id: event.tool_use_id,
    name: known?.name ?? event.name,
    input: known?.input ?? null,
    state: event.is_error ? "error" : "done",
    output: event.content,
    diff: event.diff,
    truncated: event.truncated,
    since: known?.since ?? null,
    elapsed: event.elapsed,
  };
  return { ...turn, parts: putTool(turn.parts, part) };
}

function putTool(parts: readonly Part[], tool: ToolPart): readonly Part[] {
  const known = parts.some((part) => part.key === tool.key);
  return known ? parts.map((part) => (part.key === tool.key ? tool : part)) : [...parts, tool];
}

function followedUp(conversation: Conversation, event: FollowupFate): Conversation {
  const { turn_id: turnId, text, attachments, client_message_id: clientMessageId } = event;
  const waiting = conversation.waiting.filter((other) => other.turnId !== turnId);
  if (event.fate === "queued") {
    return { ...conversation, waiting: [...waiting, { turnId, clientMessageId, text, attachments }] };
  }
  if (event.fate === "answered" || event.into === null) return { ...conversation, waiting };
  return change({ ...conversation, waiting }, event.into, (turn) => ({
    ...turn,
    parts: [
      ...turn.parts,
      {
        kind: "followup",
        key: nextKey(turn.parts, "followup"),
        iteration: event.iteration ?? turn.iteration,
        turnId,
        text,
        attachments,
      },
    ],
  }));
}

function noticed(turn: Turn, event: Notice): Turn {
  if (event.kind === "retrying") return { ...turn, status: event.text };
  return withNotice(turn, event.kind === "doubt" ? "warning" : "quiet", event.text);
}

export function withNotice(turn: Turn, tone: NoticePart["tone"], text: string): Turn {
  const key = nextKey(turn.parts, "notice");
  return { ...turn, parts: [...turn.parts, { kind: "notice", key, iteration: turn.iteration, tone, text }] };
}

const STATES: Readonly<Record<string, TurnState>> = {
  cancelled: "cancelled",
  error: "failed",
  parked: "failed",
};

function ended(conversation: Conversation, event: StreamEnd): Conversation {
  const state = STATES[event.outcome] ?? (event.is_error ? "failed" : "done");
  const next = change(conversation, event.turn_id, (turn) => withReason(settled(turn, event, state), event));
  const turn = next.live.find((other) => other.id === event.turn_id);
  return {
    ...next,
    // One that was cancelled while it waited ends without having run, and another may be running.
    running: conversation.running === event.turn_id ? null : conversation.running,
    waiting: conversation.waiting.filter((waiting) => waiting.turnId !== event.turn_id),
    stale: next.stale || turn?.whole === false,
  };
}

function settled(turn: Turn, event: StreamEnd, state: TurnState): Turn {
  const unstreamed = turn.whole && event.text !== "" && !turn.parts.some((part) => part.kind === "text");
  const parts = unstreamed ? [...turn.parts, textPart(turn, "text", event.text)] : turn.parts;
  return {
    ...turn,
    state,
    status: null,
    parts: parts.map((part) =>
      part.kind === "tool" && part.state === "running" ? { ...part, state: "lost" as const } : part,
    ),
    stats: {
      toolRounds: event.num_turns,
      ...used(event.usage),
      elapsed: event.elapsed,
    },
  };
}

function withReason(turn: Turn, event: StreamEnd): Turn {
  const reason = event.is_error ? event.error : event.notice;
  return reason ? withNotice(turn, "warning", reason) : turn;
}
