/** What the page shows of a conversation. Values are never changed, only replaced, so `===` tells what is new. */

import type { Attachment, Figures, Message } from "../protocol";

interface AnyPart {
  /** Unique within its turn, and the same whether the part came live or was stored. */
  readonly key: string;
  /** Number of the completion it belongs to. */
  readonly iteration: number;
}

export interface TextPart extends AnyPart {
  readonly kind: "text" | "thinking";
  readonly text: string;
}

export interface ToolPart extends AnyPart {
  readonly kind: "tool";
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** `lost`: its turn is over and no result was ever stored. */
  readonly state: "running" | "done" | "error" | "lost";
  readonly output: string | null;
  /** What it changed in a text, as lines of a unified diff; empty where it did not. */
  readonly diff: string;
  /** Whether `output` is only the beginning; the stored messages hold all of it. */
  readonly truncated: boolean;
  /** Whether it is so long that the page is never given all of it. */
  readonly huge?: boolean;
  /** When it began, in epoch milliseconds; null when not known. */
  readonly since: number | null;
  /** Seconds; null when not known. */
  readonly elapsed: number | null;
}

/** A message that joined the turn while it was running. */
export interface FollowupPart extends AnyPart {
  readonly kind: "followup";
  /** The turn it would have had. */
  readonly turnId: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export interface NoticePart extends AnyPart {
  readonly kind: "notice";
  readonly tone: "quiet" | "warning";
  readonly text: string;
}

export type Part = TextPart | ToolPart | FollowupPart | NoticePart;

export interface Prompt {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** RFC 3339: when it was stored, or when this page heard of it. */
  readonly at: string;
}

export interface Stats {
  readonly toolRounds: number;
  readonly costUsd: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** Seconds. */
  readonly elapsed: number | null;
  readonly model: string | null;
}

export type TurnState = "running" | "done" | "failed" | "cancelled";

export interface Turn {
  readonly id: string;
  readonly prompt: Prompt | null;
  readonly parts: readonly Part[];
  /** Files that the agent handed over. */
  readonly files: readonly Attachment[];
  readonly state: TurnState;
  /** Completion that is being streamed, or the last one; 0 before the first. */
  readonly iteration: number;
  /** First completion whose events were seen; what came before is known from stored messages only. */
  readonly firstIteration: number | null;
  /** Whether events tell the whole of the turn, from its very beginning. */
  readonly whole: boolean;
  /** A passing remark on what the turn is waiting for. */
  readonly status: string | null;
  readonly since: number | null;
  readonly stats: Stats | null;
}

/** A message that is stored but belongs to no turn that was seen. */
export interface Waiting {
  readonly turnId: string;
  readonly clientMessageId: string | null;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export interface Conversation {
  readonly id: string;
  /** Number of the last event that was taken in; null before the first. */
  readonly lastSeq: number | null;
  /** Turns told by events, in the order they started. */
  readonly live: readonly Turn[];
  /** Messages that others queued behind the running turn. */
  readonly waiting: readonly Waiting[];
  /** Turn that runs now. */
  readonly running: string | null;
  /** Stored messages, oldest first; null while they were not read. */
  readonly rows: readonly Message[] | null;
  /** What stored turns came to, by turn. */
  readonly figures: ReadonlyMap<string, Figures>;
  /** Whether older messages than `rows` exist. */
  readonly more: boolean;
  /** Whether events were missed, so that stored messages must be read again. */
  readonly stale: boolean;
}

export function emptyConversation(id: string): Conversation {
  return {
    id,
    lastSeq: null,
    live: [],
    waiting: [],
    running: null,
    rows: null,
    figures: new Map(),
    more: false,
    stale: false,
  };
}

export function emptyTurn(id: string): Turn {
  return {
    id,
    prompt: null,
    parts: [],
    files: [],
    state: "running",
    iteration: 0,
    firstIteration: null,
    whole: false,
    status: null,
    since: null,
    stats: null,
  };
}

/** Key of the next part of a kind: counting gives the same keys to live and to stored parts. */
export function nextKey(parts: readonly Part[], kind: Part["kind"]): string {
  return `${kind}-${parts.filter((part) => part.kind === kind).length}`;
}

/** Adds files, each path once. */
export function addFiles(files: readonly Attachment[], added: readonly Attachment[]): readonly Attachment[] {
  const fresh = added.filter((file) => !files.some((known) => known.path === file.path));
  return fresh.length === 0 ? files : [...files, ...fresh];
}

/** Turns of which no more events come. */
export function endedTurns({ live }: Conversation): ReadonlySet<string> {
  return new Set(live.filter((turn) => turn.state !== "running").map((turn) => turn.id));
}

/**
 * Takes in stored messages that were read just now, the newest page of them.
 *
 * @param over turns that had ended before the messages were asked for: what events told of them is stored.
 */
export function withRows(
  conversation: Conversation,
  rows: readonly Message[],
  more: boolean,
  over: ReadonlySet<string> = new Set(),
): Conversation {
  // The beginning of the first turn may lie before this page.
  const cut = more ? rows[0]?.turn_id : undefined;
  const live = conversation.live.filter((turn) => !over.has(turn.id) || turn.id === cut);
  return { ...conversation, rows, more, live, stale: false };
}

/** Takes in what turns came to. */
export function withFigures(conversation: Conversation, figures: readonly Figures[]): Conversation {
  if (figures.length === 0) return conversation;
  const known = new Map(conversation.figures);
  for (const turn of figures) known.set(turn.turn_id, turn);
  return { ...conversation, figures: known };
}

/** Adds the page of messages before those already known. */
export function withOlderRows(
  conversation: Conversation,
  older: readonly Message[],
  more: boolean,
): Conversation {
  const first = conversation.rows?.[0]?.id ?? Infinity;
  const rows = [...older.filter((row) => row.id < first), ...(conversation.rows ?? [])];
  return { ...conversation, rows, more };
}

/** Puts the whole result of a tool in the place of its beginning. */
export function withOutput(
  conversation: Conversation,
  turnId: string,
  call: string,
  output: string,
  huge = false,
): Conversation {
  const whole = (part: Part): Part =>
    part.kind === "tool" && part.id === call ? { ...part, output, truncated: false, huge } : part;
  const live = conversation.live.map((turn) =>
    turn.id === turnId ? { ...turn, parts: turn.parts.map(whole) } : turn,
  );
  return { ...conversation, live };
}
