/** What conversations and jobs are called. Pure. */

import { t } from "./language/texts";
import type { Session } from "./protocol";

/** Anything but space, marks without a letter, and characters that only shape others or fill a place. */
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0]/u;
/** Marks of Markdown that a line begins with. */
const MARKS = /^(?:\s*(?:#{1,6}|[>*+-])\s+)+/;
const FENCE = /^\s*(?:`{3,}|~{3,})/;

/** One line that can be seen: the title, which may be the beginning of a message, or else what stands for it. */
export function titleOf({ title, summary }: Pick<Session, "title" | "summary">): string {
  for (const text of [title, summary]) {
    if (text !== null && VISIBLE.test(text)) return lineOf(text);
  }
  return t("Untitled");
}

/** The name of a job as people read it: `heartbeat` for `__heartbeat__`, one of those that the agent has by itself. */
export function jobName(name: string): string {
  return /^__(.+)__$/.exec(name)?.[1] ?? name;
}

function lineOf(text: string): string {
  const lines = text.split("\n").filter((line) => !FENCE.test(line));
  const plain = lines.map((line) => line.replace(MARKS, "")).join(" ");
  return (VISIBLE.test(plain) ? plain : text).replaceAll(/\s+/g, " ").trim();
}
