/** What a subsystem may bring to the page. */

import type { ComponentType } from "preact";

/** The default export of `actors/<name>/page.tsx`. The file is loaded with the page, the view when it is looked at. */
export interface Section {
  /** Its place in the address: `#/s/<id>`. */
  readonly id: string;
  readonly title: () => string;
  /** Its place in the list of sections, the smallest first. Those without one come last. */
  readonly rank?: number;
  /** Drawn with one stroke on a grid of 16: the `d` of an SVG path. */
  readonly icon: string;
  readonly view: () => Promise<{ readonly default: ComponentType<SectionProps> }>;
  /** Whether only an admin gets to see it. */
  readonly admin?: true;
  /** Whether only those get to see it who may look at the agent's files. */
  readonly files?: true;
  /** The letter that leads there and back, together with Alt. */
  readonly key?: string;
  /** What stands above a place within it; by default its title. */
  readonly heading?: (path: readonly string[]) => string;
  /**
   * The place within it where an admin is led who opens the page with nothing in mind; null where there is nothing to do.
   *
   * @param model the one that answers, `provider/model`.
   */
  readonly first?: (model: string) => Promise<readonly string[] | null>;
  /** A link below each answer to what the section knows of its turn. */
  readonly turns?: { readonly title: () => string; readonly path: (turn: string) => readonly string[] };
}

export interface SectionProps {
  /** The place within the section: what the address holds behind its id. */
  readonly path: readonly string[];
}
