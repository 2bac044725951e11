/** The list of conversations: what was read page by page, kept true by what the daemon tells. */

import { batch, computed, signal } from "@preact/signals";
import { t } from "../language/texts";
import { ApiError, type Api } from "../net/api";
import type { Hit, Label, Session } from "../protocol";
import { offer, toast } from "./toasts";

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
  /** The label that all conversations shown have; null for any or none. */
  readonly label = signal<string | null>(null);
  readonly labels = signal<readonly Label[]>([]);
  /** Whether those are shown that were put aside, instead of all others. */
  readonly archived = signal(false);
  /** Messages that the present search found; null when there is no search. */
  readonly hits = signal<readonly Hit[] | null>(null);
  readonly loading = signal(false);
  readonly more = signal(false);
  /** Why the list could not be read. */
  readonly problem = signal<string | null>(null);

  /** Newest activity first. That of a subagent is on no list, though it may be the one that is open. */
  readonly all = computed(() =>
    [...this.byId.value.values()]
      .filter((session) => session.delegated_by === null && session.is_archived === this.archived.value)
      .sort((one, other) => other.last_message_at.localeCompare(one.last_message_at)),
  );
  readonly shown = computed(() => {
    const found = this.found.value;
    const label = this.label.value;
    const labelled =
      label === null ? this.all.value : this.all.value.filter((each) => each.labels.includes(label));
    return found === null ? labelled : labelled.filter((session) => found.includes(session.id));
  });
  /** Those that are kept at the top, unless something is looked for. */
  readonly pinned = computed(() =>
    this.found.value === null ? this.shown.value.filter((session) => session.pinned) : [],
  );
  readonly rest = computed(() =>
    this.found.value === null ? this.shown.value.filter((session) => !session.pinned) : this.shown.value,
  );
  readonly unread = computed(
    () =>
      [...this.byId.value.values()].filter(
        ({ is_read, is_archived, delegated_by }) => !is_read && !is_archived && delegated_by === null,
      ).length,
  );

  /** When conversations were pushed last, in milliseconds; also those that are gone. */
  private readonly pushed = new Map<string, number>();

  constructor(private readonly api: Api) {}

  get(id: string): Session | undefined {
    return this.byId.value.get(id);
  }

  put(...sessions: readonly Session[]): void {
    const map = new Map(this.byId.value);
    for (const session of sessions) map.set(session.id, session);
    this.byId.value = map;
  }

  /** Takes what the daemon tells by itself: conversations as they are now, and the ids of those that are gone. */
  takePushed(sessions: readonly Session[], gone: readonly string[]): void {
    const now = performance.now();
    for (const id of [...sessions.map((session) => session.id), ...gone]) this.pushed.set(id, now);
    this.drop(...gone);
    this.put(...sessions);
  }

  /** Reads a conversation. Rejects with ApiError. */
  async readOne(id: string): Promise<void> {
    const asked = performance.now();
    this.putRead(asked, await this.api.session(id));
  }

  /** Puts conversations that were asked for at a moment, but for those that were pushed since: they are newer. */
  private putRead(asked: number, ...sessions: readonly Session[]): void {
    this.put(...sessions.filter(({ id }) => (this.pushed.get(id) ?? -Infinity) < asked));
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

  /** Shows conversations with a label alone, or all; or all that were put aside. */
  narrow(label: string | null, archived = false): void {
    this.label.value = label;
    this.archived.value = archived;
    void this.refresh();
  }

  /** Deletes a conversation, and offers to bring it back. */
  async remove(session: Session, title: string): Promise<boolean> {
    const done = await told(t("Not deleted"), async () => {
      if (session.running) await this.api.cancel(session.id);
      await this.api.remove(session.id);
      this.drop(session.id);
      offer(t("Deleted “{title}”.", { title }), t("Undo"), () => void this.restore(session.id));
    });
    void this.readLabels();
    return done;
  }

  private async restore(id: string): Promise<void> {
    await told(t("Not brought back"), async () => this.put(await this.api.restore(id)));
    void this.readLabels();
  }

  /** Puts a conversation aside, or back. */
  async archive(session: Session, archived: boolean): Promise<void> {
    await told(archived ? t("Not put aside") : t("Not put back"), async () => {
      await this.api.archive(session.id, archived);
      this.put({ ...session, is_archived: archived });
    });
  }

  async pin(session: Session, pinned: boolean): Promise<void> {
    await told(t("Not pinned"), async () => {
      await this.api.pin(session.id, pinned);
      this.put({ ...session, pinned });
    });
  }

  async setLabels(session: Session, labels: readonly string[]): Promise<boolean> {
    const done = await told(t("Labels not changed"), async () =>
      this.put(await this.api.label(session.id, labels)),
    );
    void this.readLabels();
    return done;
  }

  private async readLabels(): Promise<void> {
    try {
      this.labels.value = await this.api.labels();
      if (!this.labels.value.some(({ name }) => name === this.label.value) && this.label.value !== null)
        this.narrow(null);
    } catch {
      // The list can be read without them.
    }
  }

  /** Returns whether the new title was stored. */
  async rename(session: string, title: string): Promise<boolean> {
    return told(t("Not renamed"), async () => this.put(await this.api.rename(session, title)));
  }

  /** Reads again from the top as much as was shown. */
  async refresh(): Promise<void> {
    const pages = Math.max(1, this.query.value.trim() === "" ? this.pages : 1);
    void this.readLabels();
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
    const asked = performance.now();
    const query = this.query.value.trim();
    this.loading.value = true;
    try {
      const [label, archived] = [this.label.value, this.archived.value];
      const [sessions, pinned, hits] = await Promise.all([
        this.api.sessions({ limit, offset, query, label, archived }),
        offset === 0 && query === ""
          ? this.api.sessions({ limit: MOST, offset, query, label, archived, pinned: true })
          : [],
        query === "" ? null : offset === 0 ? this.api.find(query) : this.hits.value,
      ]);
      if (mine !== this.asked) return;
      batch(() => {
        this.hits.value = hits;
        this.putRead(asked, ...sessions, ...pinned, ...(hits ?? []).map((hit) => hit.session));
        this.take(sessions, offset, limit, query);
      });
    } catch (error) {
      if (mine === this.asked) this.problem.value = error instanceof ApiError ? error.message : String(error);
    } finally {
      if (mine === this.asked) this.loading.value = false;
    }
  }

  private take(sessions: readonly Session[], offset: number, limit: number, query: string): void {
    this.problem.value = null;
    this.more.value = sessions.length === limit;
    const ids = sessions.map((session) => session.id);
    if (query !== "") this.found.value = offset === 0 ? ids : [...(this.found.value ?? []), ...ids];
    else {
      this.found.value = null;
      this.pages = Math.ceil((offset + limit) / PAGE);
    }
  }
}

/** Does something at the daemon; false, and why is told, when that failed. */
async function told(not: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    toast(error instanceof ApiError ? `${not}. ${error.message}` : String(error));
    return false;
  }
}
