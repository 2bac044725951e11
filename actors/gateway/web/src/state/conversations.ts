/** The conversations this page has open or has had open: follows their events and reads their stored messages. */

import { signal, type Signal } from "@preact/signals";
import {
  emptyConversation,
  endedTurns,
  withFigures,
  withOlderRows,
  withOutput,
  withRows,
  type Conversation,
} from "../conversation/model";
import { printed, reduce, resumed } from "../conversation/reduce";
import type { StoredResult } from "../conversation/stored";
import { t } from "../language/texts";
import { ApiError, type Api } from "../net/api";
import type { Accepted, Backlog, ClientFrame, Message, SessionEvent, ToolOutput } from "../protocol";

const PAGE = 200;
/** The most that the gateway gives at once. */
const LARGE_PAGE = 500;
/** Conversations kept in memory besides the open one. */
const KEPT = 12;
/** Turns told by events, and stored messages, above which a conversation is read anew to keep only its end. */
const MOST_TURNS = 30;
const MOST_ROWS = 3 * PAGE;
/** Milliseconds that reading stored messages waits for the connection, which would have them read a second time. */
const HEAD_START = 700;

/** What keeps a conversation from being shown. */
export interface Problem {
  readonly text: string;
  readonly missing: boolean;
}

interface Place {
  readonly conversation: Signal<Conversation>;
  readonly problem: Signal<Problem | null>;
  readonly loadingOlder: Signal<boolean>;
  /** Whether the present connection sends its events. */
  followed: boolean;
  /** `again`: what is being read was asked for too early. */
  reading: "no" | "yes" | "again";
}

export class Conversations {
  /** In the order of their last use. */
  private readonly places = new Map<string, Place>();
  private current: string | null = null;
  private connected = false;
  /** Whether somebody reads further up in the open conversation, where nothing may be taken away. */
  private readingBack = false;

  /**
   * @param send hands a frame to the connection.
   * @param loaded is told when stored messages were read.
   */
  constructor(
    private readonly api: Api,
    private readonly send: (frame: ClientFrame) => boolean,
    private readonly loaded: (conversation: Conversation) => void,
  ) {}

  place(id: string): Place {
    const known: Place = this.places.get(id) ?? {
      conversation: signal(emptyConversation(id)),
      problem: signal<Problem | null>(null),
      loadingOlder: signal(false),
      followed: false,
      reading: "no",
    };
    this.places.delete(id);
    this.places.set(id, known);
    return known;
  }

  /** Makes a conversation the open one: follows it and reads what is stored. */
  open(id: string | null): void {
    const before = this.current;
    this.current = id;
    this.readingBack = false;
    if (before !== null && before !== id) this.leave(before);
    if (id === null) return;
    const place = this.place(id);
    if (this.connected) this.follow(id, place);
    else setTimeout(() => this.readUnread(id), HEAD_START);
    this.forget();
  }

  /** A new connection is up, and follows nothing yet. */
  up(): void {
    this.connected = true;
    for (const [id, place] of this.places) {
      place.followed = false;
      if (id === this.current || place.conversation.value.running !== null) this.follow(id, place);
    }
  }

  down(): void {
    this.connected = false;
  }

  /** Takes note of whether the end of the open conversation is in view. */
  lookedAt(end: boolean): void {
    this.readingBack = !end;
    if (end && this.current !== null) this.trim(this.current);
  }

  event(event: SessionEvent, now: number): void {
    const place = this.place(event.session_id);
    place.conversation.value = reduce(place.conversation.value, event, now);
    if (event.type === "path") return void this.read(event.session_id);
    if (event.type !== "stream_end") return;
    if (place.conversation.value.stale) void this.read(event.session_id);
    else this.trim(event.session_id);
    if (event.session_id !== this.current) this.leave(event.session_id);
  }

  printed(said: ToolOutput): void {
    const place = this.places.get(said.session_id);
    if (place !== undefined) place.conversation.value = printed(place.conversation.value, said);
  }

  backlog(backlog: Backlog): void {
    const place = this.place(backlog.session_id);
    place.conversation.value = resumed(place.conversation.value, backlog);
    if (place.conversation.value.stale) void this.read(backlog.session_id);
  }

  /** A message of ours was stored; from now on this connection follows its conversation. */
  accepted(frame: Accepted): void {
    const place = this.place(frame.session_id);
    place.followed = true;
    const known = place.conversation.value;
    if (frame.created && !frame.duplicate) {
      place.conversation.value = { ...known, rows: [], lastSeq: known.lastSeq ?? frame.after_seq };
    } else if (known.rows === null || frame.duplicate) {
      place.followed = false;
      this.follow(frame.session_id, place);
    }
  }

  /** Takes note that a conversation cannot be followed. Returns whether its place shows that. */
  failed(id: string, code: string, message: string): boolean {
    const place = this.places.get(id);
    if (place === undefined || place.conversation.value.rows !== null) return false;
    place.problem.value = { text: message, missing: code === "unknown_session" };
    return true;
  }

