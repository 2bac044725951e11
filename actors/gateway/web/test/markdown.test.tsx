import "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { HomeFolder } from "../src/markdown/HomeLink";
import { Markdown } from "../src/markdown/Markdown";
import { openedFile } from "../src/state/opened";
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
  ["see [the plan](/documents/plan.md)", "see the plan (/documents/plan.md)"],
  ["see [the plan](../plan.md)", "see the plan (../plan.md)"],
  ["see [the plan](a\\b.md)", "see the plan (a\\b.md)"],
  ["see [a site](www.example.com/x)", "see a site (www.example.com/x)"],
  ["[up](#top)", "up (#top)"],
] as const) {
  test(`without a harmless address there is no link, but what was written: ${written}`, () => {
    assert.equal(show(written).querySelector("a"), null);
    assert.equal(root.textContent?.trim(), shown);
  });
}

for (const [written, leads, title = null] of [
  ["see [the plan](documents/plan.md)", "#/s/files/documents/plan.md"],
  ["see [plan.md](./plan.md)", "#/s/files/plan.md"],
  ["![a chart](charts/./one.png)", "#/s/files/charts/one.png"],
  [
    '[ä b](<documents/ä b?.md#part two> "The plan")',
    "#/s/files/documents/%C3%A4%20b%3F.md",
    "#part two The plan",
  ],
  ["[coded](a%20b.md)", "#/s/files/a%20b.md"],
  ["[per cent](100%.md)", "#/s/files/100%25.md"],
  ["[a mark](docs/q%23x.txt#part)", "#/s/files/docs/q%23x.txt", "#part"],
  ["[within](a/../b.md)", "#/s/files/b.md"],
] as const) {
  test(`a relative path leads to a file in home: ${written}`, () => {
    const link = show(written).querySelector("a");
    assert.equal(link?.getAttribute("href"), leads);
    assert.equal(link?.getAttribute("title"), title);
    assert.equal(link?.getAttribute("target"), null);
  });
}

test("a picture of home is seen, and its words where it cannot be", async () => {
  const shown = show("![a chart](charts/one.png) ![a table](a.csv) [a link](two.png)");
  const pictures = shown.querySelectorAll("img");
  assert.equal(pictures.length, 1);
  assert.match(pictures[0]?.getAttribute("src") ?? "", /^\/api\/files\/raw\?path=charts%2Fone\.png&/);
  assert.equal(pictures[0]?.getAttribute("alt"), "a chart");
  await act(() => void pictures[0]?.dispatchEvent(new window.Event("error")));
  assert.equal(shown.querySelector("img"), null);
  assert.equal(shown.textContent?.trim(), "a chart a table a link");
});

test("links of a file start in its folder", () => {
  const text = "[beside](b.md) [above](../c.md) [outside](../../d.md)";
  render(
    <HomeFolder.Provider value="documents">
      <Markdown text={text} growing={false} />
    </HomeFolder.Provider>,
    root,
  );
  const links = [...root.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  assert.deepEqual(links, ["#/s/files/documents/b.md", "#/s/files/c.md"]);
  assert.match(root.textContent ?? "", /outside \(\.\.\/\.\.\/d\.md\)/);
});

test("a link to a file shows it over the page, unless another tab is wanted", () => {
  openedFile.value = null;
  const link = show("[the plan](documents/plan.md)").querySelector("a");
  const click = (init: MouseEventInit) =>
    link?.dispatchEvent(new window.MouseEvent("click", { bubbles: true, cancelable: true, ...init }));
  assert.equal(click({ ctrlKey: true }), true);
  assert.equal(openedFile.value, null);
  assert.equal(click({}), false);
  assert.equal(openedFile.value, "documents/plan.md");
  openedFile.value = null;
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
