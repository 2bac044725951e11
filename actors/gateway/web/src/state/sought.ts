/** The message that somebody wants to see: a hit of a search. */

import { signal } from "@preact/signals";

export interface Sought {
  readonly session: string;
  readonly turn: string;
  /** What was looked for; its words are marked. */
  readonly query: string;
}

export const sought = signal<Sought | null>(null);
