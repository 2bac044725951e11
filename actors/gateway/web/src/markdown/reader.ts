/**
 * Markdown as it is read here: GitHub's, except that what would vanish is shown as it was written. The HTML that comes
 * of it is not safe; see `sanitise.ts`. Pure.
 *
 * - HTML is text. `<br>` breaks a line; pairs of {@link PAIRED} within one paragraph, without attributes, are obeyed.
 * - A link with a relative path leads to a file in the agent's home, see `home.ts`. One that may not be followed shows
 *   where it would lead.
 * - `[name]: address` is a definition only with an address of the web, and is shown where nothing refers to it.
 * - A row of a table keeps its cells beyond the last heading, a list its numbers, a formula its backslashes.
 * - Only `~~` strikes out: `3~5` is a range. Blocks of Markdown may contain fences, see `fences.ts`.
 */

import { Marked, Tokenizer, type MarkedExtension, type Token, type Tokens, type TokensList } from "marked";
import { markdownBlock } from "./fences";
import { homeAddress } from "./home";
import { attribute, escaped, escapedOnce, followable } from "./html";

/** Tags without a notation in Markdown. */
export const PAIRED = ["kbd", "mark", "sub", "sup", "u"] as const;

// Their reach is limited, so that many openings without an end cost no more than they are long.
const PAIR = new RegExp(`^<(${PAIRED.join("|")})>([^]{0,500}?)</\\1>`, "i");
const FORMULA = /^(?:\\\([^]{1,2000}?\\\)|\\\[[^]{1,2000}?\\\]|\$\$[^$]{1,2000}\$\$)/;
/** Between single marks a formula holds more than a number, and no sum of money ends or begins it. */
const SHORT_FORMULA =
  /^\$(?=[^\s$])(?=[^$\n]*[A-Za-z\\])[^$\n]{0,200}?[^\s$\\]\$(?![\w$])|^\$[A-Za-z]\$(?![\w$])/;
const BREAK = /^<br ?\/?>/i;
const OBEYED = new RegExp(`^ {0,3}</?(?:br|${PAIRED.join("|")})\\b`, "i");

const original = Tokenizer.prototype;

/** Text to be shown letter for letter. */
function literal(raw: string): Tokens.Generic {
  return { type: "literal", raw };
}

/** Entries of definitions that something refers to. */
const referredTo = new WeakSet<object>();

/** The name of a definition, as the list of links knows it. */
function nameOf(label: string): string {
  return label.trim().replaceAll(/\s+/g, " ").toLowerCase().toUpperCase().toLowerCase();
}

