/** What the page asks of the settings, and what is entered and not yet kept. */

import { signal } from "@preact/signals";
import { account, ApiError, Poll, request, routeHash, send, t, toSection, type Mistake } from "@starpod/page";
import { parsed, same, type Entered } from "./fields";
import type { Field } from "./form";
import type { Field as Described, Saved, SetUp, State, Tried } from "./protocol";

const ALL = "/api/settings";

export const place = (group: string) => routeHash(toSection("settings", group));

export const schema = () => request<Described[]>(`${ALL}/schema`);
export const state = new Poll(() => request<State>(`${ALL}/state`));
export const setUp = () => request<SetUp>(`${ALL}/setup-status`);

/** Asks a model for a sentence, with a key that is kept nowhere yet. */
export const tryModel = (provider: string, model: string, key: string) =>
  send<Tried>("POST", `${ALL}/models/try`, { provider, model, key });

export const keepKey = (variable: string, value: string) =>
  send<unknown>("PUT", `${ALL}/vault/${encodeURIComponent(variable)}`, { value });

/** Changes settings, whatever they are now. */
export const change = (changes: Readonly<Record<string, unknown>>) => send<Saved>("PUT", ALL, { changes });

interface Soul {
  readonly text: string;
  /** Empty for one that is not there. */
  readonly etag: string;
}

/** SOUL.md, which the memory keeps. Throws ApiError. */
export async function readSoul(): Promise<Soul> {
  try {
    return await request<Soul>("/api/memory/file?name=SOUL.md");
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { text: "", etag: "" };
    throw error;
  }
}

export const writeSoul = (content: string, etag: string) =>
  send<unknown>("PUT", "/api/memory/file", { name: "SOUL.md", content, etag });

/** Where an admin is led first: to the question for a model, where none was ever chosen. */
export async function firstPlace(model: string): Promise<readonly string[] | null> {
  if (!/^(offline|ollama)\//.test(model)) return null;
  return (await setUp()).complete ? null : ["first"];
}

/** What was entered into a field, and the value that stood there when that began. */
export interface Draft {
  readonly entered: Entered;
  readonly was: unknown;
}

/** By key. Going elsewhere in the page loses none of them. */
export const drafts = signal<Readonly<Record<string, Draft>>>({});
/** Keys of what was named and is not kept yet. */
export const added = signal<readonly string[]>([]);
/** Whose they are. */
let owner = "";

/** Forgets what somebody else has entered. */
export function meetOwner(): void {
  const now = account.value?.user_id ?? "";
  if (owner !== now) {
    drafts.value = {};
    added.value = [];
  }
  owner = now;
}

export function enter(field: Field, entered: Entered, value: unknown): void {
  const was = drafts.value[field.key]?.was ?? value;
  const found = parsed(field, entered);
  const back = entered !== null && "value" in found && same(found.value, was);
  const { [field.key]: _, ...others } = drafts.value;
  drafts.value = back ? others : { ...others, [field.key]: { entered, was } };
}

/** Leaves a field as the files have it. */
export function discard(...keys: readonly string[]): void {
  const gone = new Set(keys);
  drafts.value = Object.fromEntries(Object.entries(drafts.value).filter(([key]) => !gone.has(key)));
}

/** Has a table, or another key, of this name in the form. */
export function add(key: string): void {
  if (!added.value.includes(key)) added.value = [...added.value, key];
}

/** Deletes all that stands at a key and below it; of what is not kept yet nothing is left. */
export function remove(field: Field, isKept: boolean): void {
  const below = Object.keys(drafts.value).filter((key) => `${key}.`.startsWith(`${field.key}.`));
  discard(...below);
  added.value = added.value.filter((key) => key !== field.key);
  if (isKept) drafts.value = { ...drafts.value, [field.key]: { entered: null, was: null } };
}

/** Keeps what was entered although somebody else has changed it meanwhile. */
export function insist(key: string, value: unknown): void {
  const draft = drafts.value[key];
  if (draft !== undefined) drafts.value = { ...drafts.value, [key]: { ...draft, was: value } };
}

/** What came of keeping: words for people, and what is wrong with which field. */
export interface Kept {
  readonly said: string;
  readonly mistakes: readonly Mistake[];
}

/** Writes what was entered into these fields: all of it or, where anything is wrong, nothing. Throws ApiError. */
export async function keep(fields: readonly Field[]): Promise<Kept> {
  const entered = fields.flatMap((field) => {
    const draft = drafts.value[field.key];
    return draft === undefined ? [] : [{ field, draft, found: parsed(field, draft.entered) }];
  });
  const mistakes = entered.flatMap(({ field, found }): readonly Mistake[] => {
    if ("mistake" in found) return [{ key: field.key, text: found.mistake }];
    return "mistakes" in found ? found.mistakes : [];
  });
  if (mistakes.length > 0) return { said: "", mistakes };
  const changes = Object.fromEntries(
    entered.map(({ field, found }) => [field.key, "value" in found ? found.value : null]),
  );
  const was = Object.fromEntries(entered.map(({ field, draft }) => [field.key, draft.was]));
  try {
    const saved = await send<Saved>("PUT", ALL, { changes, was });
    const keys = entered.map(({ field }) => field.key);
    discard(...keys);
    added.value = added.value.filter((key) => !keys.some((kept) => `${kept}.`.startsWith(`${key}.`)));
    return { said: saidOf(saved), mistakes: [] };
  } catch (error) {
    if (error instanceof ApiError && error.mistakes.length > 0) return { said: "", mistakes: error.mistakes };
    throw error;
  } finally {
    await state.look();
  }
}

function saidOf({ next_start: late }: Saved): string {
  return late.length === 0
    ? t("Kept.")
    : t("Kept. {keys} counts once the agent is started anew.", { keys: late.join(", ") });
}
