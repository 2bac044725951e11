/** What the page asks of the agent's home, and what it keeps of it. */

import { signal } from "@preact/signals";
import { account, fileHash, request, send, t, toast } from "@starpod/page";
import { MOST_LISTED } from "./protocol";
import type { FileEntry, FileFacts, InTrash, Removed, Stored, WholeText } from "./protocol";

/** Milliseconds after which what is looked at may have been changed by somebody else. */
export const REST = 5000;
/** Bytes of a text that is changed here. */
export const MOST_EDITED = 1024 * 1024;

const asked = (path: string, query: Record<string, string>) => `${path}?${new URLSearchParams(query)}`;

/** Home itself, which has no name, as the gateway calls it. */
const sent = (path: string) => (path === "" ? "." : path);

export const list = (path: string) =>
  request<FileEntry[]>(asked("/api/files", { path: sent(path), limit: String(MOST_LISTED) }));

export const look = (path: string, count = false) =>
  request<FileFacts>(asked("/api/files/stat", { path: sent(path), count: String(count) }));

export const read = (path: string) => request<WholeText>(asked("/api/files/read", { path }));

/** Writes all of a text, which must be as `etag` says; empty: there is none yet. */
export const write = (path: string, content: string, etag: string) =>
  send<Stored>("PUT", "/api/files/write", { path, content, etag });

export const makeFolder = (path: string) => send<Stored>("POST", "/api/files/mkdir", { path });

export const move = (path: string, to: string) => send<Stored>("POST", "/api/files/move", { path, to });

/** Deletes what must be as `etag` says, a folder with all in it. Unless it is `forGood`, it can be put back. */
export const remove = (path: string, etag: string, forGood: boolean) =>
  request<Removed>(asked("/api/files", { path, etag, for_good: String(forGood) }), { method: "DELETE" });

export const listTrash = () => request<InTrash[]>("/api/files/trash");

const inTrash = (id: string) => `/api/files/trash/${encodeURIComponent(id)}`;

export const putBack = (id: string) => send<Stored>("POST", `${inTrash(id)}/restore`, {});

export const erase = (id: string) => request<null>(inTrash(id), { method: "DELETE" });

/** Puts back what was deleted just now, wherever in the page somebody is by then. */
export async function undo(id: string): Promise<void> {
  try {
    await putBack(id);
  } catch (error) {
    toast(t("Not put back: {why}", { why: error instanceof Error ? error.message : String(error) }));
  }
  changes.value++;
}

export const placeOf = fileHash;

export const joined = (folder: string, name: string) => (folder === "" ? name : `${folder}/${name}`);

/** The folder in which something lies; empty for home. */
export const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

export type Order = "name" | "size" | "changed";

/** How folders are shown, until the page is loaded again. */
export const order = signal<Order>("name");
export const hidden = signal(false);
/** Counts what was changed here, so that a folder that is looked at is read again. */
export const changes = signal(0);

export const nameOfEntry = ({ name }: Pick<FileEntry, "name">) => name.replace(/\/$/, "");

const byName = new Intl.Collator(undefined, { numeric: true });

/** What is shown of a folder: folders first; by name, or the largest or the newest before the others. */
export function arranged(entries: readonly FileEntry[], by: Order, withHidden: boolean): FileEntry[] {
  const shown = entries.filter(({ name }) => withHidden || !name.startsWith("."));
  const folderFirst = (one: FileEntry, other: FileEntry) =>
    Number(other.type === "directory") - Number(one.type === "directory");
  const compare: Record<Order, (one: FileEntry, other: FileEntry) => number> = {
    name: () => 0,
    size: (one, other) => other.size - one.size,
    changed: (one, other) => Date.parse(other.modified_at) - Date.parse(one.modified_at),
  };
  return shown.sort(
    (one, other) =>
      folderFirst(one, other) || compare[by](one, other) || byName.compare(one.name, other.name),
  );
}

/** What is written and not yet kept. */
export interface Draft {
  readonly text: string;
  /** Of the file that it began with; empty for one that there was not. */
  readonly etag: string;
  /** Whether its lines end as in files of Windows; a field for text knows no such ends. */
  readonly crlf: boolean;
}

export function draftOfText({ content, etag }: Pick<WholeText, "content" | "etag">): Draft {
  const crlf = content.includes("\r\n") && !/(?:^|[^\r])\n/.test(content);
  return { text: content.replaceAll("\r\n", "\n"), etag, crlf };
}

export const NEW: Draft = { text: "", etag: "", crlf: false };

/** The text of a draft as it is to lie on the disk. */
export const contentOf = ({ text, crlf }: Draft) => (crlf ? text.replaceAll("\n", "\r\n") : text);

/** Drafts by file: going elsewhere in the page loses nothing, and leaving it is asked about. */
const drafts = new Map<string, Draft>();

const draftKey = (path: string) => `${account.value?.user_id ?? ""}/${path}`;

export const draftOf = (path: string) => drafts.get(draftKey(path)) ?? null;

export function keepDraft(path: string, draft: Draft | null): void {
  if (draft === null) drafts.delete(draftKey(path));
  else drafts.set(draftKey(path), draft);
  if (drafts.size > 0) addEventListener("beforeunload", stay);
  else removeEventListener("beforeunload", stay);
}

function stay(event: Event): void {
  event.preventDefault();
}
