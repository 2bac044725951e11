/** The page behind what is seen: wires connection, outbox, conversations and the list together. */

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { emptyConversation, type Conversation } from "../conversation/model";
import { shownTurns, transcript } from "../conversation/transcript";
import type { Trace } from "../mesh/protocol";
import { ApiError, api as http, type Api } from "../net/api";
import { isSessionEvent } from "../net/frame";
import { Socket, type LinkState } from "../net/socket";
import {
  PROTOCOL,
  type Accepted,
  type Attachment,
  type ClientFrame,
  type Config,
  type ErrorFrame,
  type FollowupMode,
  type Hello,
  type ServerFrame,
  type SessionEvent,
} from "../protocol";
import { composerOf, storeDrafts } from "./composer";
import { Conversations } from "./conversations";
import { Gatherer } from "./frames";
import { Mesh, tracePoll, type Poll } from "./mesh";
import { newId } from "./ids";
import { isNewPlace, newPlace, Outbox, type Outgoing } from "./outbox";
import { chosenModel } from "./preferences";
import { followAddress, go, route, settle } from "./router";
import { SessionList } from "./sessions";
import { toast } from "./toasts";

/** Errors that a message may not meet a moment later. */
const PASSING: ReadonlySet<string> = new Set(["busy", "timeout", "unavailable"]);

const UNTIL_CONFIGURED: Config = {
  agent_name: "Starpod",
  greeting: null,
  prompts: [],
  models: [],
  default_model: null,
  version: "",
};

export class App {
  readonly link = signal<LinkState>({ name: "connecting" });
  readonly config = signal<Config>(UNTIL_CONFIGURED);
  /** Whether the daemon has become another version than the one this page came from. */
  readonly outdated = signal(false);
  /** What a screen reader is to say. */
  readonly announcement = signal("");

  readonly sessions: SessionList;
  readonly conversations: Conversations;
  readonly outbox: Outbox;
  readonly mesh: Mesh;
  private readonly socket: Socket;
  private readonly frames = new Gatherer<ServerFrame>((frames) =>
    batch(() => frames.forEach((frame) => this.take(frame))),
  );
  /** Local name of the conversation that the next message without a session begins. */
  private readonly fresh = signal(newPlace(newId()));
  private readonly empty = emptyConversation("");

  /** Place of the open conversation: its id, or a local name. */
  readonly place = computed(() => route.value.session ?? this.fresh.value);
  readonly conversation = computed<Conversation>(() => {
    const { session } = route.value;
    return session === null ? this.empty : this.conversations.place(session).conversation.value;
  });
  readonly problem = computed(() => {
    const { session } = route.value;
    return session === null ? null : this.conversations.place(session).problem.value;
  });
  readonly transcript = computed(() => transcript(this.conversation.value));
  /** Messages of ours that the open conversation does not show yet. */
  readonly outgoing = computed(() =>
    this.outbox.entries.value.filter((entry) => entry.place === this.place.value),
  );
  readonly running = computed(() => this.conversation.value.running !== null);
  readonly session = computed(() => {
    const { session } = route.value;
    return session === null ? undefined : this.sessions.get(session);
  });

  constructor(
    address: string,
    private readonly api: Api = http,
    open?: (url: string) => WebSocket,
  ) {
    const send = (frame: ClientFrame) => this.socket.send(frame);
    this.sessions = new SessionList(api);
    this.mesh = new Mesh(api);
    this.outbox = new Outbox((entry) => send(messageFrame(entry)), Date.now());
    this.conversations = new Conversations(api, send, (conversation) => this.settleOutbox(conversation));
    const listener = {
      up: (hello: Hello) => this.up(hello),
      frame: (frame: ServerFrame) => this.frames.add(frame),
      state: (state: LinkState) => this.linkChanged(state),
    };
    this.socket = new Socket(address, listener, open);
    const unsent = this.outbox.entries.value.findLast((entry) => isNewPlace(entry.place));
    if (unsent !== undefined) this.fresh.value = unsent.place;
  }

