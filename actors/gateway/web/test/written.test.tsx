/** What is shown of an answer is what was written. */

import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "preact";
import { Markdown } from "../src/markdown/Markdown";

/** What can be seen of a text: its words, where links lead, line breaks, and the numbers of lists. */
function shown(text: string, pieces: readonly string[] = [text]): string {
  const root = document.createElement("div");
  let grown = "";
  for (const piece of pieces) {
    grown += piece;
    render(<Markdown text={grown} growing={grown !== text} />, root);
  }
  const all = seen(root);
  render(null, root);
  return all;
}

function seen(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? "";
  const element = node as HTMLElement;
  if (element.localName === "br") return "\n";
  const inner = [...element.childNodes].map(seen).join("");
  const address = decoded(element.getAttribute("href"));
  const title = element.localName === "a" ? (element.getAttribute("title") ?? "") : "";
  const same = address !== null && address.replace(/^(?:mailto:|http:\/\/)/, "") === inner;
  const leads = address === null || address === inner || same ? "" : ` ${address} ${title}`;
  return `${inner}${leads}${/^(?:p|li|h\d|pre|div|t[dhr])$/.test(element.localName) ? "\n" : ""}`;
}

function decoded(address: string | null): string | null {
  try {
    return address === null ? null : decodeURIComponent(address);
  } catch {
    return address;
  }
}

for (const [written, expected = written] of [
  ["Add <!-- more --> after it."],
  ["Put each <li> inside a <ul>."],
  ['Use <div class="x"> and <b onclick="y(\'*a*\')">bold</b>.'],
  ["<script>alert(1)</script>"],
  ["<p>&lt;i&gt; &amp;</p>"],
  ["<details>\n  <summary>More</summary>\n  **not bold**\n</details>"],
  ["List<String> and map<key:value>, a < b > c"],
  ["An opening <kbd> alone, and a </sub> alone"],
  ["one<br>two<br/>three", "one\ntwo\nthree"],
  ["H<sub>2</sub>O, <kbd>Esc</kbd>, <mark>**so**</mark>", "H2O, Esc, so"],
  ["[ERROR]: refused"],
  ['[1]: https://example.com/ "A title"'],
  ["see [1]\n\n[1]: https://example.com/", "see 1 https://example.com/"],
  ["3~5 days, 7~9 nights"],
  ["\\(\\frac{a_1}{b}\\, c\\) and $$x^{*} y^{*}$$"],
  ["![a --> b](https://example.com/x.png)", "a --> b example.com https://example.com/x.png"],
  ["[](https://example.com/)", "https://example.com/"],
  ["nothing\0here", "nothing\uFFFDhere"],
] as const) {
  test(`${JSON.stringify(written)} is shown as it was written`, () => {
    assert.equal(shown(written).trim(), expected);
  });
}

test("only pairs of tags that Markdown has no notation for are obeyed", () => {
  const root = document.createElement("div");
  render(<Markdown text="H<sub>2</sub>O <SUP>a</SUP> <b>x</b> <sub>" growing={false} />, root);
  assert.equal(
    root.querySelector("p")?.innerHTML,
    "H<sub>2</sub>O <sup>a</sup> &lt;b&gt;x&lt;/b&gt; &lt;sub&gt;",
  );
});

test("a row with more cells than headings keeps them all", () => {
  assert.match(shown("| a | b |\n|---|---|\n| `x || y` | or | more |"), /x[^]*y[^]*or[^]*more/);
});

test("a pipe in code does not part a cell of a table that has no room for more", () => {
  const root = document.createElement("div");
  render(
    <Markdown text={"| a | b |\n|---|---|\n| `x || y` | or |\n| `p \\| q` | pipe |"} growing={false} />,
    root,
  );
  assert.deepEqual(
    [...root.querySelectorAll("td")].map((cell) => cell.textContent),
    ["x || y", "or", "p | q", "pipe"],
  );
});

