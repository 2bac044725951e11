/** Turns from stored messages, shaped exactly as events would have told them. Pure. */

import type { Message } from "../protocol";
import type { StoredCall, StoredResult } from "./stored";
import { addFiles, emptyTurn, nextKey, type Part, type ToolPart, type Turn } from "./model";
import { withNotice } from "./reduce";

/** Groups rows, oldest first, into turns. A first turn whose beginning is not among the rows has no prompt. */
export function storedTurns(rows: readonly Message[]): readonly Turn[] {
  const hosts = hostsOfFollowups(rows);
  const groups = new Map<string, Message[]>();
  for (const row of rows) {
    const id = hosts.get(row) ?? row.turn_id;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return [...groups].map(([id, group]) => turnOf(id, group));
}

/** Turns by their first rows: where more rows come before or after them, they are not drawn again. */
const known = new WeakMap<Message, { readonly rows: readonly Message[]; readonly turn: Turn }>();

function turnOf(id: string, rows: readonly Message[]): Turn {
  const [first] = rows;
  const before = first === undefined ? undefined : known.get(first);
  if (before?.rows.length === rows.length && rows.every((row, index) => row === before.rows[index]))
    return before.turn;
  const builder = new Builder(id);
  for (const row of rows) builder.add(row);
  const turn = builder.finish();
  if (first !== undefined) known.set(first, { rows, turn });
  return turn;
}

/** Finds the messages that lie inside another turn: they joined it and never had a turn of their own. */
function hostsOfFollowups(rows: readonly Message[]): Map<Message, string> {
  const last = new Map<string, number>();
  const answered = new Set<string>();
  rows.forEach((row, index) => {
    last.set(row.turn_id, index);
    if (row.role !== "user") answered.add(row.turn_id);
  });
  const hosts = new Map<Message, string>();
  let current: string | null = null;
  rows.forEach((row, index) => {
    const open = current !== null && current !== row.turn_id && (last.get(current) ?? 0) > index;
    if (open && current !== null && row.role === "user" && !answered.has(row.turn_id))
      hosts.set(row, current);
    else current = row.turn_id;
  });
  return hosts;
}

class Builder {
  private turn: Turn;
  /** Whether results or a person's words came since the model last spoke. */
  private answered = true;
  private readonly calledAt = new Map<string, string>();

  constructor(id: string) {
    this.turn = { ...emptyTurn(id), state: "done" };
  }

  add(row: Message): void {
    switch (row.role) {
      case "user":
        return this.addUser(row);
      case "assistant":
      case "thinking":
        return this.addText(row, row.role === "assistant" ? "text" : "thinking");
      case "tool_use":
        return this.addCall(row);
      case "tool_result":
        return this.addResult(row);
      case "notice":
        this.turn = { ...withNotice(this.turn, "warning", row.content), state: "failed" };
    }
  }

  finish(): Turn {
    return this.turn;
  }

  private push(part: Part): void {
    this.turn = { ...this.turn, parts: [...this.turn.parts, part] };
  }

  private addUser(row: Message): void {
    const { content: text, attachments } = row;
    if (this.turn.prompt === null && this.turn.parts.length === 0) {
      this.turn = { ...this.turn, prompt: { text, attachments, at: row.timestamp } };
      return;
    }
    const key = nextKey(this.turn.parts, "followup");
    this.push({
      kind: "followup",
      key,
      iteration: this.turn.iteration + 1,
      turnId: row.turn_id,
      text,
      attachments,
    });
    this.answered = true;
  }

  private speak(): void {
    if (!this.answered) return;
    this.answered = false;
    this.turn = { ...this.turn, iteration: this.turn.iteration + 1 };
  }

  private addText(row: Message, kind: "text" | "thinking"): void {
    this.speak();
    this.turn = { ...this.turn, files: addFiles(this.turn.files, row.attachments) };
    if (row.content === "") return;
    const key = nextKey(this.turn.parts, kind);
    this.push({ kind, key, iteration: this.turn.iteration, text: row.content });
  }

  private addCall(row: Message): void {
    const call = parse<StoredCall>(row.content);
    if (call === null) return;
    this.speak();
    this.calledAt.set(call.id, row.timestamp);
    this.push({
      kind: "tool",
      key: call.id,
      iteration: this.turn.iteration,
      id: call.id,
      name: call.name,
      input: call.input,
      state: "lost",
      output: null,
      diff: "",
      truncated: false,
      since: Date.parse(row.timestamp) || null,
      elapsed: null,
    });
  }

  private addResult(row: Message): void {
    this.turn = { ...this.turn, files: addFiles(this.turn.files, row.attachments) };
    const result = parse<StoredResult>(row.content);
    if (result === null) return;
    this.answered = true;
    const finish = (part: Part): Part =>
      part.kind === "tool" && part.id === result.tool_use_id ? this.finished(part, result, row) : part;
    this.turn = { ...this.turn, parts: this.turn.parts.map(finish) };
  }

  private finished(part: ToolPart, result: StoredResult, row: Message): ToolPart {
    const calledAt = this.calledAt.get(part.id);
    const elapsed = calledAt === undefined ? NaN : (Date.parse(row.timestamp) - Date.parse(calledAt)) / 1000;
    return {
      ...part,
      state: result.is_error ? "error" : "done",
      output: result.content,
      diff: result.diff ?? "",
      huge: result.truncated === true,
      elapsed: elapsed >= 0 ? elapsed : null,
    };
  }
}

function parse<T extends object>(text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : null;
  } catch {
    return null;
  }
}
