/** What the page asks of the memory. */

import { account, ApiError, request, routeHash, send, t, toSection } from "@starpod/page";
import type { Entry, FileText, Found, Purged, Revision, RevisionText, Written } from "./protocol";

const NOTE = "/api/memory/file";

const asked = (path: string, query: Record<string, string>) =>
  `/api/memory/${path}?${new URLSearchParams(query)}`;

export const notes = () => request<Entry[]>("/api/memory/files");

export const search = (question: string) =>
  request<Found[]>(asked("search", { q: question, limit: "20", max_bytes: "16000" }));

/** A note; null where there is none. Throws ApiError. */
export async function read(name: string): Promise<FileText | null> {
  try {
    return await request<FileText>(asked("file", { name }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Writes all of a note, which must be as `etag` says; null for whatever it is like. Throws ApiError. */
export const write = (name: string, content: string, etag: string | null) =>
  send<Written>("PUT", NOTE, { name, content, etag });

export const forget = (name: string) => send<Written>("DELETE", NOTE, { name });

export const history = (name: string) => request<Revision[]>(asked("history", { name }));

export const revision = (name: string, seq: number) =>
  request<RevisionText>(asked("revision", { name, seq: String(seq) }));

export const revert = (name: string, seq: number) =>
  send<Written>("POST", "/api/memory/revert", { name, seq });

export const purge = (name: string) => send<Purged>("POST", "/api/memory/purge", { name });

/** Where a note is shown, and in it the lines of a hit. */
export function placeOf(name: string, hit?: Pick<Found, "lines">): string {
  return routeHash(toSection("memory", name, ...(hit === undefined ? [] : [hit.lines])));
}

/** The first and the last line that a place names, counted from 1; null where it names none. */
export function linesOf(place: string | undefined): readonly [number, number] | null {
  const found = /^(\d+)-(\d+)$/.exec(place ?? "");
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

/** What stands before the lines of a hit, in them and after them. */
export function around(text: string, [first, last]: readonly [number, number]): [string, string, string] {
  const start = startOf(text, first);
  const end = startOf(text, last + 1);
  return [text.slice(0, start), text.slice(start, end), text.slice(end)];
}

/** Where a line begins; lines end with a line feed and nothing else, as the daemon counts them. */
function startOf(text: string, line: number): number {
  let at = 0;
  for (let count = 1; count < line; count++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}

/** What is written and not yet kept, by note: going elsewhere in the page loses nothing. */
const drafts = new Map<string, Draft>();

export interface Draft {
  readonly text: string;
  /** Of the note that it began with; empty for one that there was not. */
  readonly etag: string;
}

const draftKey = (name: string) => `${account.value?.user_id ?? ""}/${name}`;

export const draftOf = (name: string) => drafts.get(draftKey(name)) ?? null;

export function keepDraft(name: string, draft: Draft | null): void {
  if (draft === null) drafts.delete(draftKey(name));
  else drafts.set(draftKey(name), draft);
}

const DOORS: Readonly<Record<string, () => string>> = {
  tool: () => t("by the model"),
  http: () => t("by hand, in the page or over HTTP"),
  disk: () => t("in the file itself"),
  log: () => t("by the log of the day"),
  export: () => t("when a conversation was closed"),
  flush: () => t("before a conversation was shortened"),
  review: () => t("when a conversation was looked at again"),
};

/** How a change came about, in words. */
export const doorOf = ({ door }: Pick<Revision, "door">) => DOORS[door]?.() ?? door;

const ACTIONS: Readonly<Record<Revision["action"], () => string>> = {
  whole: () => t("Written"),
  append: () => t("Added to"),
  replace: () => t("Changed"),
  forget: () => t("Forgotten"),
  revert: () => t("Brought back"),
  "by hand": () => t("Changed"),
  purge: () => t("History purged"),
};

export const actionOf = ({ action, exists }: Pick<Revision, "action" | "exists">) =>
  action === "forget" && exists ? t("Passage forgotten") : ACTIONS[action]();