test("a list keeps its numbers", () => {
  const root = document.createElement("div");
  const numbers = (text: string) => {
    render(<Markdown text={text} growing={false} />, root);
    return [...root.querySelectorAll("li")].map((item) => item.value);
  };
  assert.deepEqual(numbers("3. c\n2. b\n1. a"), [3, 2, 1]);
  assert.deepEqual(numbers("1. a\n1. b\n1. c"), [1, 2, 3]);
  assert.deepEqual(numbers("123456. a\n123457. b"), [123456, 123457]);
});

const INNER = "# Title\n\n```bash\nmake\n```\n\nEnd of it.";

for (const [name, written] of [
  ["longer outer fences", `\`\`\`\`markdown\n${INNER}\n\`\`\`\`\n\nAfter.`],
  ["equal fences, of which the inner one names its language", `\`\`\`markdown\n${INNER}\n\`\`\`\n\nAfter.`],
  ["tildes outside", `~~~md\n${INNER}\n~~~\n\nAfter.`],
] as const) {
  test(`a block of Markdown may contain a fence: ${name}`, () => {
    for (const pieces of [[written], [...written]]) {
      const root = document.createElement("div");
      pieces.reduce((text, piece) => {
        render(<Markdown text={text + piece} growing={text + piece !== written} />, root);
        return text + piece;
      }, "");
      assert.equal(root.querySelector("pre")?.textContent, INNER);
      assert.equal(root.querySelectorAll("pre").length, 1);
      assert.equal(root.querySelector(".markdown > p:last-child")?.textContent, "After.");
    }
  });
}

test("a block of Markdown whose fences do not come in pairs ends at the first bare one", () => {
  assert.match(shown("```markdown\n```bash\nmake\n```\n\n# After"), /make\n+After/);
});

/** Marks, halves of marks and what merely looks like them. */
const HOSTILE = [
  ..."* ** _ __ ~ ~~ ` `` ``` > - + # ## | || [ ] ( ) ! \\ < > & $ $$ : = == --- *** 1. 1) [x] [ ]".split(
    " ",
  ),
  ..."<b> </b> <li> <kbd> </kbd> <sub> </sub> <!-- --> <!-- <? ?> <![CDATA[ ]]> <script> </script> <a> </a>".split(
    " ",
  ),
  ...[
    "<br>",
    "<pre>",
    "</pre>",
    '<img src="x">',
    "&amp;",
    "&#0;",
    "&nope;",
    "[a]:",
    "[a]: https://a.example",
    "][",
    "](",
    "](",
  ],
  ...[
    "https://a.example/",
    "www.a.example",
    "a@a.example",
    "[a](b.md)",
    "![a](b.png)",
    "|---|---|",
    "| a | b |",
  ],
  ...[
    "```markdown",
    "```py",
    "~~~",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "שלום",
    "\u202e",
    "\u200b",
    "\ufeff",
    "é",
    "👩‍👧",
    "\t",
    "    ",
  ],
  ...["\n", "\n\n", "\n", "\n\n", " ", " ", " ", " "],
];

/** A sequence of numbers in [0, 1) that is the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function hostile(seed: number): { text: string; words: readonly string[] } {
  const next = random(seed);
  const words: string[] = [];
  const pieces = Array.from({ length: 4 + Math.floor(next() * 40) }, () => {
    if (next() < 0.7) return HOSTILE[Math.floor(next() * HOSTILE.length)] ?? "";
    words.push(`w${words.length}w`);
    return words.at(-1) ?? "";
  });
  return { text: pieces.join(""), words };
}

test("no word of a hostile text vanishes, comes twice, or changes its place", () => {
  for (let seed = 0; seed < 600; seed += 1) {
    const { text, words } = hostile(seed);
    assert.deepEqual(shown(text).match(/w\d+w/g) ?? [], words, `${seed}: ${JSON.stringify(text)}`);
  }
});

test("hostile text that grew is shown like text that came at once", () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const { text } = hostile(seed);
    assert.equal(shown(text, text.match(/[^]{1,5}/g) ?? []), shown(text), `${seed}: ${JSON.stringify(text)}`);
  }
});