  start(): void {
    followAddress();
    effect(() => {
      const { session } = route.value;
      untracked(() => this.opened(session));
    });
    effect(() => this.markRead());
    addEventListener("online", () => this.wake());
    addEventListener("focus", () => this.wake());
    addEventListener("pagehide", storeDrafts);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) storeDrafts();
      else {
        this.wake();
        this.markRead();
      }
    });
    this.socket.start();
    void this.configure();
    void this.sessions.refresh();
  }

  stop(): void {
    this.socket.stop();
  }

  /** Connects now instead of at the appointed time. */
  wake(): void {
    this.socket.wake();
  }

  /** Sends a message to the open conversation. It is kept until the daemon has confirmed it. */
  say(text: string, attachments: readonly Attachment[], mode: FollowupMode | null = null): void {
    const { models } = this.config.value;
    const model = chosenModel.value !== null && models.includes(chosenModel.value) ? chosenModel.value : null;
    this.outbox.add({ id: newId(), place: this.place.value, text, attachments, model, mode, at: Date.now() });
  }

  async stopTurn(): Promise<void> {
    const { session } = route.value;
    if (session === null || !this.running.value) return;
    this.announcement.value = "Stopping";
    if (this.socket.send({ type: "cancel", session_id: session })) return;
    try {
      await this.api.cancel(session);
    } catch (error) {
      toast(error instanceof ApiError ? `Not stopped. ${error.message}` : String(error));
    }
  }

  trace(turn: string): Poll<Trace> {
    return tracePoll(this.api, turn);
  }

  startFresh(): void {
    this.fresh.value = newPlace(newId());
    go({ session: null });
  }

  /** Returns whether the new title was stored. */
  async rename(session: string, title: string): Promise<boolean> {
    try {
      this.sessions.put(await this.api.rename(session, title));
      return true;
    } catch (error) {
      toast(error instanceof ApiError ? `Not renamed. ${error.message}` : String(error));
      return false;
    }
  }

  /** Puts a message that was refused back where it can be changed. */
  takeBack(entry: Outgoing): void {
    composerOf(isNewPlace(entry.place) ? null : entry.place).edit(entry.text, entry.attachments);
    this.outbox.remove(entry.id);
  }

  private opened(session: string | null): void {
    this.conversations.open(session);
    // An older conversation than those on the list so far: its title is wanted all the same.
    if (session === null || this.sessions.get(session) !== undefined) return;
    this.api.session(session).then(
      (found) => this.sessions.put(found),
      () => {
        // The place of the conversation says what is wrong.
      },
    );
  }

  private async configure(): Promise<void> {
    try {
      this.config.value = await this.api.config();
    } catch {
      // The connection shows that there is none; it is asked again when that is back.
    }
  }

  private up(hello: Hello): void {
    const known = this.config.value.version;
    this.outdated.value = hello.protocol !== PROTOCOL || (known !== "" && known !== hello.version);
    if (known === "") void this.configure();
    this.conversations.up();
    this.outbox.resend();
    void this.sessions.refresh();
  }

  private linkChanged(state: LinkState): void {
    // What has arrived belongs to the connection that is gone; it must not be taken in after a new one's answers.
    this.frames.flush();
    if (this.link.value.name === "ready" && state.name !== "ready") this.conversations.down();
    this.link.value = state;
  }

  private take(frame: ServerFrame): void {
    if (isSessionEvent(frame)) return this.takeEvent(frame);
    switch (frame.type) {
      case "accepted":
        return this.accepted(frame);
      case "backlog":
        return this.conversations.backlog(frame);
      case "session_updated":
        return this.sessions.put(frame.session);
      case "error":
        return this.failed(frame);
    }
  }

  private takeEvent(event: SessionEvent): void {
    this.conversations.event(event, Date.now());
    if (event.type === "stream_start" || event.type === "followup") {
      if (event.type === "followup" && event.fate === "queued") return this.outbox.queued(event.turn_id);
      this.outbox.seen((entry) => entry.turnId === event.turn_id || entry.id === event.client_message_id);
    }
    if (event.session_id !== route.value.session) return;
    if (event.type === "stream_start")
      this.announcement.value = `${this.config.value.agent_name} is answering`;
    if (event.type === "stream_end")
      this.announcement.value = spoken(event.text, event.outcome, event.is_error ? [event.error] : undefined);
  }

  private accepted(frame: Accepted): void {
    this.conversations.accepted(frame);
    const entry = this.outbox.accepted(frame);
    if (entry === null || !isNewPlace(entry.place) || entry.place !== this.fresh.value) return;
    if (route.value.session === null && route.value.mesh === undefined) {
      settle({ session: frame.session_id });
      // Now, not when all frames are taken in: the next ones may end the turn.
      this.conversations.open(frame.session_id);
    }
    this.fresh.value = newPlace(newId());
  }

  private failed(frame: ErrorFrame): void {
    const { code, message, client_message_id: id, session_id: session } = frame;
    if (id != null && this.outbox.refused(id, message, PASSING.has(code))) {
      // The rest of the message may well be accepted, which must not hide this.
      if (code === "attachment_refused") toast(message);
    } else if (session == null || !this.conversations.failed(session, code, message)) toast(message);
  }

  /** Stored messages were read: what they show is no longer on its way. */
  private settleOutbox(conversation: Conversation): void {
    const shown = shownTurns(transcript(conversation));
    const idle = conversation.running === null && conversation.lastSeq !== null;
    this.outbox.seen(
      ({ place, state, turnId }) =>
        place === conversation.id && state === "accepted" && turnId !== null && (idle || shown.has(turnId)),
    );
  }

  private markRead(): void {
    const session = this.session.value;
    if (session === undefined || session.is_read || session.running || document.hidden) return;
    untracked(() => this.sessions.put({ ...session, is_read: true }));
    this.api.markRead(session.id).catch(() => {
      // It stays unread there, and the next reading of the list says so.
    });
  }
}

function messageFrame(entry: Outgoing): ClientFrame {
  return {
    type: "message",
    // Before the text, so that the daemon can name the message even if it is cut for being too long.
    client_message_id: entry.id,
    text: entry.text,
    attachments: [...entry.attachments],
    channel_id: "web",
    ...(isNewPlace(entry.place) ? {} : { session_id: entry.place }),
    ...(entry.model === null ? {} : { model: entry.model }),
    ...(entry.mode === null ? {} : { mode: entry.mode }),
  };
}

/** Longest part of an answer that is read out by itself. */
const SPOKEN = 300;

function spoken(text: string, outcome: string, errors: readonly string[] = []): string {
  if (errors.length > 0) return `Failed: ${errors.join(" ")}`;
  if (outcome === "cancelled") return "Stopped";
  return text.length > SPOKEN ? `${text.slice(0, SPOKEN)}… and more` : text;
}