  /** Reads stored messages, the newest page of them. */
  async read(id: string): Promise<void> {
    const place = this.place(id);
    if (place.reading !== "no") {
      place.reading = "again";
      return;
    }
    do {
      place.reading = "yes";
      try {
        const over = endedTurns(place.conversation.value);
        const rows = await this.api.messages(id, PAGE);
        // What events told of a turn goes only when all of it is there.
        if (over.size > 0) await this.readFiguresOf(id, rows);
        place.problem.value = null;
        place.conversation.value = withRows(place.conversation.value, rows, rows.length === PAGE, over);
        this.loaded(place.conversation.value);
        if (over.size === 0) void this.readFiguresOf(id, rows);
      } catch (error) {
        place.problem.value = problem(error);
      }
    } while (stillWanted(place));
    place.reading = "no";
  }

  async readOlder(id: string): Promise<void> {
    const { conversation, loadingOlder, problem: shown } = this.place(id);
    const first = conversation.value.rows?.[0];
    if (first === undefined || loadingOlder.value) return;
    loadingOlder.value = true;
    try {
      const rows = await this.api.messages(id, PAGE, first.id);
      conversation.value = withOlderRows(conversation.value, rows, rows.length === PAGE);
      void this.readFiguresOf(id, rows);
    } catch (error) {
      shown.value = problem(error);
    } finally {
      loadingOlder.value = false;
    }
  }

  /** Reads back until a turn is there; false when there is none of that name. */
  async readUntil(id: string, turn: string): Promise<boolean> {
    const { conversation, problem: shown } = this.place(id);
    this.readingBack = true;
    for (;;) {
      const { rows, more, live } = conversation.value;
      const first = rows?.[0];
      if (rows?.some((row) => row.turn_id === turn) === true || live.some((each) => each.id === turn))
        return true;
      if (first === undefined || !more) return false;
      try {
        const older = await this.api.messages(id, LARGE_PAGE, first.id);
        conversation.value = withOlderRows(conversation.value, older, older.length === LARGE_PAGE);
        void this.readFiguresOf(id, older);
      } catch (error) {
        shown.value = problem(error);
        return false;
      }
    }
  }

  /**
   * Replaces the beginning of a tool's result by all of it. Throws ApiError.
   *
   * @param known characters that are known already.
   */
  async readOutput(id: string, turn: string, call: string, known: number): Promise<void> {
    const { conversation } = this.place(id);
    let before: number | undefined;
    for (;;) {
      const rows = await this.api.messages(id, PAGE, before);
      const result = findResult(rows, turn, call);
      if (result !== null) {
        if (result.content.length <= known) throw new ApiError(t("No more of it is kept to be shown."), 404);
        const { content, truncated = false } = result;
        conversation.value = withOutput(conversation.value, turn, call, content, truncated);
        return;
      }
      if (rows.length < PAGE) throw new ApiError(t("The stored result was not found."), 404);
      before = rows[0]?.id;
    }
  }

  private async readFiguresOf(id: string, rows: readonly Message[]): Promise<void> {
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined && last !== undefined) await this.readFigures(id, first.turn_id, last.turn_id);
  }

  /** Reads what the turns of a range came to. Without it a conversation can still be read. */
  private async readFigures(id: string, first: string, last: string): Promise<void> {
    try {
      const figures = await this.api.turns(id, first, last);
      const { conversation } = this.place(id);
      conversation.value = withFigures(conversation.value, figures);
    } catch {
      // They are asked for again with the messages.
    }
  }

  private readUnread(id: string): void {
    if (this.current === id && this.place(id).conversation.value.rows === null) void this.read(id);
  }

  /** Lets go of what lies far back and is stored: it is read again when somebody wants to see it. */
  private trim(id: string): void {
    if (id === this.current && this.readingBack) return;
    const { live, rows } = this.place(id).conversation.value;
    if (live.length > MOST_TURNS || (rows?.length ?? 0) > MOST_ROWS) void this.read(id);
  }

  private follow(id: string, place: Place): void {
    if (place.followed) return;
    const after_seq = place.conversation.value.lastSeq;
    place.followed = this.send({ type: "resume", session_id: id, after_seq });
  }

  /** Stops following what is neither open nor running. */
  private leave(id: string): void {
    const place = this.places.get(id);
    if (place === undefined || !place.followed || place.conversation.value.running !== null) return;
    place.followed = false;
    this.send({ type: "unfollow", session_id: id });
  }

  private forget(): void {
    for (const [id, place] of this.places) {
      if (this.places.size <= KEPT) return;
      if (id !== this.current && !place.followed) this.places.delete(id);
    }
  }
}

/** Whether reading was asked for once more meanwhile. */
function stillWanted(place: Place): boolean {
  return place.reading === "again";
}

function problem(error: unknown): Problem {
  const missing = error instanceof ApiError && error.status === 404;
  return { text: error instanceof Error ? error.message : String(error), missing };
}

function findResult(rows: readonly Message[], turn: string, call: string): StoredResult | null {
  for (const row of rows) {
    if (row.role !== "tool_result" || row.turn_id !== turn) continue;
    const result = JSON.parse(row.content) as StoredResult;
    if (result.tool_use_id === call) return result;
  }
  return null;
}
