/** What the person at the page is asked before the agent does it, and what became of the questions. */

import { computed, signal } from "@preact/signals";
import { ApiError, request, send } from "../net/api";
import type { Approval } from "../protocol";

/** Most that are known at a time; closed ones go first. */
const KEPT = 1000;

const PATH = "/api/approvals";

export interface Verdict {
  readonly decision: "once" | "conversation" | "always" | "deny";
  /** What else is granted, where that is more than the call. */
  readonly pattern?: string;
  /** What the model is told about a denial. */
  readonly words?: string;
}

export class Approvals {
  private readonly known = signal<ReadonlyMap<string, Approval>>(new Map());
  /** Counts what the daemon tells, so that an answer read before does not take its place. */
  private told = 0;

  /** The question that is to have the focus once it is drawn. */
  readonly wanted = signal<string | null>(null);
  /** Those that nobody has answered yet, the oldest first. */
  readonly waiting = computed(() =>
    [...this.known.value.values()]
      .filter(({ state }) => state === "open")
      .sort((one, other) => one.asked_at.localeCompare(other.asked_at)),
  );
  /** Conversations in which one waits. */
  readonly sessions = computed<ReadonlySet<string>>(
    () => new Set(this.waiting.value.map(({ session_id }) => session_id)),
  );
  private readonly byCall = computed(() => {
    const found = new Map<string, Approval>();
    for (const approval of this.known.value.values()) {
      const key = callKey(approval.turn_id, approval.tool_use_id);
      const before = found.get(key);
      if (before === undefined || before.asked_at <= approval.asked_at) found.set(key, approval);
    }
    return found;
  });

  /** The last question about a call; undefined where nobody was asked. */
  about(turn: string, call: string): Approval | undefined {
    return this.byCall.value.get(callKey(turn, call));
  }

  /** Takes in what the daemon tells of one. */
  take(approval: Approval): void {
    this.told += 1;
    this.put(approval);
  }

  /** Finds out what waits. Without an answer all stays as it was. */
  async refresh(): Promise<void> {
    const told = this.told;
    try {
      const open = await request<Approval[]>(`${PATH}?limit=1000`);
      if (told !== this.told) return void this.refresh();
      const ids = new Set(open.map(({ id }) => id));
      const gone = this.waiting.value.filter(({ id }) => !ids.has(id));
      this.put(...open);
      for (const { id } of gone) void this.read(id);
    } catch {
      // The page says by other means that there is no connection.
    }
  }

  /** Finds out what was asked in a conversation, also what is answered. Without an answer all stays as it was. */
  async readAll(session: string): Promise<void> {
    try {
      const query = new URLSearchParams({ which: "all", session, limit: "200" });
      this.put(...(await request<Approval[]>(`${PATH}?${query}`)));
    } catch {
      // The calls are shown all the same.
    }
  }

  /** Answers one. Throws ApiError; where somebody else was faster, what they have said is known afterwards. */
  async answer(id: string, verdict: Verdict): Promise<void> {
    try {
      this.put(await send<Approval>("POST", `${PATH}/${encodeURIComponent(id)}`, verdict));
    } catch (error) {
      if (error instanceof ApiError && (error.status === 409 || error.status === 404)) await this.read(id);
      throw error;
    }
  }

  private async read(id: string): Promise<void> {
    try {
      this.put(await request<Approval>(`${PATH}/${encodeURIComponent(id)}`));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.drop(id);
    }
  }

  private put(...approvals: readonly Approval[]): void {
    const map = new Map(this.known.value);
    for (const approval of approvals) {
      // A question is closed once and for all: what says that it is open was read before.
      if (approval.state === "open" && (map.get(approval.id)?.state ?? "open") !== "open") continue;
      map.delete(approval.id);
      map.set(approval.id, approval);
    }
    for (const [id, { state }] of map) {
      if (map.size <= KEPT) break;
      if (state !== "open") map.delete(id);
    }
    this.known.value = map;
  }

  private drop(id: string): void {
    const map = new Map(this.known.value);
    map.delete(id);
    this.known.value = map;
  }
}

function callKey(turn: string, call: string): string {
  return `${turn}/${call}`;
}
