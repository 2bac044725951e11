/** The HTTP side of the gateway. */

import { t } from "../language/texts";
import { answered, confirmed } from "./access";
import { BASE } from "./base";
import { half, pageHeaders } from "./half";
import type {
  Attachment,
  Config,
  Draft,
  Figures,
  Given,
  Hit,
  Label,
  Message,
  Session,
  Subagent,
  Undone,
} from "../protocol";

/** A request that was not answered with success. The message is meant for the person at the page. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Seconds after which the same may well succeed; 0 where nobody says. */
    readonly wait = 0,
    /** What is wrong with which of the settings that were to be changed. */
    readonly mistakes: readonly Mistake[] = [],
    /** What there has to be first; empty for nothing, or nothing that would help. */
    readonly needs = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** One thing that is wrong; without a key all is meant. */
export interface Mistake {
  readonly key: string;
  readonly text: string;
}

/** Which model answers and how much it thinks; null is as configured. */
export type Choice = Pick<Session, "model" | "effort">;

/** A browser that was signed in: its half, and who it is. */
export interface SignedIn {
  readonly page: string;
  readonly user: { readonly id: string };
}

export const unreachable = () => t("Starpod cannot be reached. Is it still running?");

/** How a message is said again; what is absent is as it was. */
export interface Revision {
  readonly client_message_id: string;
  readonly text?: string;
  readonly model?: string;
}

/** Which conversations are listed. */
export interface Listing {
  readonly limit: number;
  readonly offset: number;
  readonly query: string;
  readonly label?: string | null;
  readonly pinned?: true;
  readonly archived?: boolean;
}

/** What became of a message that was stored. */
interface Stored {
  readonly session_id: string;
  readonly turn_id: string;
}

interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Blob;
  readonly signal?: AbortSignal;
}

/** The answer and its text. Throws ApiError when there is none. */
async function exchange(path: string, init: Sending = {}): Promise<[Response, string]> {
  try {
    const response = await fetch(BASE + path, { ...init, headers: { ...init.headers, ...pageHeaders() } });
    return [response, await response.text()];
  } catch {
    throw new ApiError(unreachable(), 0);
  }
}

/** The text of an answer. Throws ApiError for any but success. */
function successful(response: Response, text: string): string {
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  if (!response.ok) {
    const { mistakes = [], needs } = more(text);
    throw new ApiError(reason(text, response.status), response.status, wait, mistakes, needs);
  }
  return text;
}

/**
 * The JSON that answers; null where there is none to give. What takes a page that was unlocked waits for that. Throws
 * ApiError.
 */
export async function request<T>(path: string, init?: Sending): Promise<T> {
  try {
    return await requested<T>(path, init);
  } catch (error) {
    const locked = error instanceof ApiError && error.needs === "confirmation";
    if (locked && (await confirmed())) return requested<T>(path, init);
    throw error;
  }
}

async function requested<T>(path: string, init?: Sending): Promise<T> {
  const shown = half();
  const [response, text] = await exchange(path, init);
  if (shown === half()) answered(response.status); // otherwise somebody has signed in or out meanwhile
  return read<T>(successful(response, text));
}

function read<T>(text: string): T {
  try {
    return JSON.parse(text === "" ? "null" : text) as T;
  } catch {
    throw new ApiError(t("The answer of the gateway could not be read."), 200);
  }
}

/** What a refusal says beside its text. */
interface More {
  readonly mistakes?: readonly Mistake[];
  readonly needs?: string;
}

function more(body: string): More {
  try {
    return (JSON.parse(body) as More | null) ?? {};
  } catch {
    return {};
  }
}

/** The text of a JSON error, or a sentence about the status. */
export function reason(body: string, status: number): string {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && "error" in value) return String(value.error);
  } catch {
    // No JSON: a proxy between us, or a crash.
  }
  return t("The gateway answered with status {status}.", { status });
}

