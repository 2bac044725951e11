/** Puts stored and live turns together to what is shown. Pure. */

import type { Message } from "../protocol";
import { withFigures } from "./figures";
import { storedTurns } from "./history";
import type { Conversation, Part, ToolPart, Turn, Waiting } from "./model";

const cache = new WeakMap<readonly Message[], readonly Turn[]>();

function stored(rows: readonly Message[] | null): readonly Turn[] {
  if (rows === null) return [];
  const turns = cache.get(rows) ?? storedTurns(rows);
  cache.set(rows, turns);
  return turns;
}

export interface Transcript {
  /** In the order they started. */
  readonly turns: readonly Turn[];
  /** Stored messages behind the running turn. */
  readonly waiting: readonly Waiting[];
}

/** What events told is preferred: stored messages may be older. */
export function transcript(conversation: Conversation): Transcript {
  const { running, stale } = conversation;
  const live = new Map(conversation.live.map((turn) => [turn.id, turn]));
  const joined = new Set(conversation.live.flatMap(followupsOf));
  const waiting: Waiting[] = [];
  const turns: Turn[] = [];
  let behind = false;
  for (const turn of stored(conversation.rows)) {
    if (turn.parts.length === 0 && joined.has(turn.id)) continue;
    const told = live.get(turn.id);
    live.delete(turn.id);
    if (told !== undefined) turns.push(merge(turn, told, !stale));
    else if (turn.id === running) turns.push(asRunning(turn));
    else if (behind && turn.parts.length === 0) waiting.push(asWaiting(turn));
    else turns.push(turn);
    behind ||= turn.id === running;
  }
  const told = new Set(waiting.map((other) => other.turnId));
  return {
    turns: [...turns, ...live.values()].map((turn) => withFigures(turn, conversation.figures.get(turn.id))),
    waiting: [...waiting, ...conversation.waiting.filter((other) => !told.has(other.turnId))],
  };
}

function followupsOf(turn: Turn): string[] {
  return turn.parts.flatMap((part) => (part.kind === "followup" ? [part.turnId] : []));
}

/** Ids of all turns whose messages stand in a transcript, those that joined another one included. */
export function shownTurns({ turns }: Transcript): ReadonlySet<string> {
  return new Set(turns.flatMap((turn) => [turn.id, ...followupsOf(turn)]));
}

function asWaiting(turn: Turn): Waiting {
  const { text = "", attachments = [] } = turn.prompt ?? {};
  return { turnId: turn.id, clientMessageId: null, text, attachments };
}

/** A stored turn that runs has no events yet: its open calls are running, not lost. */
function asRunning(turn: Turn): Turn {
  const parts = turn.parts.map((part) =>
    part.kind === "tool" && part.state === "lost" ? { ...part, state: "running" as const } : part,
  );
  return { ...turn, state: "running", parts, since: Date.parse(turn.prompt?.at ?? "") || null };
}

const merged = new WeakMap<Turn, { stored: Turn; fresh: boolean; result: Turn }>();

/** @param fresh whether `stored` was read after the last event of `live`, if that has ended. */
function merge(stored: Turn, live: Turn, fresh: boolean): Turn {
  const known = merged.get(live);
  if (known?.stored === stored && known.fresh === fresh) return known.result;
  const result = mergedAnew(stored, live, fresh);
  merged.set(live, { stored, fresh, result });
  return result;
}

function mergedAnew(stored: Turn, live: Turn, fresh: boolean): Turn {
  if (live.whole) return { ...live, prompt: stored.prompt ?? live.prompt };
  if (live.state !== "running" && fresh) return { ...stored, state: live.state, stats: live.stats };
  return joined(stored, live);
}

/** A turn whose beginning no event told: stored completions first, then those that events told from the start. */
function joined(stored: Turn, live: Turn): Turn {
  const tools = new Map(live.parts.filter(isTool).map((part) => [part.id, part]));
  const before = stored.parts
    .filter((part) => live.firstIteration === null || part.iteration < live.firstIteration)
    .map((part) => withResult(part, tools));
  const shown = new Set(before.map((part) => part.key));
  const after = live.parts.filter((part) => !isTool(part) || !shown.has(part.key));
  return {
    ...live,
    prompt: stored.prompt ?? live.prompt,
    parts: [...before, ...rekeyed(after)],
    files: live.files.length > stored.files.length ? live.files : stored.files,
  };
}

function withResult(part: Part, results: ReadonlyMap<string, ToolPart>): Part {
  const told = part.kind === "tool" ? results.get(part.id) : undefined;
  if (part.kind !== "tool" || told === undefined) return part;
  return { ...told, iteration: part.iteration, input: part.input };
}

function isTool(part: Part): part is ToolPart {
  return part.kind === "tool";
}

/** Live keys count from the first live part; after stored parts they would come twice. */
function rekeyed(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) => (isTool(part) ? part : { ...part, key: `live-${part.key}` }));
}
