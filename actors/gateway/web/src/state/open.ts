/** The conversation that is open: what is shown of it, and what is said in it. */

import { computed, signal, untracked } from "@preact/signals";
import { emptyConversation, type Conversation } from "../conversation/model";
import { transcript } from "../conversation/transcript";
import { t } from "../language/texts";
import { ApiError, type Api, type Choice, type Revision } from "../net/api";
import type { Accepted, Attachment, ClientFrame, Config, FollowupMode, Session } from "../protocol";
import { announcement } from "./announcement";
import { composerOf } from "./composer";
import type { Conversations } from "./conversations";
import { newId } from "./ids";
import { isNewPlace, newPlace, type PendingMessage, type PendingMessages } from "./pending";
import { chosenEffort, chosenModel } from "./preferences";
import { FRESH, go, openSession, route, settle } from "./router";
import type { SessionList } from "./sessions";
import { toast } from "./toasts";

const EMPTY = emptyConversation("");
const AS_CONFIGURED: Choice = { model: null, effort: null };

/** As much of a choice as can be asked for. */
function offered({ model, effort }: Choice, { models, default_model, thinking_models }: Config): Choice {
  const known = model !== null && models.includes(model) ? model : null;
  const thinks = thinking_models.includes(known ?? default_model ?? "");
  return { model: known, effort: thinks ? effort : null };
}

interface Parts {
  readonly api: Api;
  /** Hands a frame to the connection; false when there is none. */
  readonly send: (frame: ClientFrame) => boolean;
  readonly sessions: SessionList;
  readonly conversations: Conversations;
  readonly pending: PendingMessages;
}

export class OpenConversation {
  /** Local name of the conversation that the next message without a session begins. */
  private readonly fresh = signal(newPlace(newId()));

  /** Its id, or a local name for one that is yet to begin. */
  readonly place = computed(() => openSession.value ?? this.fresh.value);
  readonly conversation = computed<Conversation>(() => this.shown()?.conversation.value ?? EMPTY);
  /** Why it cannot be shown. */
  readonly problem = computed(() => this.shown()?.problem.value ?? null);
  readonly transcript = computed(() => transcript(this.conversation.value));
  /** Messages of ours that it does not show yet. */
  readonly pending = computed(() =>
    this.parts.pending.entries.value.filter((entry) => entry.place === this.place.value),
  );
  readonly running = computed(() => this.conversation.value.running !== null);
  readonly session = computed(() => {
    const session = openSession.value;
    return session === null ? undefined : this.parts.sessions.get(session);
  });

  /** Which model answers here: as it is stored with the conversation, or as the next new one will begin. */
  readonly choice = computed<Choice>(() => {
    if (openSession.value === null) return { model: chosenModel.value, effort: chosenEffort.value };
    const { model, effort } = this.session.value ?? AS_CONFIGURED;
    return { model, effort };
  });

  constructor(private readonly parts: Parts) {
    const unsent = parts.pending.entries.value.findLast((entry) => isNewPlace(entry.place));
    if (unsent !== undefined) this.fresh.value = unsent.place;
  }

  /** Follows the address: to be called whenever it names another session. */
  opened(session: string | null): void {
    const { sessions, conversations } = this.parts;
    this.editing.value = null;
    this.unfolded.clear();
    conversations.open(session);
    // An older conversation than those on the list so far: its title is wanted all the same.
    if (session === null || sessions.get(session) !== undefined) return;
    sessions.readOne(session).catch(() => {
      // The place of the conversation says what is wrong.
    });
  }

  /** Sends a message. It is kept until the daemon has confirmed it. */
  say(text: string, attachments: readonly Attachment[], mode: FollowupMode | null, config: Config): void {
    const place = this.place.value;
    // Beyond its beginning a conversation goes by what is stored with it.
    const choice = isNewPlace(place) ? offered(this.choice.value, config) : AS_CONFIGURED;
    this.parts.pending.add({ id: newId(), place, text, attachments, ...choice, mode, at: Date.now() });
  }

  /** Has a model answer here from now on. */
  async choose(choice: Choice): Promise<void> {
    if (openSession.value === null) {
      chosenModel.value = choice.model;
      chosenEffort.value = choice.effort;
    } else if (this.session.value !== undefined) await this.keep(this.session.value, choice);
  }

