/** One conversation of the fake gateway: numbers events, stores messages, takes followups in between steps. */

import type { Attachment, Fate, FollowupMode, Message, Session, SessionEvent } from "../../src/protocol";

/** What the agent does, one act after the other. `pause` is in milliseconds. */
export type Act =
  | { readonly say: string; readonly pace?: number }
  | { readonly think: string }
  | { readonly call: string; readonly id: string; readonly input: unknown }
  | { readonly result: string; readonly id: string; readonly error?: boolean }
  | { readonly file: Attachment }
  | { readonly notice: string; readonly text: string }
  | { readonly pause: number }
  | { readonly next: true }
  | { readonly fail: string };

export type Script = (text: string) => readonly Act[];

interface Told {
  event(event: SessionEvent): void;
  changed(session: Session): void;
}

interface Accepted {
  readonly id: string;
  readonly text: string;
  readonly attachments: Attachment[];
  readonly clientMessageId: string;
  readonly queued: boolean;
}

type Brief = { readonly type: SessionEvent["type"] } & Readonly<Record<string, unknown>>;

/** Longest result in an event, in characters; the stored one is whole. */
const RESULT = 4096;

export class FakeConversation {
  seq = 0;
  running: string | null = null;
  /** Events that are still kept, as the daemon keeps those of the last turns. */
  private events: SessionEvent[] = [];
  private forgotten = 0;
  private readonly rows: Message[] = [];
  private readonly waiting: Accepted[] = [];
  private cancelled = false;
  private stopped = false;
  private isRead = true;
  private title: string | null = null;
  private readonly createdAt = new Date().toISOString();
  private lastAt = this.createdAt;
  private iteration = 0;

  constructor(
    readonly id: string,
    private readonly script: Script,
    private readonly told: Told,
  ) {}

  fate(mode: FollowupMode | undefined): Fate {
    if (this.running === null) return "started";
    return mode === "queue" ? "queued" : "followup";
  }

  accept(
    id: string,
    frame: { text: string; attachments: Attachment[]; client_message_id: string; mode?: FollowupMode },
  ): void {
    const { text, attachments, client_message_id: clientMessageId } = frame;
    const queued = frame.mode === "queue";
    this.waiting.push({ id, text, attachments, clientMessageId, queued });
    this.title ??= text.slice(0, 60);
    this.lastAt = new Date().toISOString();
    if (this.running === null) void this.run();
    this.changed();
  }

