/** Shows a message that was looked for: brings it into view and marks the words. */

import { useEffect } from "preact/hooks";
import { t } from "../language/texts";
import { openSession } from "../state/router";
import { sought } from "../state/sought";
import { toast } from "../state/toasts";
import { useApp } from "./context";

const NAME = "sought";
/** As the daemon parts words. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/** Follows what is sought in the open conversation, once its messages are there. */
export function useSought(): void {
  const app = useApp();
  const wanted = sought.value;
  const here = wanted !== null && wanted.session === openSession.value ? wanted : null;
  const read = app.open.conversation.value.rows !== null;
  useEffect(() => {
    if (here === null || !read) return;
    let current = true;
    void app.conversations.readUntil(here.session, here.turn).then((there) => {
      if (!current) return;
      sought.value = null;
      if (there)
        requestAnimationFrame(() => void bring(here.turn).then((article) => show(article, here.query)));
      else toast(t("That message is not there any more."));
    });
    return () => {
      current = false;
    };
  }, [here, read]);
  useEffect(() => () => clear(), [openSession.value]);
}

function clear(): void {
  if ("highlights" in CSS) CSS.highlights.delete(NAME);
}

/** Paints that a turn is given to be drawn in full once it is in view. */
const PAINTS = 20;

/** Brings a turn into view and waits until it is drawn in full. */
async function bring(turn: string): Promise<HTMLElement | null> {
  const article = document.querySelector<HTMLElement>(`article[data-turn="${CSS.escape(turn)}"]`);
  for (let paint = 0; paint < PAINTS && article?.classList.contains("away") === true; paint++) {
    article.scrollIntoView({ block: "center" });
    await new Promise(requestAnimationFrame);
  }
  return article;
}

function show(article: HTMLElement | null, query: string): void {
  if (article === null) return;
  const ranges = rangesOf(article, query);
  if ("highlights" in CSS) CSS.highlights.set(NAME, new Highlight(...ranges));
  const first = ranges[0]?.startContainer.parentElement ?? article;
  first.scrollIntoView({ block: "center" });
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
}

/** Where the words of a query stand; the last may be the beginning of one. */
export function rangesOf(within: HTMLElement, query: string): Range[] {
  const words = (query.match(WORDS) ?? []).map(folded);
  const last = words.at(-1);
  if (last === undefined) return [];
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(within, 4); // texts
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    for (const match of (node.nodeValue ?? "").matchAll(WORDS)) {
      const word = folded(match[0]);
      if (!words.includes(word) && !word.startsWith(last)) continue;
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      ranges.push(range);
    }
  }
  return ranges;
}

function folded(word: string): string {
  return word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
