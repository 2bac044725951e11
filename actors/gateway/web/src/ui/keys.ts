/** Keyboard shortcuts of the whole page. The sheet that lists them is made from the same table. */

import sections from "@starpod/sections";
import { t } from "../language/texts";

export type Command =
  | "answer"
  | "compose"
  | "fresh"
  | "keys"
  | "next"
  | "previous"
  | "rename"
  | "search"
  | "sidebar"
  | "stop"
  /** Leads to the section of that id and back. */
  | { readonly section: string };

interface Shortcut {
  readonly keys: string;
  readonly does: () => string;
  /** Absent for what other parts of the page listen to. */
  readonly command?: Command;
  readonly matches?: (event: KeyboardEvent) => boolean;
  /** Whether it works while text is being written. */
  readonly everywhere?: boolean;
}

const control = (event: KeyboardEvent) => (event.ctrlKey || event.metaKey) && !event.altKey;
const plain = (event: KeyboardEvent, key: string) =>
  event.key === key && !event.ctrlKey && !event.metaKey && !event.altKey;

function toSection(section: string, title: () => string, key: string): Shortcut {
  return {
    keys: `Alt ${key.toUpperCase()}`,
    does: () => t("{title}, and back", { title: title() }),
    command: { section },
    matches: (event) => event.altKey && !event.ctrlKey && event.key.toLowerCase() === key,
    everywhere: true,
  };
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "Enter", does: () => t("Send, also while the agent works") },
  { keys: "Alt Enter", does: () => t("Send as the next turn, after the present one") },
  { keys: "Shift Enter", does: () => t("New line") },
  { keys: "↑", does: () => t("In an empty field: edit your last message") },
  {
    keys: "Esc",
    does: () => t("Close what is open, else stop the agent"),
    command: "stop",
    matches: (event) => plain(event, "Escape"),
    everywhere: true,
  },
  { keys: "/", does: () => t("Write"), command: "compose", matches: (event) => plain(event, "/") },
  {
    keys: "Ctrl K",
    does: () => t("Search conversations"),
    command: "search",
    matches: (event) => control(event) && event.key.toLowerCase() === "k",
    everywhere: true,
  },
  {
    keys: "Ctrl Shift O",
    does: () => t("New conversation"),
    command: "fresh",
    matches: (event) => control(event) && event.shiftKey && event.key.toLowerCase() === "o",
    everywhere: true,
  },
  {
    keys: "Alt ↑",
    does: () => t("Conversation above"),
    command: "previous",
    matches: (event) => event.altKey && event.key === "ArrowUp",
    everywhere: true,
  },
  {
    keys: "Alt ↓",
    does: () => t("Conversation below"),
    command: "next",
    matches: (event) => event.altKey && event.key === "ArrowDown",
    everywhere: true,
  },
  {
    keys: "F8",
    does: () => t("To what waits for your answer: Y, N, C or A there answers it"),
    command: "answer",
    matches: (event) => plain(event, "F8"),
    everywhere: true,
  },
  {
    keys: "F2",
    does: () => t("Rename"),
    command: "rename",
    matches: (event) => plain(event, "F2"),
    everywhere: true,
  },
  {
    keys: "Ctrl B",
    does: () => t("Show or hide the list"),
    command: "sidebar",
    matches: (event) => control(event) && !event.shiftKey && event.key.toLowerCase() === "b",
    everywhere: true,
  },
  ...sections.flatMap(({ id, title, key }): Shortcut[] =>
    key === undefined ? [] : [toSection(id, title, key)],
  ),
  { keys: "?", does: () => t("This sheet"), command: "keys", matches: (event) => plain(event, "?") },
];

/** The command that a key press stands for, if any. */
export function commandFor(event: KeyboardEvent): Command | null {
  if (event.defaultPrevented || event.isComposing) return null;
  const writing = event.target instanceof Element && event.target.matches("input, textarea, select");
  const found = SHORTCUTS.find(
    (shortcut) => shortcut.matches?.(event) === true && (shortcut.everywhere === true || !writing),
  );
  return found?.command ?? null;
}
