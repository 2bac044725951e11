/** Short messages that belong to no place on the page. */

import { signal } from "@preact/signals";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

const MOST = 3;
let count = 0;

export const toasts = signal<readonly Toast[]>([]);

/** Shows a message until it is dismissed; the oldest goes when there are too many. */
export function toast(text: string): void {
  if (toasts.value.some((other) => other.text === text)) return;
  count += 1;
  toasts.value = [...toasts.value, { id: count, text }].slice(-MOST);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((other) => other.id !== id);
}
