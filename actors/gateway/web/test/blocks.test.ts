import assert from "node:assert/strict";
import { test } from "node:test";
import { mend, NOTHING, update, type Blocks } from "../src/markdown/blocks";
import { SHOWPIECE } from "./texts";

const html = (blocks: Blocks) => blocks.blocks.map((block) => block.html).join("");

function grow(text: string, step: number, seen: (blocks: Blocks) => void = () => {}): Blocks {
  let blocks = NOTHING;
  for (let length = step; length < text.length; length += step) {
    blocks = update(blocks, text.slice(0, length), true);
    seen(blocks);
  }
  return update(blocks, text, false);
}

test("text that grew piece by piece ends as the same as text that came at once", () => {
  const whole = html(update(NOTHING, SHOWPIECE, false));
  for (const step of [1, 7, 64]) assert.equal(html(grow(SHOWPIECE, step)), whole);
});

test("a finished block is never made again", () => {
  let before = NOTHING;
  grow(SHOWPIECE, 5, (blocks) => {
    for (let index = 0; index < before.settledBlocks; index += 1) {
      assert.equal(blocks.blocks[index], before.blocks[index]);
    }
    before = blocks;
  });
  assert.ok(before.settledBlocks >= 6);
});

test("only the last block is open, and none once the text is whole", () => {
  grow(SHOWPIECE, 5, ({ blocks }) => {
    assert.deepEqual(
      blocks.slice(0, -1).filter((block) => block.open),
      [],
    );
  });
  assert.equal(
    grow(SHOWPIECE, 5).blocks.some((block) => block.open),
    false,
  );
});

test("another text starts anew", () => {
  const first = update(NOTHING, "one\n\ntwo\n\nthree", true);
  assert.equal(html(update(first, "# other", true)), "<h1>other</h1>\n");
});

test("unchanged text costs nothing", () => {
  const blocks = update(NOTHING, "one\n\ntwo", true);
  assert.equal(update(blocks, "one\n\ntwo", true), blocks);
});

test("a definition at the end gives meaning to a reference at the beginning", () => {
  const text = "See [the page][1].\n\nMore.\n\n[1]: https://example.com/";
  assert.match(html(grow(text, 3)), /href="https:\/\/example.com\/"/);
});

test("line ends of Windows are line ends", () => {
  assert.equal(html(grow("# a\r\n\r\nb", 2)), "<h1>a</h1>\n<p>b</p>\n");
});

for (const [unfinished, shown] of [
  ["so **bol", "so **bol**"],
  ["so **", "so "],
  ["so **bold**", "so **bold**"],
  ["two ** three", "two ** three"],
  ["the `cod", "the `cod`"],
  ["the `", "the "],
  ["see [the pa", "see the pa"],
  ["see [the page](https://exa", "see the page"],
  ["see ![chart](https://exa", "see "],
  ["text\n-", "text"],
  ["text\n1.", "text"],
  ["text\n##", "text"],
  ["text\n\n| a | b |", "text"],
  ["text\n\n| a | b |\n|--", "text"],
  ["```\ncode ** [x", "```\ncode ** [x"],
  ["```\ncode\n``", "```\ncode"],
  ["- item\n  ```py\n  x = `", "- item\n  ```py\n  x = `"],
] as const) {
  test(`while it grows, ${JSON.stringify(unfinished)} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(mend(unfinished), shown);
  });
}

test("no mark of bold, code or link flashes up while a sentence grows", () => {
  const sentence = "Use **bold words**, `code`, and [a link](https://example.com/a) here.";
  grow(sentence, 1, (blocks) => {
    const words = html(blocks).replaceAll(/<[^>]*>/g, "");
    assert.doesNotMatch(words, /\*\*|`|\]\(|https/, words);
  });
});
