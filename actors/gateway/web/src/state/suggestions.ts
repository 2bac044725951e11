/** What is offered while a message is being written: skills and prompts after a slash, files after an at sign. */

import { t } from "../language/texts";
import { request } from "../net/api";

export interface Suggestion {
  readonly name: string;
  readonly about: string;
  /** What takes the place of what was typed. */
  readonly text: string;
}

/** What somebody has begun to type, and where. */
export interface Begun {
  readonly kind: "command" | "file";
  readonly query: string;
  readonly start: number;
}

const MOST = 8;
/** Milliseconds for which a list is not asked for again. */
const FRESH = 30_000;

/** What stands before the caret, if something is offered for it: a slash begins a message, an at sign any word. */
export function begunAt(text: string, caret: number): Begun | null {
  const before = text.slice(0, caret);
  const command = /^\/([^\s/]*)$/.exec(before)?.[1];
  if (command !== undefined) return { kind: "command", query: command, start: 0 };
  const file = /(?:^|\s)@([^\s@]*)$/.exec(before)?.[1];
  return file === undefined ? null : { kind: "file", query: file, start: caret - file.length - 1 };
}

/** Those whose names hold what was typed, those that begin with it first. */
export function matching(all: readonly Suggestion[], query: string): readonly Suggestion[] {
  const wanted = query.toLowerCase();
  const place = ({ name }: Suggestion) => name.toLowerCase().indexOf(wanted);
  return all
    .filter((each) => place(each) !== -1)
    .sort((one, other) => Math.min(place(one), 1) - Math.min(place(other), 1))
    .slice(0, MOST);
}

interface SkillShort {
  readonly name: string;
  readonly description: string;
}

interface FileEntry {
  /** That of a folder ends in a slash. */
  readonly name: string;
}

const lists = new Map<string, { readonly at: number; readonly list: Promise<readonly Suggestion[]> }>();

function known(key: string, read: () => Promise<readonly Suggestion[]>): Promise<readonly Suggestion[]> {
  const found = lists.get(key);
  if (found !== undefined && Date.now() - found.at < FRESH) return found.list;
  const list = read().catch(() => [] as const); // whoever may not see them is offered nothing
  lists.clear();
  lists.set(key, { at: Date.now(), list });
  return list;
}

/** What to offer for what was begun. */
export async function suggestionsFor(
  begun: Begun,
  prompts: readonly string[],
): Promise<readonly Suggestion[]> {
  if (begun.kind === "command") {
    const skills = await known("skills", readSkills);
    const asked = prompts.map((prompt) => ({ name: prompt, about: t("Prompt"), text: prompt }));
    return matching([...skills, ...asked], begun.query);
  }
  const cut = begun.query.lastIndexOf("/") + 1;
  const folder = begun.query.slice(0, cut);
  return matching(await known(`files ${folder}`, () => readFolder(folder)), begun.query.slice(cut));
}

async function readSkills(): Promise<readonly Suggestion[]> {
  const skills = await request<SkillShort[]>("/api/skills");
  return skills.map(({ name, description }) => ({ name, about: description, text: `/${name} ` }));
}

async function readFolder(folder: string): Promise<readonly Suggestion[]> {
  const path = folder === "" ? "." : folder.slice(0, -1);
  const found = await request<FileEntry[] | { readonly entries: FileEntry[] }>(
    `/api/files?${new URLSearchParams({ path })}`,
  );
  const entries = Array.isArray(found) ? found : found.entries;
  return entries.map(({ name }) => {
    const whole = folder + name;
    const named = /\s/.test(whole) ? `\`${whole}\` ` : `${whole} `;
    return { name, about: "", text: name.endsWith("/") ? `@${whole}` : named };
  });
}
