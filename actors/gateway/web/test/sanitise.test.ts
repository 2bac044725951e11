import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING, update } from "../src/markdown/blocks";
import { homePath } from "../src/markdown/home";
import { sanitise, type SafeElement, type SafeNode } from "../src/markdown/sanitise";
import { EVIL, SHOWPIECE } from "./texts";

const nodes = (markdown: string): SafeNode[] =>
  update(NOTHING, markdown, false).blocks.flatMap((block) => sanitise(block.html));

function elements(all: readonly SafeNode[]): SafeElement[] {
  return all.flatMap((node) => (typeof node === "string" ? [] : [node, ...elements(node.children)]));
}

const find = (markdown: string, tag: string): SafeElement[] =>
  elements(nodes(markdown)).filter((one) => one.tag === tag);

const HARMLESS = new Set(
  (
    "a code span ol th td input p br hr h1 h2 h3 h4 h5 h6 blockquote pre ul li table thead tbody tr strong em del " +
    "sub sup kbd mark u"
  ).split(" "),
);

function assertHarmless(all: readonly SafeNode[]): void {
  for (const { tag, attributes } of elements(all)) {
    assert.ok(HARMLESS.has(tag), `<${tag}>`);
    for (const [name, value] of Object.entries(attributes)) {
      assert.doesNotMatch(name, /^on|style|srcdoc|^id$/, `${tag} ${name}`);
      if (name === "href" || name === "src") assert.match(value, /^(?:https?|mailto):/);
    }
  }
}

test("nothing of the corpus becomes an element or an attribute that could act", () => {
  assertHarmless(nodes(EVIL));
});

test("nothing of the corpus does even when it comes as HTML", () => {
  const all = sanitise(EVIL);
  assert.ok(elements(all).length > 0);
  assertHarmless(all);
});

test("no unfinished beginning of the corpus does either", () => {
  for (let length = 1; length < EVIL.length; length += 13) {
    const { blocks } = update(NOTHING, EVIL.slice(0, length), true);
    assertHarmless(blocks.flatMap((block) => sanitise(block.html)));
  }
});

for (const address of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\tscript:alert(1)",
  "\u0001javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)",
  "file:///etc/passwd",
  "blob:http://127.0.0.1/1",
  "#/chat/other",
  "/api/sessions",
  "//evil.example/x",
  "relative/path",
]) {
  test(`a link to ${JSON.stringify(address)} leads nowhere`, () => {
    const [link] = elements(sanitise(`<a href="${address.replaceAll("<", "&lt;")}">words</a>`));
    assert.equal(link?.attributes["href"], undefined);
    assert.deepEqual(link?.children, ["words"]);
  });
}

for (const address of ["https://example.com/a?b=c#d", "http://example.com/", "mailto:ada@example.com"]) {
  test(`a link to ${address} stays`, () => {
    assert.equal(find(`[words](${address})`, "a")[0]?.attributes["href"], address);
  });
}

test("a link to a file in home stays, and leads to nothing else", () => {
  const [link] = elements(sanitise('<a href="home:javascript%3Aalert(1)" onclick="alert(1)">words</a>'));
  assert.deepEqual(link?.attributes, { href: "home:javascript%3Aalert(1)" });
  assert.equal(homePath("home:javascript%3Aalert(1)", ""), "javascript:alert(1)");
});

test("no picture is ever fetched", () => {
  assert.deepEqual(elements(sanitise('<img src="https://example.com/x.png" alt="x">')), []);
  assert.equal(find("![x](https://example.com/x.png)", "a")[0]?.attributes["class"], "picture");
});

test("what markdown is made of comes through", () => {
  assert.equal(find(SHOWPIECE, "input").length, 2);
  assert.deepEqual(
    find(SHOWPIECE, "th").map((cell) => cell.attributes["align"]),
    ["left", "right", "right"],
  );
  assert.deepEqual(find("```python x=1\ncode\n```", "span")[0]?.children, ["python x=1"]);
  assert.deepEqual(
    elements(nodes("a<br>b <kbd>Esc</kbd> H<sub>2</sub>O")).map((one) => one.tag),
    ["p", "br", "kbd", "sub"],
  );
});

test("a field is a box to tick or nothing", () => {
  assert.deepEqual(
    elements(sanitise('<input type="password" name="p"><input type="image" src="https://x.example">')),
    [],
  );
});

test("deep nesting is cut to its words", () => {
  const deep = sanitise(`${"<blockquote>".repeat(300)}words${"</blockquote>".repeat(300)}`);
  const depth = (all: readonly SafeNode[]): number =>
    Math.max(0, ...all.map((node) => (typeof node === "string" ? 0 : 1 + depth(node.children))));
  assert.ok(depth(deep) < 80);
  assert.match(JSON.stringify(deep), /words/);
});
