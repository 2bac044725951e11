/** Where files go that are dropped on the page. */

import { signal } from "@preact/signals";

export interface DropTarget {
  /** What happens to them. */
  readonly words: string;
  readonly take: (files: Iterable<File>) => void;
}

/** Null for the message that is being written. */
export const dropTarget = signal<DropTarget | null>(null);