  cancel(): void {
    this.cancelled = this.running !== null;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Forgets the events so far, as a restart does. */
  forget(): void {
    this.events = [];
    this.forgotten = this.seq;
  }

  after(seq: number | null): { events: SessionEvent[]; complete: boolean } {
    if (seq !== null) {
      return { events: this.events.filter((event) => event.seq > seq), complete: seq >= this.forgotten };
    }
    const start = this.events.findLastIndex((event) => event.type === "stream_start");
    const all = this.running === null ? [] : this.events.slice(start);
    return { events: all, complete: true };
  }

  session(): Session {
    return {
      id: this.id,
      created_at: this.createdAt,
      last_message_at: this.lastAt,
      is_closed: false,
      title: this.title,
      summary: null,
      message_count: this.rows.filter((row) => row.role === "user").length,
      channel: "main",
      channel_session_key: null,
      user_id: "admin",
      is_read: this.isRead,
      triggered_by: null,
      running: this.running !== null,
    };
  }

  messages(query: URLSearchParams): Message[] {
    const before = Number(query.get("before") ?? Infinity);
    const limit = Number(query.get("limit") ?? 500);
    const waiting = this.waiting.map((message, place) =>
      this.row("user", message.text, message.id, 2 ** 52 + place),
    );
    return [...this.rows, ...waiting].filter((row) => row.id < before).slice(-limit);
  }

  markRead(): void {
    this.isRead = true;
    this.changed();
  }

  rename(title: string): Session {
    this.title = title;
    this.changed();
    return this.session();
  }

  /** Puts a finished turn into the past, `ago` milliseconds before now. */
  remember(text: string, answer: string, ago: number, unread = false): void {
    const turn = `past-${this.rows.length}`;
    this.lastAt = new Date(Date.now() - ago).toISOString();
    this.title ??= text;
    this.isRead = !unread;
    this.store("user", text, turn);
    this.store("assistant", answer, turn);
  }

  private changed(): void {
    this.told.changed(this.session());
  }

  private emit(turn: string, brief: Brief): void {
    this.seq += 1;
    const event = { session_id: this.id, seq: this.seq, turn_id: turn, ...brief } as unknown as SessionEvent;
    this.events.push(event);
    this.told.event(event);
  }

  private row(
    role: Message["role"],
    content: string,
    turn_id: string,
    id: number,
    attachments: Attachment[] = [],
  ): Message {
    return { id, session_id: this.id, turn_id, role, content, attachments, timestamp: this.lastAt };
  }

  private store(role: Message["role"], content: string, turn: string, attachments: Attachment[] = []): void {
    this.rows.push({
      ...this.row(role, content, turn, this.rows.length + 1, attachments),
      timestamp: new Date().toISOString(),
    });
  }

  private async run(): Promise<void> {
    for (let message = this.waiting.shift(); message !== undefined; message = this.waiting.shift()) {
      await this.turn(message);
      if (this.stopped) return;
    }
  }

  private async turn(message: Accepted): Promise<void> {
    const { id: turn, text, attachments, clientMessageId } = message;
    this.running = turn;
    this.cancelled = false;
    this.iteration = 0;
    const begun = Date.now();
    this.store("user", text, turn, attachments);
    const head = { source: "web", client_message_id: clientMessageId, attempt: 1 };
    this.emit(turn, { type: "stream_start", text, attachments, at: new Date().toISOString(), ...head });
    this.completion(turn);
    this.changed();
    const said: string[] = [];
    let failure: string | null = null;
    for (const act of this.script(text)) {
      if (this.cancelled || this.stopped) break;
      if ("fail" in act) failure = act.fail;
      else await this.act(turn, act, said);
    }
    if (failure !== null) this.store("notice", failure, turn);
    this.running = null;
    this.isRead = false;
    this.emit(turn, this.ending(said, failure, (Date.now() - begun) / 1000));
    this.changed();
  }

  private ending(said: string[], failure: string | null, elapsed: number): Brief {
    const outcome = failure !== null ? "error" : this.cancelled ? "cancelled" : "success";
    return {
      type: "stream_end",
      outcome,
      num_turns: this.iteration - 1,
      usage: {
        model: failure === null ? "offline/helper" : "",
        input_tokens: failure === null ? 2301 : 0,
        output_tokens: failure === null ? 615 : 0,
        cache_read_tokens: failure === null ? 6120 : 0,
        cache_write_tokens: 0,
        cost_usd: failure === null ? 0.0123 : null,
      },
      elapsed: failure === null ? elapsed : 0,
      text: said.join("\n\n"),
      ...(failure === null ? { is_error: false as const } : { is_error: true as const, error: failure }),
    };
  }

  private completion(turn: string): void {
    this.iteration += 1;
    this.emit(turn, { type: "completion_start", iteration: this.iteration, model: "offline/helper" });
  }

  private async act(turn: string, act: Exclude<Act, { fail: string }>, said: string[]): Promise<void> {
    if ("say" in act) said.push(await this.speak(turn, "text_delta", act.say, act.pace ?? 12));
    else if ("think" in act) await this.speak(turn, "thinking_delta", act.think, 12);
    else if ("pause" in act) await this.wait(act.pause);
    else if ("next" in act) this.boundary(turn);
    else if ("call" in act) this.call(turn, act.call, act.id, act.input);
    else if ("result" in act) this.result(turn, act.id, act.result, act.error ?? false);
    else if ("file" in act) this.emit(turn, { type: "attachment", ...act.file });
    else this.emit(turn, { type: "notice", kind: act.notice, text: act.text });
  }

  /** Streams text word by word; a turn that is stopped keeps what it has said. */
  private async speak(
    turn: string,
    type: "text_delta" | "thinking_delta",
    text: string,
    pace: number,
  ): Promise<string> {
    let spoken = "";
    for (const word of text.match(/\s*\S+\s*/g) ?? []) {
      if (this.cancelled || this.stopped) break;
      spoken += word;
      this.emit(turn, { type, text: word });
      if (pace > 0) await this.wait(pace);
    }
    this.store(type === "text_delta" ? "assistant" : "thinking", spoken, turn);
    return spoken;
  }

  private async wait(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end && !this.cancelled && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, milliseconds)));
    }
  }

  private call(turn: string, name: string, id: string, input: unknown): void {
    this.emit(turn, { type: "tool_use", id, name, input });
    this.store("tool_use", JSON.stringify({ type: "tool_use", id, name, input }), turn);
  }

  private result(turn: string, id: string, content: string, is_error: boolean): void {
    this.store(
      "tool_result",
      JSON.stringify({ type: "tool_result", tool_use_id: id, content, is_error }),
      turn,
    );
    const shown = content.slice(0, RESULT);
    const truncated = shown.length < content.length;
    this.emit(turn, {
      type: "tool_result",
      tool_use_id: id,
      name: "",
      content: shown,
      truncated,
      is_error,
      elapsed: 0.31,
    });
  }

  /** Between two completions: takes in what may join, and tells the others that they wait. */
  private boundary(turn: string): void {
    for (const message of this.waiting.filter(({ queued }) => queued)) {
      this.tell(message, { fate: "queued", into: null, iteration: null });
    }
    for (const message of this.waiting.filter(({ queued }) => !queued)) {
      this.waiting.splice(this.waiting.indexOf(message), 1);
      this.store("user", message.text, message.id, message.attachments);
      this.tell(message, { fate: "merged", into: turn, iteration: this.iteration + 1 });
    }
    this.completion(turn);
  }

  private tell(message: Accepted, fate: Readonly<Record<string, unknown>>): void {
    const { id, text, attachments, clientMessageId } = message;
    this.emit(id, { type: "followup", text, attachments, client_message_id: clientMessageId, ...fate });
  }
}
