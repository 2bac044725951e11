/** The page behind what is seen: wires the connection to what follows it. */

import { batch, effect, signal, untracked } from "@preact/signals";
import type { Conversation } from "../conversation/model";
import { shownTurns, transcript } from "../conversation/transcript";
import { api as http, signIn, type Api } from "../net/api";
import { locked } from "../net/access";
import { isSessionEvent } from "../net/frame";
import { keepHalf } from "../net/half";
import { Socket, type LinkState } from "../net/socket";
import {
  type Accepted,
  type Attachment,
  type ClientFrame,
  type ErrorFrame,
  type FollowupMode,
  type Hello,
  type Notification,
  type ServerFrame,
  type SessionEvent,
} from "../protocol";
import { belongsTo, meet, onAnotherUser, signedOut } from "./account";
import { hush } from "./aloud";
import { announce } from "./announcement";
import { Approvals } from "./approvals";
import { draftsTold, forgetDrafts, storeDrafts, syncDrafts } from "./composer";
import { Conversations } from "./conversations";
import { Daemon } from "./daemon";
import { Dictation } from "./dictation";
import { OpenConversation } from "./open";
import { PaintBatch } from "./paint";
import { isNewPlace, PendingMessages, type PendingMessage } from "./pending";
import { renew as renewPush } from "./push";
import { learnRights } from "./rights";
import { renewWhenIdle } from "./renew";
import { followAddress, FRESH, openSession, settle } from "./router";
import { SessionList } from "./sessions";
import { notify, toast } from "./toasts";
import { countUndelivered } from "./undelivered";
import { mayWork } from "./worker";

/** Errors that a message may not meet a moment later. */
const PASSING: ReadonlySet<string> = new Set(["busy", "timeout", "unavailable"]);

export class App {
  readonly link = signal<LinkState>({ name: "connecting" });
  readonly daemon: Daemon;
  readonly sessions: SessionList;
  readonly conversations: Conversations;
  readonly pending: PendingMessages;
  readonly open: OpenConversation;
  readonly approvals = new Approvals();
  readonly dictation: Dictation;
  private readonly socket: Socket;
  private effects: (() => void)[] = [];
  /** Whether this page has said where its browser is found by what is pushed. */
  private pushes = false;
  private readonly hearers = new Set<(notification: Notification) => void>();
  private readonly frames = new PaintBatch<ServerFrame>((frames) =>
    batch(() => frames.forEach((frame) => this.take(frame))),
  );

  constructor(
    address: string,
    readonly api: Api = http,
    openSocket?: (url: string) => WebSocket,
    private readonly reload = () => location.reload(),
  ) {
    const send = (frame: ClientFrame) => this.socket.send(frame);
    const script = document.querySelector('script[type="module"]')?.getAttribute("src") ?? null;
    this.daemon = new Daemon(api, script);
    this.dictation = new Dictation((recording, signal) => api.words(recording, signal));
    this.sessions = new SessionList(api);
    this.pending = new PendingMessages((entry) => send(messageFrame(entry)), Date.now());
    this.conversations = new Conversations(api, send, (conversation) => this.settlePending(conversation));
    const { sessions, conversations, pending } = this;
    this.open = new OpenConversation({ api, send, sessions, conversations, pending });
    const listener = {
      up: (hello: Hello) => this.up(hello),
      frame: (frame: ServerFrame) => this.frames.add(frame),
      state: (state: LinkState) => this.linkChanged(state),
    };
    this.socket = new Socket(address, listener, openSocket);
  }

  start(): void {
    followAddress();
    addEventListener("online", () => this.wake());
    addEventListener("focus", () => this.seen());
    addEventListener("pagehide", storeDrafts);
    addEventListener("pagehide", hush);
    document.addEventListener("visibilitychange", () => {
      this.tellWhetherSeen();
      if (document.hidden) storeDrafts();
      else {
        this.seen();
        this.open.markRead();
      }
    });
    onAnotherUser(() => this.beginAnew());
    this.effects = [
      effect(() => {
        const session = openSession.value;
        untracked(() => {
          hush();
          this.open.opened(session);
          if (session !== null && this.link.value.name === "ready") void this.approvals.readAll(session);
        });
      }),
      effect(() => this.open.markRead()),
      effect(() => {
        const out = locked.value;
        untracked(() => (out ? this.shutOut() : this.socket.start()));
      }),
      renewWhenIdle(this.daemon),
    ];
    void this.daemon.configure();
    void this.sessions.refresh();
  }

  stop(): void {
    for (const end of this.effects) end();
    this.socket.stop();
  }

  /** The gateway no longer knows this browser: it is not asked again and again, and what is written is kept. */
  private shutOut(): void {
    storeDrafts();
    this.socket.stop();
    this.linkChanged({ name: "connecting" });
  }

  /** Leaves nothing of what this page has seen: it was somebody else's. */
  private beginAnew(): void {
    this.stop();
    forgetDrafts(); // before the page goes, which stores what is being written
    settle(FRESH);
    this.reload();
  }

  /** Signs this browser in with a key. Throws ApiError. */
  async signIn(key: string): Promise<void> {
    const { page, user } = await signIn(key);
    keepHalf(page);
    if (belongsTo(user.id)) locked.value = false;
    else this.beginAnew();
  }

  /** Signs this browser out; what was not sent is forgotten. Throws ApiError. */
  async signOut(): Promise<void> {
    await draftsTold(); // nobody is left to tell it afterwards
    await this.api.signOut();
    signedOut();
    this.beginAnew();
  }