const tokens: MarkedExtension = {
  extensions: [
    { name: "literal", renderer: (token) => escaped(token.raw) },
    {
      name: "formula",
      level: "inline",
      start: (source) => /\\[([]|\$/.exec(source)?.index,
      tokenizer: (source) => formulaIn(source),
      renderer: (token) => `<span class="formula">${escaped(token.raw)}</span>`,
    },
    {
      name: "paired",
      level: "inline",
      start: (source) => (source.includes("<") ? source.indexOf("<") : undefined),
      tokenizer(source) {
        const [raw, tag, inner] = PAIR.exec(source) ?? [];
        if (raw === undefined || tag === undefined || inner === undefined) return undefined;
        return { type: "paired", raw, tag: tag.toLowerCase(), tokens: this.lexer.inlineTokens(inner) };
      },
      renderer(token) {
        return `<${String(token["tag"])}>${this.parser.parseInline(token.tokens ?? [])}</${String(token["tag"])}>`;
      },
    },
  ],
  tokenizer: {
    html: (source) => (OBEYED.test(source) ? undefined : false),
    tag(source) {
      const line = BREAK.exec(source)?.[0];
      if (line !== undefined) return { type: "br", raw: line } as unknown as Tokens.Tag;
      const tag = original.tag.call(this, source);
      // What is within `<a>` or `<code>` is read like anything else: these are text.
      this.lexer.state.inLink = false;
      this.lexer.state.inRawBlock = false;
      return tag && (literal(tag.raw) as unknown as Tokens.Tag);
    },
    def(source) {
      const definition = original.def.call(this, source);
      return definition !== undefined && followable(definition.href) !== null ? definition : undefined;
    },
    reflink(source, links) {
      const [, text = "", name = text] =
        this.rules.inline.reflink.exec(source) ?? this.rules.inline.nolink.exec(source) ?? [];
      const entry: object | undefined = links[nameOf(name)];
      if (entry !== undefined) referredTo.add(entry);
      return false;
    },
    autolink(source) {
      const link = original.autolink.call(this, source);
      return link !== undefined && followable(link.href) !== null ? link : undefined;
    },
    del: (source) => (source.startsWith("~~") ? false : undefined),
    table(source) {
      const table = original.table.call(this, source);
      const columns = table?.header.length ?? 0;
      if (table === undefined || widest(table.raw) <= columns) return table;
      // Most often it is a pipe in code, which everywhere else has to be escaped.
      const escapedPipes = table.raw.replaceAll(/`[^`\n]+`/g, (code) => code.replaceAll(/\\?\|/g, "\\|"));
      const missing = widest(escapedPipes) - columns;
      const whole = original.table.call(this, missing > 0 ? widened(escapedPipes, missing) : escapedPipes);
      return whole && { ...whole, raw: table.raw };
    },
  },
};

function formulaIn(source: string): Tokens.Generic | undefined {
  const raw = (FORMULA.exec(source) ?? SHORT_FORMULA.exec(source))?.[0];
  return raw === undefined ? undefined : { type: "formula", raw };
}

/** Cells of the longest row below the headings. */
function widest(table: string): number {
  return Math.max(0, ...table.split("\n").slice(2).map(cellsIn));
}

function cellsIn(row: string): number {
  const bare = row.replaceAll(/\\./g, "").trim();
  return bare.replace(/^\|/, "").replace(/\|$/, "").split("|").length;
}

/** A table with empty headings for more columns. */
function widened(table: string, by: number): string {
  const [head = "", rule = "", ...rows] = table.split("\n");
  const open = (line: string) => line.trimEnd().replace(/\|$/, "");
  return [`${open(head)}|${" |".repeat(by)}`, `${open(rule)}|${"-|".repeat(by)}`, ...rows].join("\n");
}

const renderer: MarkedExtension = {
  renderer: {
    html: ({ text }) => `<p class="written">${escaped(text.trimEnd())}</p>\n`,
    code({ text, lang }) {
      const info = lang === undefined || lang === "" ? "" : `<span class="info">${escaped(lang)}</span>`;
      return `<pre>${info}<code>${escaped(text)}\n</code></pre>\n`;
    },
    link({ href, title, text, tokens: words, autolink }) {
      if (autolink === true && followable(href) === null) return escapedOnce(text);
      return leading(href, title, text === "" ? escapedOnce(href) : this.parser.parseInline(words), "");
    },
    image({ href, title, text }) {
      return leading(href, title, text === "" ? "Picture" : escapedOnce(text), "picture");
    },
    list({ ordered, start, items }) {
      const numbers = items.map((item) => Number(/^\s*(\d+)/.exec(item.raw)?.[1]));
      // Where all have the same number, it was left to the reader to count.
      const same = numbers.every((number) => number === numbers[0]);
      const body = items.map((item, index) => {
        const number = ordered ? attribute("value", same ? Number(start) + index : numbers[index]) : "";
        return `<li${number}>${this.parser.parse(item.tokens)}</li>\n`;
      });
      return ordered ? `<ol>\n${body.join("")}</ol>\n` : `<ul>\n${body.join("")}</ul>\n`;
    },
    def({ raw, href }) {
      const at = raw.indexOf(href);
      if (at === -1) return `<p>${escaped(raw)}</p>\n`;
      const [before, after] = [raw.slice(0, at), raw.slice(at + href.length)];
      return `<p>${escaped(before)}${leading(href, null, escapedOnce(href), "")}${escaped(after)}</p>\n`;
    },
  },
};

/** A link, or words with the address to which no link may lead. */
function leading(href: string, title: string | null | undefined, words: string, kind: string): string {
  const address = followable(href) ?? homeAddress(href);
  if (address !== null)
    return `<a${attribute("href", address)}${attribute("title", title)}${attribute("class", kind)}>${words}</a>`;
  return words === escapedOnce(href) ? words : `${words} <span class="address">(${escapedOnce(href)})</span>`;
}

function reader(growing: boolean): Marked {
  const fences: MarkedExtension = {
    tokenizer: {
      fences(source) {
        const block = markdownBlock(source, growing);
        return block !== null && { type: "code", raw: block.raw, lang: block.info, text: block.text };
      },
    },
  };
  return new Marked({ gfm: true, breaks: false, async: false }, tokens, renderer, fences);
}

const GROWING = reader(true);
const WHOLE = reader(false);

/**
 * Reads a text as blocks.
 *
 * @param growing whether more text may come.
 */
export function read(text: string, growing: boolean): TokensList {
  const blocks = (growing ? GROWING : WHOLE).lexer(text);
  if (Object.keys(blocks.links).length > 0) WHOLE.walkTokens(blocks, (token) => hideIfUsed(token, blocks));
  return blocks;
}

/** A definition that gives meaning to something need not be seen; of two with one name the first counts. */
function hideIfUsed(token: Token, blocks: TokensList): void {
  if (token.type !== "def") return;
  const { tag, href } = token as Tokens.Def;
  const entry = blocks.links[tag];
  if (entry !== undefined && entry.href === href && referredTo.has(entry)) token.type = "space";
}

/** The HTML of one block. */
export function htmlOf(block: Token, all: TokensList): string {
  return WHOLE.parser(Object.assign([block], { links: all.links }));
}
