/** The list of conversations: what was read page by page, kept true by what the daemon tells. */

import { computed, signal } from "@preact/signals";
import { ApiError, type Api } from "../net/api";
import type { Session } from "../protocol";
import { toast } from "./toasts";

const PAGE = 40;
/** Most that the gateway gives at once. */
const MOST = 200;
/** Milliseconds without a keystroke before a search is sent. */
const SEARCH_PAUSE = 180;

export class SessionList {
  private readonly byId = signal<ReadonlyMap<string, Session>>(new Map());
  /** Ids the present search found; null when there is no search. */
  private readonly found = signal<readonly string[] | null>(null);
  private pages = 0;
  private pause: ReturnType<typeof setTimeout> | undefined;
  /** Counts requests, so that a late answer to an old one is not taken for the new one's. */
  private asked = 0;

  readonly query = signal("");
  readonly loading = signal(false);
  readonly more = signal(false);
  /** Why the list could not be read. */
  readonly problem = signal<string | null>(null);

  /** Newest activity first. That of a subagent is on no list, though it may be the one that is open. */
  readonly all = computed(() =>
    [...this.byId.value.values()]
      .filter((session) => session.delegated_by === null)
      .sort((one, other) => other.last_message_at.localeCompare(one.last_message_at)),
  );
  readonly shown = computed(() => {
    const found = this.found.value;
    return found === null ? this.all.value : this.all.value.filter((session) => found.includes(session.id));
  });
  readonly unread = computed(() => this.all.value.filter((session) => !session.is_read).length);

  constructor(private readonly api: Api) {}

  get(id: string): Session | undefined {
    return this.byId.value.get(id);
  }

  put(...sessions: readonly Session[]): void {
    const map = new Map(this.byId.value);
    for (const session of sessions) map.set(session.id, session);
    this.byId.value = map;
  }

  drop(...ids: readonly string[]): void {
    const map = new Map(this.byId.value);
    for (const id of ids) map.delete(id);
    this.byId.value = map;
  }

  search(query: string): void {
    this.query.value = query;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.refresh(), query === "" ? 0 : SEARCH_PAUSE);
  }

  /** Returns whether the new title was stored. */
  async rename(session: string, title: string): Promise<boolean> {
    try {
      this.put(await this.api.rename(session, title));
      return true;
    } catch (error) {
      toast(error instanceof ApiError ? `Not renamed. ${error.message}` : String(error));
      return false;
    }
  }

  /** Reads again from the top as much as was shown. */
  async refresh(): Promise<void> {
    const pages = Math.max(1, this.query.value.trim() === "" ? this.pages : 1);
    await this.read(0, Math.min(MOST, pages * PAGE));
  }

  async loadMore(): Promise<void> {
    if (this.loading.value || !this.more.value) return;
    const offset = this.found.value?.length ?? this.pages * PAGE;
    await this.read(offset, PAGE);
  }

  private async read(offset: number, limit: number): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    const query = this.query.value.trim();
    this.loading.value = true;
    try {
      const sessions = await this.api.sessions({ limit, offset, query });
      if (mine === this.asked) this.take(sessions, offset, limit, query);
    } catch (error) {
      if (mine === this.asked) this.problem.value = error instanceof ApiError ? error.message : String(error);
    } finally {
      if (mine === this.asked) this.loading.value = false;
    }
  }

  private take(sessions: readonly Session[], offset: number, limit: number, query: string): void {
    this.problem.value = null;
    this.put(...sessions);
    this.more.value = sessions.length === limit;
    const ids = sessions.map((session) => session.id);
    if (query !== "") this.found.value = offset === 0 ? ids : [...(this.found.value ?? []), ...ids];
    else {
      this.found.value = null;
      this.pages = Math.ceil((offset + limit) / PAGE);
    }
  }
}