  /** Connects now instead of at the appointed time. */
  wake(): void {
    this.socket.wake();
  }

  /** Somebody comes back to the page, perhaps from another window in which a link was opened. */
  private seen(): void {
    if (locked.value) this.knock();
    else {
      this.wake();
      if (this.link.value.name === "ready") void syncDrafts(this.api);
    }
  }

  /** A question that comes while the page is hidden is one that nobody sees: it is told elsewhere, too. */
  private tellWhetherSeen(): void {
    this.socket.send({ type: "looking", is_seen: !document.hidden });
  }

  /** Looks whether the gateway knows this browser by now. */
  knock(): void {
    void this.daemon.configure();
  }

  /** Sends a message to the open conversation. */
  say(text: string, attachments: readonly Attachment[], mode: FollowupMode | null = null): void {
    this.open.say(text, attachments, mode, this.daemon.config.value);
  }

  private up(hello: Hello): void {
    if (!belongsTo(hello.user_id)) return this.beginAnew();
    meet(hello);
    this.daemon.met(hello);
    if (document.hidden) this.tellWhetherSeen();
    this.conversations.up();
    this.pending.resend();
    void this.sessions.refresh();
    void countUndelivered();
    learnRights().catch(() => undefined); // whoever may not look is told so by the files themselves
    void syncDrafts(this.api);
    void this.approvals.refresh();
    if (openSession.value !== null) void this.approvals.readAll(openSession.value);
    if (!this.pushes) void renewPush().catch(() => undefined); // the next page that is opened tries again
    if (!this.pushes) mayWork(); // not before somebody is signed in: the document is kept as it is then
    this.pushes = true;
  }

  private linkChanged(state: LinkState): void {
    // What has arrived belongs to the connection that is gone; it must not be taken in after a new one's answers.
    this.frames.flush();
    if (this.link.value.name === "ready" && state.name !== "ready") this.conversations.down();
    this.link.value = state;
    // A socket does not tell why it was refused; any other request does.
    if (state.name === "waiting") void this.daemon.configure();
  }

  private take(frame: ServerFrame): void {
    if (isSessionEvent(frame)) return this.takeEvent(frame);
    switch (frame.type) {
      case "accepted":
        return this.accepted(frame);
      case "tool_output":
        return this.conversations.printed(frame);
      case "backlog":
        return this.conversations.backlog(frame);
      case "sessions_updated":
        return this.sessions.takePushed(frame.sessions, frame.gone);
      case "notification":
        return this.notified(frame);
      case "approval":
        return this.approvals.take(frame.approval);
      case "config_changed":
        return void this.daemon.configure();
      case "error":
        return this.failed(frame);
    }
  }

  private takeEvent(event: SessionEvent): void {
    this.conversations.event(event, Date.now());
    if (event.type === "followup" && event.fate === "queued") return this.pending.queued(event.turn_id);
    if (event.type === "stream_start" || event.type === "followup")
      this.pending.seen((entry) => entry.turnId === event.turn_id || entry.id === event.client_message_id);
    if (event.session_id === openSession.value) announce(event, this.daemon.config.value.agent_name);
  }

  private accepted(frame: Accepted): void {
    this.conversations.accepted(frame);
    const entry = this.pending.accepted(frame);
    if (entry !== null) this.open.accepted(frame, entry);
  }

  /** Calls back at each notification until the returned function is called. */
  onNotification(hearer: (notification: Notification) => void): () => void {
    this.hearers.add(hearer);
    return () => void this.hearers.delete(hearer);
  }

  /** Of a conversation that somebody looks at nothing has to be told. */
  private notified(told: Notification): void {
    for (const hear of this.hearers) hear(told);
    if (told.source === "outbox") void countUndelivered();
    if (told.source === "permissions") return; // the question itself is shown, or a banner leads to it
    const { job_name: title, result_preview: text, success, session_id: session } = told;
    if (session !== null && session === openSession.value && !document.hidden) return;
    notify({ title, text, success, session });
  }

  private failed(frame: ErrorFrame): void {
    const { code, message, client_message_id: id, session_id: session } = frame;
    if (id != null && this.pending.refused(id, message, PASSING.has(code))) {
      // The rest of the message may well be accepted, which must not hide this.
      if (code === "attachment_refused") toast(message);
    } else if (session == null || !this.conversations.failed(session, code, message)) toast(message);
  }

  /** Stored messages were read: what they show is no longer on its way. */
  private settlePending(conversation: Conversation): void {
    const shown = shownTurns(transcript(conversation));
    const idle = conversation.running === null && conversation.lastSeq !== null;
    this.pending.seen(
      ({ place, state, turnId }) =>
        place === conversation.id && state === "accepted" && turnId !== null && (idle || shown.has(turnId)),
    );
  }
}

function messageFrame(entry: PendingMessage): ClientFrame {
  return {
    type: "message",
    // Before the text, so that the daemon can name the message even if it is cut for being too long.
    client_message_id: entry.id,
    text: entry.text,
    attachments: [...entry.attachments],
    channel_id: "web",
    ...(isNewPlace(entry.place) ? {} : { session_id: entry.place }),
    ...(entry.model === null ? {} : { model: entry.model }),
    ...(entry.effort == null ? {} : { effort: entry.effort }),
    ...(entry.mode === null ? {} : { mode: entry.mode }),
  };
}
