/**
 * Messages of ours on their way. Each is kept in the browser's storage from the moment it is sent until the page has seen what
 * became of it, and is sent again under the same id after every reconnect, so it arrives exactly once.
 */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Accepted, Attachment, FollowupMode, Session } from "../protocol";
import { load, onSavedElsewhere, save, savedNames } from "./storage";

export interface PendingMessage {
  readonly id: string;
  /** Session id, or a local name for a conversation that does not exist yet. */
  readonly place: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly model: string | null;
  /** Nothing is known of it where an older page wrote it. */
  readonly effort?: Session["effort"];
  readonly mode: FollowupMode | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `accepted`: stored by the daemon, and not yet seen in the conversation. */
  readonly state: "waiting" | "accepted" | "refused";
  readonly turnId: string | null;
  /** Whether it waits for a turn of its own, behind the running one. */
  readonly queued: boolean;
  /** Why it was refused, or could not be stored so far. */
  readonly error: string | null;
}

export type Draft = Pick<
  PendingMessage,
  "id" | "place" | "text" | "attachments" | "model" | "effort" | "mode" | "at"
>;

const NEW = "new:";
/** Beginning of their names in the storage. */
const PREFIX = "outbox.";
/** Accepted messages are forgotten after a day in milliseconds, whatever became of them. */
const FORGOTTEN_AFTER = 86_400_000;

/** Milliseconds before a message is sent again that could not be stored just now. */
const AGAIN = 2000;

/** Name of a conversation that does not exist yet. */
export function newPlace(id: string): string {
  return NEW + id;
}

export function isNewPlace(place: string): boolean {
  return place.startsWith(NEW);
}

/** Those to be sent now: of a conversation that does not exist yet only the first, which brings it into being. */
export function sendable(
  entries: readonly PendingMessage[],
  inFlight: ReadonlySet<string>,
): PendingMessage[] {
  const begun = new Set<string>();
  return entries.filter((entry) => {
    if (entry.state === "accepted") return false;
    const held = isNewPlace(entry.place) && begun.has(entry.place);
    begun.add(entry.place);
    return entry.state === "waiting" && !held && !inFlight.has(entry.id);
  });
}

export class PendingMessages {
  private readonly list = signal<readonly PendingMessage[]>([]);
  /** Sent over the present connection. */
  private readonly inFlight = new Set<string>();

  /** In the order they were written. */
  readonly entries: ReadonlySignal<readonly PendingMessage[]> = this.list;
  /** How many the daemon has not confirmed yet. */
  readonly unconfirmed = computed(() => this.list.value.filter((entry) => entry.state === "waiting").length);

  /** @param transmit hands a message to the connection; false when there is none. */
  constructor(
    private readonly transmit: (entry: PendingMessage) => boolean,
    now: number,
  ) {
    const kept = savedNames(PREFIX)
      .map((name) => load<PendingMessage>(name))
      .filter((entry) => entry !== null);
    for (const entry of kept) {
      if (entry.state === "accepted" && now - entry.at > FORGOTTEN_AFTER) save(PREFIX + entry.id, null);
      else this.list.value = [...this.list.value, entry];
    }
    this.list.value = this.list.value.toSorted((one, other) => one.at - other.at);
    onSavedElsewhere((name) => this.changedElsewhere(name));
  }

  add(draft: Draft): void {
    this.put({ ...draft, state: "waiting", turnId: null, queued: false, error: null });
    this.flush();
  }

  /** Sends what can be sent and is not on its way yet. */
  flush(): void {
    for (const entry of sendable(this.list.value, this.inFlight)) {
      if (!this.transmit(entry)) return;
      this.inFlight.add(entry.id);
    }
  }

  /** Sends everything unconfirmed again: a new connection is up. */
  resend(): void {
    this.inFlight.clear();
    this.flush();
  }

  /** Takes note that a message is stored. Returns it as it was, or null when this page does not know it. */
  accepted(frame: Accepted): PendingMessage | null {
    const entry = this.list.value.find((other) => other.id === frame.client_message_id);
    if (entry === undefined) return null;
    this.settlePlace(entry.place, frame.session_id);
    const open = frame.fate === "started" || frame.fate === "followup" || frame.fate === "queued";
    const queued = frame.fate === "queued";
    if (open) {
      this.put({
        ...entry,
        place: frame.session_id,
        state: "accepted",
        turnId: frame.turn_id,
        queued,
        error: null,
      });
    } else this.remove(entry.id);
    this.flush();
    return entry;
  }

  /**
   * Takes note that a message was not stored. False when this page does not know it.
   *
   * @param passing whether it may well be stored a moment later; then it is sent again by itself.
   */
  refused(id: string, error: string, passing: boolean): boolean {
    const entry = this.list.value.find((other) => other.id === id);
    if (entry === undefined) return false;
    this.inFlight.delete(id);
    this.put({ ...entry, state: passing ? "waiting" : "refused", error });
    if (passing) setTimeout(() => this.flush(), AGAIN);
    return true;
  }

  retry(id: string): void {
    const entry = this.list.value.find((other) => other.id === id);
    if (entry?.state !== "refused") return;
    this.put({ ...entry, state: "waiting", error: null });
    this.flush();
  }

  remove(id: string): void {
    save(PREFIX + id, null);
    this.inFlight.delete(id);
    this.list.value = this.list.value.filter((entry) => entry.id !== id);
  }

  /** Marks accepted messages that now wait for their own turn. */
  queued(turnId: string): void {
    const entry = this.list.value.find((other) => other.turnId === turnId);
    if (entry !== undefined) this.put({ ...entry, queued: true });
  }

  /** Drops messages that the conversation shows by now. */
  seen(shown: (entry: PendingMessage) => boolean): void {
    for (const entry of this.list.value) if (shown(entry)) this.remove(entry.id);
  }

  private settlePlace(place: string, session: string): void {
    for (const entry of this.list.value) {
      if (entry.place === place && place !== session) this.put({ ...entry, place: session });
    }
  }

  private put(entry: PendingMessage): void {
    save(PREFIX + entry.id, entry);
    const list = this.list.value;
    this.list.value = list.some((other) => other.id === entry.id)
      ? list.map((other) => (other.id === entry.id ? entry : other))
      : [...list, entry];
  }

  private changedElsewhere(name: string): void {
    if (!name.startsWith(PREFIX)) return;
    const id = name.slice(PREFIX.length);
    const entry = load<PendingMessage>(name);
    const others = this.list.value.filter((other) => other.id !== id);
    // Another window sends what it wrote; here it is only shown, and sent again should this page reconnect.
    if (entry !== null) this.inFlight.add(id);
    this.list.value =
      entry === null ? others : [...others, entry].toSorted((one, other) => one.at - other.at);
  }
}
