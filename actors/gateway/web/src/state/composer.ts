/** What is being written, for each conversation apart, and kept until it is sent. */

import { computed, signal } from "@preact/signals";
import { upload, type Api } from "../net/api";
import type { Attachment } from "../protocol";
import { newId } from "./ids";
import { load, save, savedNames } from "./storage";

/** A file that is to go with the message. */
export interface DraftFile {
  readonly key: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Share that was uploaded, between 0 and 1. */
  readonly share: number;
  readonly stored: Attachment | null;
  readonly error: string | null;
  /** Address of a picture to show; null for other files. */
  readonly preview: string | null;
}

/** A message that is ready to be sent, and a draft as it is stored. */
interface Message {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** A draft as this browser keeps it. */
interface Kept extends Message {
  /** Its text as the daemon has it, for other devices. */
  readonly synced?: string;
}

/** What is being written. */
interface Draft {
  readonly text: string;
  readonly files: readonly DraftFile[];
}

const NOTHING: Draft = { text: "", files: [] };

/** Characters of a message; the gateway takes frames of twice as many, and JSON may need more than one for one. */
const LONGEST = 500_000;
/** Milliseconds without a keystroke before a draft is stored. */
const PAUSE = 300;
/** Milliseconds before the daemon is told. */
const SYNC_PAUSE = 1000;
/** Characters of a draft that the daemon keeps; longer ones stay with this browser. */
const LONGEST_SYNCED = 50_000;
const PICTURES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export class Composer {
  private readonly uploads = new Map<string, { file: File; stop: AbortController }>();
  private forgotten = false;
  private pause: ReturnType<typeof setTimeout> | undefined;
  private syncPause: ReturnType<typeof setTimeout> | undefined;
  /** The text as the daemon has it. */
  private synced: string;
  /** What it is being told: one thing after the other, so that the last is what stays. */
  private telling: Promise<void> = Promise.resolve();
  private readonly draft = signal<Draft>(NOTHING);
  /** What was being written before an earlier message was taken up for editing; its uploads go on. */
  private readonly stash = signal<Draft | null>(null);

  readonly text = computed(() => this.draft.value.text);
  readonly files = computed(() => this.draft.value.files);
  /** Whether the text is that of an earlier message, to be sent anew. */
  readonly editing = computed(() => this.stash.value !== null);
  readonly uploading = computed(() => this.files.value.some(isUploading));
  readonly failed = computed(() => this.files.value.some((file) => file.error !== null));
  readonly tooLong = computed(() => this.text.value.length > LONGEST);
  readonly empty = computed(() => this.text.value.trim() === "" && this.files.value.length === 0);
  /** Whether something would be lost if the page went away: a file that is not uploaded, a message being edited. */
  readonly fragile = computed(
    () => this.editing.value || this.files.value.some((file) => file.stored === null),
  );

  constructor(private readonly name: string) {
    const stored = load<Kept>(name);
    if (stored !== null) this.draft.value = draftOf(stored);
    this.synced = stored?.synced ?? "";
  }

  write(text: string): void {
    this.draft.value = { ...this.draft.value, text };
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.store(), PAUSE);
  }

  /** Stores the draft at once. */
  store(): void {
    clearTimeout(this.pause);
    if (this.forgotten) return;
    const message = messageOf(this.stash.value ?? this.draft.value);
    const none = message.text === "" && message.attachments.length === 0 && this.synced === "";
    save(this.name, none ? null : { ...message, synced: this.synced });
    if (this.ahead()) {
      clearTimeout(this.syncPause);
      this.syncPause = setTimeout(() => void this.sync(), SYNC_PAUSE);
    }
  }

  /** Stores nothing any more: what is written here is somebody else's. */
  forget(): void {
    this.forgotten = true;
    clearTimeout(this.pause);
    clearTimeout(this.syncPause);
  }

  private ahead(): boolean {
    return !this.forgotten && this.own() !== this.synced && this.own().length <= LONGEST_SYNCED;
  }

  /** What is being written here, beside an earlier message that is edited. */
  private own(): string {
    return (this.stash.value ?? this.draft.value).text;
  }

  /** Tells the daemon what is being written, for other devices; over when it knows, or cannot be told. */
  sync(): Promise<void> {
    this.telling = this.telling.then(() => this.tell());
    return this.telling;
  }

  private async tell(): Promise<void> {
    const text = this.own();
    if (!this.ahead() || keep === null) return;
    told += 1;
    try {
      await keep(this.name.slice(PREFIX.length), text);
      this.synced = text;
      this.store();
    } catch {
      // The browser keeps it as well; the daemon is told again with the next connection.
    }
  }

  /** Takes over what was written on another device, unless something was written here since. */
  adopt(text: string): void {
    if (this.own() !== this.synced || this.synced === text) return;
    this.synced = text;
    if (this.stash.value !== null) this.stash.value = { ...this.stash.value, text };
    else this.draft.value = { ...this.draft.value, text };
    this.store();
  }

  attach(files: Iterable<File>): void {
    for (const file of files) {
      const key = newId();
      const preview = PICTURES.has(file.type) ? URL.createObjectURL(file) : null;
      const { name, size } = file;
      const added = { key, name, size, share: 0, stored: null, error: null, preview };
      this.draft.value = { ...this.draft.value, files: [...this.files.value, added] };
      this.uploads.set(key, { file, stop: new AbortController() });
      void this.send(key);
    }
  }