  private async keep(session: Session, choice: Choice): Promise<void> {
    const { api, sessions } = this.parts;
    sessions.put({ ...session, ...choice });
    try {
      sessions.put(await api.choose(session.id, choice));
    } catch (error) {
      sessions.put(session);
      toast(
        error instanceof ApiError ? t("Not chosen. {message}", { message: error.message }) : String(error),
      );
    }
  }

  /** Whether something is being done or waits, so that no other version can be chosen now. */
  readonly busy = computed(
    () =>
      this.running.value ||
      this.transcript.value.waiting.length > 0 ||
      this.pending.value.some((entry) => entry.state !== "refused"),
  );

  /** Whether anything can be said here: a conversation that is closed is to be read, and so is a subagent's. */
  readonly writable = computed(() => {
    if (openSession.value === null) return true;
    return this.session.value?.is_closed === false && this.problem.value === null;
  });

  /** Turn whose message is being edited. */
  readonly editing = signal<string | null>(null);
  /** Messages and changes that are long and shown whole: what is scrolled far away is drawn anew when it comes back. */
  readonly unfolded = new Set<string>();

  /** Takes up the message that was said last, to be said in other words. Whether there is one that can be. */
  editLast(): boolean {
    const last = this.transcript.value.turns.findLast((turn) => turn.prompt !== null);
    if (last === undefined || this.busy.value || !this.writable.value) return false;
    this.editing.value = last.id;
    return true;
  }

  /** Version that somebody has just turned to, until it is shown. */
  turnedTo: string | null = null;

  /** Has a message answered again, or another version of it. Whether it was stored. */
  async revise(turn: string, change: Revision): Promise<boolean> {
    return this.tried(() => this.parts.api.revise(turn, change));
  }

  /** Goes on from a version of a message; the events of the conversation tell the rest. */
  async turnTo(turn: string): Promise<void> {
    this.turnedTo = turn;
    await this.tried(() => this.parts.api.turnTo(turn));
  }

  /** Whether it could be done; why not is told. */
  private async tried(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  async stop(): Promise<void> {
    const session = openSession.value;
    if (session === null || !this.running.value) return;
    announcement.value = t("Stopping");
    if (this.parts.send({ type: "cancel", session_id: session })) return;
    try {
      await this.parts.api.cancel(session);
    } catch (error) {
      toast(
        error instanceof ApiError ? t("Not stopped. {message}", { message: error.message }) : String(error),
      );
    }
  }

  /** Goes to a conversation that is yet to begin. */
  startFresh(): void {
    this.fresh.value = newPlace(newId());
    go(FRESH);
  }

  /** Puts a message that was refused back where it can be changed. */
  takeBack(entry: PendingMessage): void {
    composerOf(isNewPlace(entry.place) ? null : entry.place).edit(entry.text, entry.attachments);
    this.parts.pending.remove(entry.id);
  }

  /** A message of ours was stored: the conversation that it began gets its true address. */
  accepted(frame: Accepted, entry: PendingMessage): void {
    const { model, effort = null } = entry;
    if (frame.created && !frame.duplicate && (model !== null || effort !== null))
      void this.keepFrom(frame.session_id, { model, effort });
    if (!isNewPlace(entry.place) || entry.place !== this.fresh.value) return;
    if (route.value.view === "chat" && route.value.session === null) {
      settle({ view: "chat", session: frame.session_id });
      // Now, not when all frames are taken in: the next ones may end the turn.
      this.parts.conversations.open(frame.session_id);
    }
    this.fresh.value = newPlace(newId());
  }

  /** What a conversation was begun with is what it goes on with. */
  private async keepFrom(session: string, choice: Choice): Promise<void> {
    try {
      this.parts.sessions.put(await this.parts.api.choose(session, choice));
    } catch (error) {
      toast(
        error instanceof ApiError
          ? t("The model was not kept. {message}", { message: error.message })
          : String(error),
      );
    }
  }

  /** Marks what is looked at as read. */
  markRead(): void {
    const session = this.session.value;
    if (session === undefined || session.is_read || session.running || document.hidden) return;
    untracked(() => this.parts.sessions.put({ ...session, is_read: true }));
    this.parts.api.markRead(session.id).catch(() => {
      // It stays unread there, and the next reading of the list says so.
    });
  }

  private shown() {
    const session = openSession.value;
    return session === null ? null : this.parts.conversations.place(session);
  }
}
