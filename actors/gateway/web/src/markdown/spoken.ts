/** Markdown as it is read out: its words in sentences, without marks, code, formulas and addresses. Pure. */

import type { Token, Tokens } from "marked";
import { read } from "./reader";

/** Characters of a piece: some ten seconds. */
const LONGEST = 200;
/** What nobody wants to hear letter by letter. */
const SILENT: ReadonlySet<string> = new Set(["code", "formula", "hr", "space", "def", "image", "literal"]);
/** Blocks that end a sentence, whether they say so or not. */
const BLOCKS: ReadonlySet<string> = new Set(["heading", "paragraph", "list_item", "blockquote"]);

/** What is said of a text, in pieces of a sentence or several short ones. */
export function pieces(markdown: string, language: string): string[] {
  const lines = words(read(markdown.replaceAll("\r\n", "\n"), false)).split("\n");
  const sentences = lines.flatMap((line) => sentencesOf(line.replaceAll(/\s+/g, " ").trim(), language));
  return joined(sentences.flatMap(shortened));
}

/** The words of tokens; a line for each block. */
function words(tokens: readonly Token[]): string {
  return tokens.map(said).join("");
}

function said(token: Token): string {
  if (SILENT.has(token.type)) return "";
  if (token.type === "br") return "\n";
  if (token.type === "list") return `\n${(token as Tokens.List).items.map(said).join("")}`;
  if (token.type === "table") return rows(token as Tokens.Table);
  if (token.type === "link" && isBare(token as Tokens.Link)) return hostOf(token as Tokens.Link);
  const { tokens } = token as { tokens?: Token[] };
  const inner = tokens === undefined ? plain(token) : words(tokens);
  return BLOCKS.has(token.type) && inner.trim() !== "" ? `${inner}\n` : inner;
}

function plain(token: Token): string {
  const { text } = token as { text?: string };
  return text ?? token.raw;
}

/** Whether a link shows its address and nothing else. */
function isBare({ text, href }: Tokens.Link): boolean {
  return href.startsWith("http") && href.endsWith(text);
}

function hostOf({ href }: Tokens.Link): string {
  return URL.canParse(href) ? new URL(href).host : "";
}

function rows({ header, rows: lines }: Tokens.Table): string {
  return [header, ...lines]
    .map((row) => `${row.map((cell) => words(cell.tokens).trim()).join(", ")}\n`)
    .join("");
}

function sentencesOf(line: string, language: string): string[] {
  if (line === "") return [];
  if (typeof Intl.Segmenter !== "function") return line.split(/(?<=[.!?…])\s+/);
  const found = new Intl.Segmenter(language || "en", { granularity: "sentence" }).segment(line);
  return [...found].map(({ segment }) => segment.trim()).filter((segment) => segment !== "");
}

/** A sentence in pieces that are short enough, cut where there is a pause, else between words. */
function shortened(sentence: string): string[] {
  const found: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST) {
    const head = rest.slice(0, LONGEST);
    const pause = Math.max(head.lastIndexOf(", "), head.lastIndexOf("; "), head.lastIndexOf(": ")) + 1;
    const at = pause > 0 ? pause : head.lastIndexOf(" ") > 0 ? head.lastIndexOf(" ") : LONGEST;
    found.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return rest === "" ? found : [...found, rest];
}

/** Short ones together, so that there are few pauses between them. */
function joined(sentences: readonly string[]): string[] {
  const found: string[] = [];
  for (const sentence of sentences) {
    const last = found.at(-1);
    if (last !== undefined && last.length + sentence.length < LONGEST) {
      found[found.length - 1] = /[.!?…:;,]$/.test(last) ? `${last} ${sentence}` : `${last}. ${sentence}`;
    } else found.push(sentence);
  }
  return found;
}