  /** Tries once more to upload a file that failed. */
  async send(key: string): Promise<void> {
    const task = this.uploads.get(key);
    if (task === undefined) return;
    this.change(key, { error: null, share: 0 });
    try {
      const stored = await upload(task.file, (share) => this.change(key, { share }), task.stop.signal);
      this.change(key, { stored, share: 1 });
      this.uploads.delete(key);
      this.store();
    } catch (error) {
      this.change(key, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  detach(key: string): void {
    const { text, files } = this.draft.value;
    this.drop(files.filter((file) => file.key === key));
    this.draft.value = { text, files: files.filter((file) => file.key !== key) };
    this.store();
  }

  /** Takes an earlier message up. What was being written comes back when that is sent or let go. */
  edit(text: string, attachments: readonly Attachment[]): void {
    if (this.stash.value === null) this.stash.value = this.draft.value;
    else this.drop(this.files.value);
    this.draft.value = draftOf({ text, attachments });
  }

  letGo(): void {
    this.drop(this.files.value);
    this.draft.value = this.stash.value ?? NOTHING;
    this.stash.value = null;
    this.store();
  }

  /** Hands out what was written and makes room for the next. */
  take(): Message {
    const message = messageOf(this.draft.value);
    this.letGo();
    void this.sync(); // at once: what was sent is not to come back as a draft
    return message;
  }

  /** Lets go of everything, and of what is stored. */
  discard(): void {
    this.drop(this.files.value);
    this.stash.value = null;
    this.draft.value = NOTHING;
    this.synced = "";
    this.store();
  }

  /** Stops uploads and gives back the memory of previews. */
  private drop(files: readonly DraftFile[]): void {
    for (const { key, preview } of files) {
      if (preview !== null) URL.revokeObjectURL(preview);
      this.uploads.get(key)?.stop.abort();
      this.uploads.delete(key);
    }
  }

  private change(key: string, change: Partial<DraftFile>): void {
    const changed = ({ text, files }: Draft): Draft => ({
      text,
      files: files.map((file) => (file.key === key ? { ...file, ...change } : file)),
    });
    this.draft.value = changed(this.draft.value);
    if (this.stash.value !== null) this.stash.value = changed(this.stash.value);
  }
}

function isUploading(file: DraftFile): boolean {
  return file.stored === null && file.error === null;
}

function messageOf({ text, files }: Draft): Message {
  return { text, attachments: files.map((file) => file.stored).filter((stored) => stored !== null) };
}

function draftOf({ text, attachments }: Message): Draft {
  const files = attachments.map((stored) => ({
    key: stored.path,
    name: stored.file_name,
    size: stored.size,
    share: 1,
    stored,
    error: null,
    preview: null,
  }));
  return { text, files };
}

const PREFIX = "draft.";
const composers = new Map<string, Composer>();

/** Tells the daemon what is being written somewhere; null while there is none to tell. */
let keep: ((place: string, text: string) => Promise<unknown>) | null = null;
/** How often that was done. */
let told = 0;
/** What the daemon has, by place; null while that is not known. */
let elsewhere: ReadonlyMap<string, string> | null = null;

/** Brings what is being written here and on other devices together. */
export async function syncDrafts(api: Pick<Api, "drafts" | "keepDraft">): Promise<void> {
  keep = api.keepDraft;
  const before = told;
  try {
    const drafts = await api.drafts();
    if (told !== before) return; // it was asked too early to know of that
    elsewhere = new Map(drafts.map(({ place, text }) => [place, text]));
  } catch {
    return; // with the next connection
  }
  for (const [name, composer] of composers) {
    composer.adopt(elsewhere.get(name.slice(PREFIX.length)) ?? "");
    void composer.sync();
  }
}

/** The composer of a conversation; null means the one yet to begin. */
export function composerOf(session: string | null): Composer {
  const name = `${PREFIX}${session ?? "new"}`;
  const known = composers.get(name);
  if (known !== undefined) return known;
  const composer = new Composer(name);
  composers.set(name, composer);
  if (elsewhere !== null) composer.adopt(elsewhere.get(session ?? "new") ?? "");
  return composer;
}

/** Stores all drafts at once: the page is about to go. */
export function storeDrafts(): void {
  for (const composer of composers.values()) composer.store();
}

/** Has nothing of what is being written stored or told any more: the page goes, and comes back for somebody else. */
export function forgetDrafts(): void {
  for (const composer of composers.values()) composer.forget();
  composers.clear();
}

/** Waits until the daemon knows what is being written, as far as it can be told. */
export async function draftsTold(): Promise<void> {
  await Promise.all([...composers.values()].map((composer) => composer.sync()));
}

/** Whether no draft would lose anything if the page went away now. */
export function draftsAreSafe(): boolean {
  return [...composers.values()].every((composer) => !composer.fragile.value);
}

/** Whether something is being written, in this window or when it was last open. */
export function someDraftIsKept(): boolean {
  const here = [...composers.values()].some((composer) => !composer.empty.value);
  return here || savedNames("draft.").length > 0;
}

/** Forgets what is being written, without a trace. Nothing may be written from then on. */
export function discardDrafts(): void {
  keep = null;
  elsewhere = null;
  for (const composer of composers.values()) composer.discard();
  composers.clear();
}