function inJson(method: string, body: unknown): Sending {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/** Most characters of a file that are shown beside what it is to become. */
const LONGEST_FILE = 500_000;

/** What a text file of the agent's holds; null where there is none, or none that may be seen. Throws ApiError. */
export async function fileText(path: string): Promise<string | null> {
  const [response, text] = await exchange(`/api/files/raw?path=${encodeURIComponent(path)}`);
  if (response.status === 404) return null;
  const found = successful(response, text);
  if (found.length > LONGEST_FILE || found.includes("\0"))
    throw new ApiError(t("It is no text to be shown."), 200);
  return found;
}

/**
 * As {@link request} and {@link send}, where somebody else answers by way of the gateway: that they do not know the agent
 * says nothing of this browser.
 */
export async function through<T>(path: string, method = "GET", body: object = {}): Promise<T> {
  return read<T>(successful(...(await exchange(path, method === "GET" ? {} : inJson(method, body)))));
}

/** As {@link request}, with a body in JSON. */
export function send<T>(method: string, path: string, body: unknown = {}): Promise<T> {
  return request<T>(path, inJson(method, body));
}

/** Signs this browser in with a key, which is kept nowhere. Throws ApiError. */
export async function signIn(key: string): Promise<SignedIn> {
  // That a key is wrong says nothing of whether this browser is signed in, so nobody takes note of the status.
  const [response, text] = await exchange("/api/auth/login", inJson("POST", { key }));
  return read<SignedIn>(successful(response, text));
}

const session = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;

export const api = {
  /** The HTML of the page as it is served now; its status does not tell whether this browser is signed in. */
  page: async () => successful(...(await exchange("/"))),
  config: () => request<Config>("/api/config"),
  sessions(options: Listing): Promise<Session[]> {
    const query = new URLSearchParams({ limit: String(options.limit), offset: String(options.offset) });
    if (options.query !== "") query.set("q", options.query);
    if (options.label != null) query.set("label", options.label);
    if (options.archived === true) query.set("archived", "true");
    if (options.pinned === true) query.set("pinned", "true");
    return request<Session[]>(`/api/sessions?${query}`);
  },
  session: (id: string) => request<Session>(session(id)),
  /** The last `limit` messages, or those before message `before`; oldest first. */
  messages(id: string, limit: number, before?: number): Promise<Message[]> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (before !== undefined) query.set("before", String(before));
    return request<Message[]>(`${session(id)}/messages?${query}`);
  },
  /** What the turns from `first` to `last` came to. */
  turns(id: string, first: string, last: string): Promise<Figures[]> {
    return request<Figures[]>(`${session(id)}/turns?${new URLSearchParams({ first, last })}`);
  },
  /** Puts back what a turn, or an undo, has done to files. */
  undo: (turn: string, options: { dry_run?: boolean; force?: boolean }) =>
    send<Undone>("POST", `/api/turns/${encodeURIComponent(turn)}/undo`, options),
  /** What the model was told in a turn besides the conversation, what it looked up, and where that comes from. */
  given: (turn: string) => request<Given>(`/api/turns/${encodeURIComponent(turn)}/given`),
  /** Who carries out calls of a turn, in the order of the calls. */
  subagents: (turn: string) => request<Subagent[]>(`/api/turns/${encodeURIComponent(turn)}/subagents`),
  /** Has a message answered again, or another version of it. */
  revise: (turn: string, change: Revision) =>
    send<Stored>("POST", `/api/turns/${encodeURIComponent(turn)}/versions`, { ...change, source: "web" }),
  /** Goes on from a version of a message. */
  turnTo: (turn: string) => send<unknown>("POST", `/api/turns/${encodeURIComponent(turn)}/choose`),
  markRead: (id: string) => send<unknown>("POST", `${session(id)}/read`),
  cancel: (id: string) => send<unknown>("POST", `${session(id)}/cancel`),
  signOut: () => send<unknown>("POST", "/api/auth/logout"),
  choose: (id: string, choice: Choice) => send<Session>("PUT", `${session(id)}/model`, choice),
  rename: (id: string, title: string) => send<Session>("POST", `${session(id)}/rename`, { title }),
  remove: (id: string) => send<unknown>("DELETE", session(id)),
  restore: (id: string) => send<Session>("POST", `${session(id)}/restore`),
  archive: (id: string, archived: boolean) => send<unknown>("POST", `${session(id)}/archive`, { archived }),
  pin: (id: string, pinned: boolean) => send<unknown>("POST", `${session(id)}/pin`, { pinned }),
  /** The labels of all conversations. */
  labels: () => request<Label[]>("/api/labels"),
  label: (id: string, labels: readonly string[]) => send<Session>("PUT", `${session(id)}/labels`, { labels }),
  /** What is being written, on any device. */
  drafts: () => request<Draft[]>("/api/drafts"),
  keepDraft: (place: string, text: string) =>
    send<unknown>("PUT", `/api/drafts/${encodeURIComponent(place)}`, { text }),
  /** The words of a recording. It is stored nowhere. */
  words: async (recording: Blob, signal: AbortSignal) => {
    const headers = { "Content-Type": recording.type };
    const sending = { method: "POST", headers, body: recording, signal };
    return (await request<{ text: string }>("/api/speech/transcribe", sending)).text;
  },
  /** Messages that have all words of a query. */
  find: (query: string) => request<Hit[]>(`/api/search?${new URLSearchParams({ q: query })}`),
  /** A conversation as a text to take away, and what to call it. */
  async taken(id: string, format: "markdown" | "html" | "json"): Promise<[name: string, text: string]> {
    const [response, text] = await exchange(`${session(id)}/export?format=${format}`);
    answered(response.status);
    const [, name] = /filename\*=UTF-8''(.+)/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    return [decodeURIComponent(name ?? "conversation"), successful(response, text)];
  },
};

export type Api = typeof api;

/**
 * Uploads one file. `fetch` tells nothing of its progress, so this is the older interface.
 *
 * @param progress is told the share that was sent, between 0 and 1.
 */
export async function upload(
  file: File,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<Attachment> {
  const form = new FormData();
  form.append("file", file, file.name);
  const [stored] = await sendForm<Attachment[]>("/api/uploads", form, progress, signal);
  if (stored === undefined) throw new ApiError("The answer of the gateway could not be read.", 200);
  return stored;
}

/** As {@link upload}, for any form. Throws ApiError. */
export function sendForm<T>(
  path: string,
  form: FormData,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const exchange = new XMLHttpRequest();
    exchange.open("POST", BASE + path);
    for (const [name, value] of Object.entries(pageHeaders())) exchange.setRequestHeader(name, value);
    exchange.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    exchange.onerror = () => reject(new ApiError(unreachable(), 0));
    exchange.onabort = () => reject(new ApiError(t("The upload was stopped."), 0));
    exchange.onload = () => {
      answered(exchange.status);
      try {
        resolve(formAnswer<T>(exchange.status, exchange.responseText));
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener("abort", () => exchange.abort());
    exchange.send(form);
  });
}

function formAnswer<T>(status: number, body: string): T {
  if (status >= 300) throw new ApiError(reason(body, status), status);
  return read<T>(body);
}
