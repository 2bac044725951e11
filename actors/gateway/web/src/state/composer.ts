/** What is being written, for each conversation apart, and kept until it is sent. */

import { computed, signal } from "@preact/signals";
import { upload } from "../net/api";
import type { Attachment } from "../protocol";
import { newId } from "./ids";
import { keep, recall } from "./keep";

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

interface Kept {
  text: string;
  attachments: readonly Attachment[];
}

/** Characters of a message; the gateway takes frames of twice as many, and JSON may need more than one for one. */
const LONGEST = 500_000;
/** Milliseconds without a keystroke before a draft is stored. */
const PAUSE = 300;
const PICTURES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export class Composer {
  private readonly uploads = new Map<string, { file: File; stop: AbortController }>();
  private pause: ReturnType<typeof setTimeout> | undefined;
  /** What was being written before an earlier message was taken up for editing. */
  private stash: Kept | null = null;

  readonly text = signal("");
  readonly files = signal<readonly DraftFile[]>([]);
  /** Whether the text is that of an earlier message, to be sent anew. */
  readonly editing = signal(false);
  readonly uploading = computed(() =>
    this.files.value.some((file) => file.stored === null && file.error === null),
  );
  readonly failed = computed(() => this.files.value.some((file) => file.error !== null));
  readonly tooLong = computed(() => this.text.value.length > LONGEST);
  readonly empty = computed(() => this.text.value.trim() === "" && this.files.value.length === 0);

  constructor(private readonly name: string) {
    const kept = recall<Kept>(name);
    if (kept !== null) this.fill(kept);
  }

  write(text: string): void {
    this.text.value = text;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.store(), PAUSE);
  }

  /** Stores the draft at once. */
  store(): void {
    clearTimeout(this.pause);
    const draft = this.draft();
    const none = draft.text === "" && draft.attachments.length === 0;
    keep(this.name, none || this.editing.value ? this.stash : draft);
  }

  attach(files: Iterable<File>): void {
    for (const file of files) {
      const key = newId();
      const preview = PICTURES.has(file.type) ? URL.createObjectURL(file) : null;
      const { name, size } = file;
      this.files.value = [
        ...this.files.value,
        { key, name, size, share: 0, stored: null, error: null, preview },
      ];
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
    const file = this.files.value.find((other) => other.key === key);
    if (file?.preview?.startsWith("blob:")) URL.revokeObjectURL(file.preview);
    this.uploads.get(key)?.stop.abort();
    this.uploads.delete(key);
    this.files.value = this.files.value.filter((other) => other.key !== key);
    this.store();
  }

  /** Takes an earlier message up. What was being written comes back when that is sent or let go. */
  edit(text: string, attachments: readonly Attachment[]): void {
    if (!this.editing.value) this.stash = this.draft();
    this.editing.value = true;
    this.fill({ text, attachments });
  }

  letGo(): void {
    const stash = this.stash;
    this.stash = null;
    this.editing.value = false;
    this.fill(stash ?? { text: "", attachments: [] });
    this.store();
  }

  /** Hands out what was written and makes room for the next. */
  take(): Kept {
    const draft = this.draft();
    this.letGo();
    return draft;
  }

  private draft(): Kept {
    const attachments = this.files.value.map((file) => file.stored).filter((stored) => stored !== null);
    return { text: this.text.value, attachments };
  }

  private fill({ text, attachments }: Kept): void {
    this.text.value = text;
    this.files.value = attachments.map((stored) => ({
      key: stored.path,
      name: stored.file_name,
      size: stored.size,
      share: 1,
      stored,
      error: null,
      preview: null,
    }));
  }

  private change(key: string, change: Partial<DraftFile>): void {
    this.files.value = this.files.value.map((file) => (file.key === key ? { ...file, ...change } : file));
  }
}

const composers = new Map<string, Composer>();

/** The composer of a conversation; null means the one yet to begin. */
export function composerOf(session: string | null): Composer {
  const name = `draft.${session ?? "new"}`;
  const known = composers.get(name) ?? new Composer(name);
  composers.set(name, known);
  return known;
}

/** Stores all drafts at once: the page is about to go. */
export function storeDrafts(): void {
  for (const composer of composers.values()) composer.store();
}
