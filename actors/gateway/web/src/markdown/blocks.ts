/**
 * Markdown to HTML in blocks, such that text that grows at its end costs only its last block: finished blocks keep
 * their identity. The HTML is not safe; see `sanitise.ts`. Pure.
 */

import { Marked, type Token, type TokensList } from "marked";

/** Tags that may be written in Markdown, without attributes. All other HTML is shown as the text it is. */
const PLAIN_TAGS =
  /^(?:b|blockquote|br|code|dd|del|details|dl|dt|em|h[1-6]|hr|i|ins|kbd|li|mark|ol|p|pre|s|small|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)$/i;

const marked = new Marked({
  gfm: true,
  breaks: false,
  async: false,
  renderer: { html: ({ text }) => plainTags(text) },
});

function plainTags(text: string): string {
  return text
    .replaceAll(/<!--[^]*?-->/g, "")
    .replaceAll(/<\/?(\w+)\s*\/?>|</g, (piece, tag: string | undefined) =>
      tag !== undefined && PLAIN_TAGS.test(tag) ? piece : piece.replaceAll("<", "&lt;"),
    );
}

export interface Block {
  readonly html: string;
  /** Whether more text may still change it. */
  readonly open: boolean;
}

export interface Blocks {
  readonly blocks: readonly Block[];
  /** The text they were made of. */
  readonly text: string;
  /** Length of the text that the finished blocks cover, and how many they are. */
  readonly settled: number;
  readonly settledBlocks: number;
}

export const NOTHING: Blocks = { blocks: [], text: "", settled: 0, settledBlocks: 0 };

/** Definitions such as `[name]: address` give meaning to blocks before them, so such text is never cut. */
const DEFINITION = /^ {0,3}\[[^\]]+\]:\s*\S/m;

/**
 * Brings blocks up to date with their text.
 *
 * @param before the blocks of an earlier state of the same text, or of another one.
 * @param growing whether more text is to come.
 */
export function update(before: Blocks, source: string, growing: boolean): Blocks {
  const text = source.replaceAll("\r\n", "\n");
  const unchanged = before.text === text && growing === before.settledBlocks < before.blocks.length;
  if (unchanged) return before;
  const grown = text.startsWith(before.text) && !DEFINITION.test(text);
  const settled = grown ? before.settled : 0;
  const kept = grown ? before.blocks.slice(0, before.settledBlocks) : [];
  const tail = text.slice(settled);
  const tokens = marked.lexer(growing ? mend(tail) : tail);
  const finished = growing && !DEFINITION.test(text) ? settledTokens(tokens) : tokens.length;
  const blocks = [...kept];
  let offset = settled;
  let settledBlocks = kept.length;
  tokens.forEach((token, index) => {
    const open = growing && index >= finished;
    if (token.type !== "space") blocks.push({ html: html(token, tokens), open });
    if (open) return;
    offset += token.raw.length;
    settledBlocks = blocks.length;
  });
  return { blocks, text, settled: offset, settledBlocks };
}

/** How many tokens no further text can change: all before the last one that is not mere space. */
function settledTokens(tokens: readonly Token[]): number {
  return Math.max(
    0,
    tokens.findLastIndex((token) => token.type !== "space"),
  );
}

function html(token: Token, all: TokensList): string {
  return marked.parser(Object.assign([token], { links: all.links }));
}

/** A last line that may still become a list, a rule, a heading, a fence, an underline … */
const UNDECIDED = /(?:^|\n)[ \t]*(?:[-=*+_~`#>]{1,3}|\d{1,9}[.)]?)[ \t]*$/;
/** The head of a table whose second line is not there yet. */
const TABLE_HEAD = /(?:^|\n\n)\|[^\n]*(?:\n[|:\- \t]*)?$/;
const FENCE = /^[ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*(`{3,}|~{3,})/;
/** A fence that is still being typed. */
const HALF_FENCE = /\n[ \t]*[`~]{1,2}$/;

/**
 * Makes the end of unfinished text what it will most likely become, so that marks do not flash up: undecided lines are
 * held back, and what was opened is closed. Never adds text that can be seen.
 */
export function mend(text: string): string {
  if (insideFence(text)) return text.replace(HALF_FENCE, "");
  const decided = text.replace(TABLE_HEAD, "").replace(UNDECIDED, "");
  const start = decided.lastIndexOf("\n\n") + 1;
  return decided.slice(0, start) + closeMarks(decided.slice(start));
}

function insideFence(text: string): boolean {
  let open: string | null = null;
  for (const line of text.split("\n")) {
    const fence = FENCE.exec(line)?.[1];
    if (fence === undefined) continue;
    if (open === null) open = fence;
    else if (fence.startsWith(open) && line.trim() === fence) open = null;
  }
  return open !== null;
}

function closeMarks(paragraph: string): string {
  const ticks = (paragraph.match(/`/g) ?? []).length;
  if (ticks % 2 === 1) return paragraph.endsWith("`") ? paragraph.slice(0, -1) : paragraph + "`";
  // A picture or link whose address is still being written: only its words, for now.
  const linked = paragraph
    .replace(/!\[[^\]\n]*(?:\](?:\([^)\n]*)?)?$/, "")
    .replace(/\[([^\]\n]*)(?:\](?:\([^)\n]*)?)?$/, "$1");
  return ["**", "~~"].reduce(closeMark, linked);
}

function closeMark(text: string, mark: string): string {
  if (text.split(mark).length % 2 === 1) return text;
  const bare = text.trimEnd();
  if (bare.endsWith(mark)) return bare.slice(0, -mark.length);
  const opens = /\S/.test(bare[bare.lastIndexOf(mark) + mark.length] ?? "");
  return opens ? bare + mark : text;
}
