import "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { render } from "preact";
import { Markdown } from "../src/markdown/Markdown";
import { EVIL, SHOWPIECE } from "./texts";

let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
});
afterEach(() => render(null, root));

function show(text: string, growing = false): HTMLElement {
  render(<Markdown text={text} growing={growing} />, root);
  return root;
}

test("a link opens elsewhere and tells nothing of this page", () => {
  const link = show("[words](https://example.com/)").querySelector("a");
  assert.equal(link?.getAttribute("href"), "https://example.com/");
  assert.equal(link?.getAttribute("target"), "_blank");
  assert.equal(link?.getAttribute("rel"), "noopener noreferrer");
});

for (const [written, shown] of [
  ["a [word](javascript:alert(1)) here", "a word (javascript:alert(1)) here"],
  ["see [the plan](documents/plan.md)", "see the plan (documents/plan.md)"],
  ["see [plan.md](plan.md)", "see plan.md"],
  ["![a chart](charts/one.png)", "a chart (charts/one.png)"],
] as const) {
  test(`without a harmless address there is no link, but what was written: ${written}`, () => {
    assert.equal(show(written).querySelector("a"), null);
    assert.equal(root.textContent?.trim(), shown);
  });
}

test("a picture from elsewhere is not fetched but offered", () => {
  show("![a chart](https://example.com/chart.png)");
  assert.equal(root.querySelector("img"), null);
  assert.equal(root.querySelector("a")?.getAttribute("href"), "https://example.com/chart.png");
  assert.match(root.textContent ?? "", /a chart example\.com/);
});

test("headings of an answer stand below those of the page", () => {
  show("# one\n\n## two\n\n###### six");
  assert.deepEqual(
    [...root.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => heading.localName),
    ["h3", "h4", "h6"],
  );
});

test("code is shown letter by letter, with its language", () => {
  show('```html\n<b onclick="x()">&amp;</b>\n```');
  assert.equal(root.querySelector("pre")?.textContent, '<b onclick="x()">&amp;</b>');
  assert.equal(root.querySelector(".code-head span")?.textContent, "html");
});

test("all that stands behind a fence is shown", () => {
  show("```python title=x.py\npass\n```");
  assert.equal(root.querySelector(".code-head span")?.textContent, "python title=x.py");
});

const directions = () =>
  [...root.querySelectorAll("[dir]")].map((one) => `${one.localName} ${one.getAttribute("dir")}`);

test("each block runs in the direction of its words, and code keeps to itself", () => {
  show("`config.py` הוא הקובץ\n\nconfig.py הוא הקובץ\n\nThe word שלום");
  assert.deepEqual(directions(), ["p rtl", "code auto", "p rtl", "p ltr"]);
});

test("lists, quotes and tables stand on the side of their words", () => {
  show("- قائمة\n  - item\n- `a.py`\n\n> اقتباس\n\n| ملف | size |\n|---|---|\n| a.md | 3 |");
  assert.deepEqual(directions(), [...["ul rtl", "code auto", "blockquote rtl", "p rtl", "div rtl"]]);
});

test("the corpus leaves nothing in the page that could act", () => {
  show(EVIL);
  const dangerous =
    "script, style, iframe, form, img, video, math, base, link, object, embed, [style], [id], [srcdoc]";
  assert.equal(root.querySelector(dangerous), null);
  for (const element of root.querySelectorAll("*")) {
    for (const { name } of element.attributes) assert.doesNotMatch(name, /^on/);
  }
});

test("while text grows, finished paragraphs keep their elements and the last one its text node", () => {
  show("First paragraph.\n\nSecond gro", true);
  const [first, second] = root.querySelectorAll("p");
  const words = second?.firstChild;
  show("First paragraph.\n\nSecond grows.\n\nThird", true);
  const after = root.querySelectorAll("p");
  assert.equal(after[0], first);
  assert.equal(after[1], second);
  assert.equal(after[1]?.firstChild, words);
  assert.equal(after[1]?.textContent, "Second grows.");
});

test("text that grew looks like text that came at once", () => {
  for (let length = 10; length < SHOWPIECE.length; length += 40) show(SHOWPIECE.slice(0, length), true);
  const grown = show(SHOWPIECE).innerHTML;
  render(null, root);
  assert.equal(show(SHOWPIECE).innerHTML, grown);
});

test("text that no parser takes is shown as it is", () => {
  const quotes = ">".repeat(20_000);
  assert.equal(show(`${quotes} deep`).textContent?.includes("deep"), true);
});
