/**
 * Markdown to HTML in blocks, such that text that grows at its end costs only its last block: finished blocks keep
 * their identity. The HTML is not safe; see `sanitise.ts`. Pure.
 */

import type { Token } from "marked";
import { OpenFences } from "./fences";
import { htmlOf, PAIRED, read } from "./reader";

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
  const text = source.replaceAll("\r\n", "\n").replaceAll("\0", "\uFFFD");
  const unchanged = before.text === text && growing === before.settledBlocks < before.blocks.length;
  if (unchanged) return before;
  const grown = text.startsWith(before.text) && !DEFINITION.test(text);
  const settled = grown ? before.settled : 0;
  const kept = grown ? before.blocks.slice(0, before.settledBlocks) : [];
  const tail = text.slice(settled);
  const tokens = read(growing ? mend(tail) : tail, growing);
  const finished = growing && !DEFINITION.test(text) ? settledTokens(tokens) : tokens.length;
  const blocks = [...kept];
  let offset = settled;
  let settledBlocks = kept.length;
  tokens.forEach((token, index) => {
    const open = growing && index >= finished;
    if (token.type !== "space") blocks.push({ html: htmlOf(token, tokens), open });
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

/** A last line that may still become a list, a rule, a heading, a fence, an underline … */
const UNDECIDED = /(?:^|\n)[ \t]*(?:[-=*+_~`#>]{1,3}|\d{1,9}[.)]?)[ \t]*$/;
/** The head of a table whose second line is not there yet. */
const TABLE_HEAD = /(?:^|\n\n)\|[^\n]*(?:\n[|:\- \t]*)?$/;
/** What may stand before a fence: marks of quotes and lists. */
const BEFORE_FENCE = /^[ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*/;
/** A line at which HTML begins, in which marks are no marks. */
const HTML = new RegExp(`(?:^|\\n) {0,3}<(?!/?(?:br|${PAIRED.join("|")})\\b)[a-z!?/]`, "i");
/** A tag that is still being typed, and one that is obeyed once it is closed. */
const HALF_TAG = /<\/?[a-z]{0,4}$/i;
const OPEN_TAG = new RegExp(`<(${PAIRED.join("|")})>(?![^]*</\\1>)`, "gi");
/** How far back from its end text is mended, in characters. */
const REACH = 2000;
/** A fence that is still being typed. */
const HALF_FENCE = /\n[ \t]*[`~]{1,2}$/;

/**
 * Makes the end of unfinished text what it will most likely become, so that marks do not flash up: undecided lines are
 * held back, and what was opened is closed. Never adds text that can be seen.
 */
export function mend(text: string): string {
  if (insideFence(text)) return text.replace(HALF_FENCE, "");
  const decided = text.replace(TABLE_HEAD, "").replace(UNDECIDED, "");
  const start = Math.max(decided.lastIndexOf("\n\n") + 1, decided.length - REACH);
  const last = decided.slice(start);
  return HTML.test(last) ? decided : decided.slice(0, start) + closeMarks(last);
}

function insideFence(text: string): boolean {
  const fences = new OpenFences();
  for (const line of text.split("\n")) fences.take(line.replace(BEFORE_FENCE, ""));
  return fences.inside;
}

function closeMarks(paragraph: string): string {
  const ticks = (paragraph.match(/`/g) ?? []).length;
  if (ticks % 2 === 1) return paragraph.endsWith("`") ? paragraph.slice(0, -1) : paragraph + "`";
  // A picture or link whose address is still being written: only its words, for now.
  const linked = paragraph
    .replace(/!\[[^\]\n]*(?:\](?:\([^)\n]*)?)?$/, "")
    .replace(/\[([^\]\n]*)(?:\](?:\([^)\n]*)?)?$/, "$1");
  return closeTags(["**", "~~"].reduce(closeMark, linked.replace(HALF_TAG, "")));
}

function closeMark(text: string, mark: string): string {
  if (text.split(mark).length % 2 === 1) return text;
  const bare = text.trimEnd();
  if (bare.endsWith(mark)) return bare.slice(0, -mark.length);
  const opens = /\S/.test(bare[bare.lastIndexOf(mark) + mark.length] ?? "");
  return opens ? bare + mark : text;
}

function closeTags(text: string): string {
  const open = [...text.matchAll(OPEN_TAG)].map(([, tag]) => `</${tag}>`);
  return text + open.reverse().join("");
}
