/** Short messages that belong to no place on the page. */

import { signal } from "@preact/signals";

export interface Toast {
  readonly id: number;
  readonly text: string;
  /** What can be done about it, for as long as it is shown. */
  readonly action?: { readonly label: string; readonly act: () => void };
}

/** What a person is told although they have not asked. */
export interface Notice {
  readonly id: number;
  readonly title: string;
  readonly text: string;
  /** How it ended, where it is something that ends. */
  readonly success: boolean | null;
  /** The conversation to look at. */
  readonly session: string | null;
}

/** Of each kind. */
const MOST = 3;
let count = 0;

export const toasts = signal<readonly Toast[]>([]);
export const notices = signal<readonly Notice[]>([]);

/** Shows a message until it is dismissed; the oldest goes when there are too many. */
export function toast(text: string): void {
  if (toasts.value.some((other) => other.text === text)) return;
  count += 1;
  toasts.value = [...toasts.value, { id: count, text }].slice(-MOST);
}

/** Milliseconds for which an offer stands; the daemon waits longer. */
export const OFFER_STANDS = 15_000;

/** Tells what was done, with a way back for a while. */
export function offer(text: string, label: string, act: () => void): void {
  count += 1;
  const id = count;
  const done = () => {
    dismiss(id);
    act();
  };
  toasts.value = [...toasts.value, { id, text, action: { label, act: done } }].slice(-MOST);
  setTimeout(() => dismiss(id), OFFER_STANDS);
}

/** Shows a notice until it has been there long enough; one that is shown already is not shown twice. */
export function notify(notice: Omit<Notice, "id">): void {
  const { title, text, session } = notice;
  const same = (other: Notice) => other.title === title && other.text === text && other.session === session;
  if (notices.value.some(same)) return;
  count += 1;
  notices.value = [...notices.value, { ...notice, id: count }].slice(-MOST);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((other) => other.id !== id);
  notices.value = notices.value.filter((other) => other.id !== id);
}

/** Closes the newest notice; false when there is none. */
export function dismissNewest(): boolean {
  const newest = notices.value.at(-1);
  if (newest !== undefined) dismiss(newest.id);
  return newest !== undefined;
}
