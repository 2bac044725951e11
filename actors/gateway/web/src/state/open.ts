/** The conversation that is open: what is shown of it, and what is said in it. */

import { computed, signal, untracked } from "@preact/signals";
import { emptyConversation, type Conversation } from "../conversation/model";
import { transcript } from "../conversation/transcript";
import { ApiError, type Api } from "../net/api";
import type { Accepted, Attachment, ClientFrame, FollowupMode } from "../protocol";
import { announcement } from "./announcement";
import { composerOf } from "./composer";
import type { Conversations } from "./conversations";
import { newId } from "./ids";
import { isNewPlace, newPlace, type PendingMessage, type PendingMessages } from "./pending";
import { chosenModel } from "./preferences";
import { FRESH, go, openSession, route, settle } from "./router";
import type { SessionList } from "./sessions";
import { toast } from "./toasts";

const EMPTY = emptyConversation("");

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

  constructor(private readonly parts: Parts) {
    const unsent = parts.pending.entries.value.findLast((entry) => isNewPlace(entry.place));
    if (unsent !== undefined) this.fresh.value = unsent.place;
  }

  /** Follows the address: to be called whenever it names another session. */
  opened(session: string | null): void {
    const { api, sessions, conversations } = this.parts;
    conversations.open(session);
    // An older conversation than those on the list so far: its title is wanted all the same.
    if (session === null || sessions.get(session) !== undefined) return;
    api.session(session).then(
      (found) => sessions.put(found),
      () => {
        // The place of the conversation says what is wrong.
      },
    );
  }

  /** Sends a message. It is kept until the daemon has confirmed it. */
  say(
    text: string,
    attachments: readonly Attachment[],
    mode: FollowupMode | null,
    models: readonly string[],
  ): void {
    const model = chosenModel.value !== null && models.includes(chosenModel.value) ? chosenModel.value : null;
    const place = this.place.value;
    this.parts.pending.add({ id: newId(), place, text, attachments, model, mode, at: Date.now() });
  }

  async stop(): Promise<void> {
    const session = openSession.value;
    if (session === null || !this.running.value) return;
    announcement.value = "Stopping";
    if (this.parts.send({ type: "cancel", session_id: session })) return;
    try {
      await this.parts.api.cancel(session);
    } catch (error) {
      toast(error instanceof ApiError ? `Not stopped. ${error.message}` : String(error));
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
    if (!isNewPlace(entry.place) || entry.place !== this.fresh.value) return;
    if (route.value.view === "chat" && route.value.session === null) {
      settle({ view: "chat", session: frame.session_id });
      // Now, not when all frames are taken in: the next ones may end the turn.
      this.parts.conversations.open(frame.session_id);
    }
    this.fresh.value = newPlace(newId());
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
