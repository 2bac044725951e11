/** Files that are on their way into a folder, one after the other. They go on when somebody looks elsewhere. */

import { signal } from "@preact/signals";
import { ApiError, sendForm } from "@starpod/page";
import { changes, joined } from "./state";

export interface Upload {
  readonly key: number;
  readonly folder: string;
  readonly name: string;
  /** That was sent, between 0 and 1; null while it waits. */
  readonly share: number | null;
  /** Why it is not there. */
  readonly problem: string | null;
  /** Whether that is because something of its name is. */
  readonly taken: boolean;
}

interface Task {
  readonly file: File;
  readonly replace: boolean;
  readonly stop: AbortController;
}

export const uploads = signal<readonly Upload[]>([]);
const tasks = new Map<number, Task>();
let last = 0;
let running = false;

export function bring(folder: string, files: Iterable<File>): void {
  for (const file of files) {
    const key = ++last;
    tasks.set(key, { file, replace: false, stop: new AbortController() });
    uploads.value = [
      ...uploads.value,
      { key, folder, name: file.name, share: null, problem: null, taken: false },
    ];
  }
  void run();
}

/** Tries once more, maybe under another name or in place of what is there. */
export function again(
  key: number,
  { replace = false, name }: { replace?: boolean; name?: string } = {},
): void {
  const task = tasks.get(key);
  if (task === undefined) return;
  tasks.set(key, { ...task, replace, stop: new AbortController() });
  change(key, { share: null, problem: null, taken: false, ...(name === undefined ? {} : { name }) });
  void run();
}

/** Gives one up, whether it is on its way or has failed. */
export function giveUp(key: number): void {
  tasks.get(key)?.stop.abort();
  forget(key);
}

/** Another name for a file: `a.txt` becomes `a (2).txt`, that `a (3).txt`. */
export function nextName(name: string): string {
  const [, stem = name, number, ending = ""] = /^(.+?)(?: \((\d{1,6})\))?(\.[^.]*)?$/.exec(name) ?? [];
  return `${stem} (${Number(number ?? 1) + 1})${ending}`;
}

function change(key: number, changed: Partial<Upload>): void {
  uploads.value = uploads.value.map((each) => (each.key === key ? { ...each, ...changed } : each));
}

function forget(key: number): void {
  tasks.delete(key);
  uploads.value = uploads.value.filter((each) => each.key !== key);
}

async function run(): Promise<void> {
  if (running) return;
  running = true;
  for (;;) {
    const next = uploads.value.find(({ share, problem }) => share === null && problem === null);
    if (next === undefined) break;
    await carry(next);
  }
  running = false;
}

async function carry({ key, folder, name }: Upload): Promise<void> {
  const task = tasks.get(key);
  if (task === undefined) return forget(key);
  change(key, { share: 0 });
  const form = new FormData();
  // Fields before files: the gateway reads them as they come.
  form.append("path", folder === "" ? "." : folder);
  if (task.replace) form.append("replace", "true");
  form.append("file", task.file, name);
  try {
    await sendForm("/api/files/upload", form, (share) => change(key, { share }), task.stop.signal);
    forget(key);
    changes.value++;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    change(key, { share: null, problem, taken: error instanceof ApiError && error.status === 409 });
  }
}

/** Where an upload goes, in words. */
export const goesTo = ({ folder, name }: Upload) => joined(folder, name);
