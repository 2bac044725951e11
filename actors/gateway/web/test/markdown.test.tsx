import "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { render } from "preact";
import { Markdown } from "../src/markdown/Markdown";
import { EVIL, SHOWPIECE } from "./fake/scripts";

let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
});

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

test("a link without a harmless address is only its words", () => {
  assert.equal(show("a [word](javascript:alert(1)) here").querySelector("a"), null);
  assert.equal(root.textContent?.trim(), "a word here");
});

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
