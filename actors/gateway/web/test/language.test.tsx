/** The languages of the page: each says all that is said in English, and nothing else. */

import "./dom";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { away, cost, count, duration } from "../src/format";
import { choose, chosen, LANGUAGES, nameOf, showLanguage } from "../src/language/choice";
import { fixed, n, rich, shown, t, type Catalogue } from "../src/language/texts";
import { theme } from "../src/state/preferences";
import { Appearance } from "../src/ui/Appearance";

/** Where the tests run is `actors/gateway/web`. */
const ACTORS = join(process.cwd(), "../..");
const OWN = join(ACTORS, "gateway/web/src");

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

/** What a subsystem brings: `page.tsx`, and what lies in `page/`. */
const sections = readdirSync(ACTORS, { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .flatMap(({ name }) => readdirSync(join(ACTORS, name)).map((each) => join(ACTORS, name, each)))
  .flatMap((each) => (each.endsWith("/page") ? sources(each) : each.endsWith("/page.tsx") ? [each] : []));

const files = [...sources(OWN), ...sections].filter((file) => !file.endsWith("language/texts.ts"));

const QUOTED = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/;
const CALL = /(?<![\w.$])(t|rich|n)\(\s*/g;
const ONE = new RegExp(`^${QUOTED.source}\\s*[,)]`);
const TWO = new RegExp(`^[^"'\`]+?,\\s*${QUOTED.source},\\s*${QUOTED.source}\\s*[,)]`);

const read = (quoted: string): string =>
  quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll("\\'", "'") : (JSON.parse(quoted) as string);

/** All texts of the page, and of those with a number in them also that of one. */
const texts = new Map<string, string | null>();
const unreadable: string[] = [];
for (const file of files) {
  const source = readFileSync(file, "utf8");
  for (const { 0: call, 1: kind, index } of source.matchAll(CALL)) {
    const rest = source.slice(index + call.length);
    const [, one, many] = (kind === "n" ? TWO : ONE).exec(rest) ?? [];
    if (one === undefined) unreadable.push(`${file}: ${call}${rest.slice(0, 40)}`);
    else if (many === undefined) texts.set(read(one), null);
    else texts.set(read(many), read(one));
  }
}

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
const catalogue = (code: string) =>
  JSON.parse(readFileSync(join(OWN, `language/${code}.json`), "utf8")) as Catalogue;

test("every text is written out where it is used, so that it is found", () => {
  assert.deepEqual(unreadable, []);
  assert.ok(texts.size > 50, String(texts.size));
});

test("no words stand in the page as they are, but for what is code, a key or a name", () => {
  const words = /[>}]([^<>{}=;]*[A-Za-z]{3,}[^<>{}=;]*)<\/(?!(?:code|kbd|b)>)/g;
  const bare = files
    .filter((file) => file.endsWith(".tsx"))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(words)].map(([found]) => `${file}: ${found}`));
  assert.deepEqual(bare, []);
});

for (const code of LANGUAGES.filter((each) => each !== "en")) {
  const known = catalogue(code);
  const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories;

  test(`${code} says everything, and nothing that is said nowhere`, () => {
    const missing = [...texts.keys()].filter((text) => !Object.hasOwn(known, text));
    const extra = Object.keys(known).filter((text) => !texts.has(text));
    assert.deepEqual({ missing, extra }, { missing: [], extra: [] });
  });

  test(`${code} is in order`, () => {
    assert.deepEqual(Object.keys(known), Object.keys(known).sort());
  });

  test(`${code} has a place for every value, and a form for every kind of number`, () => {
    for (const [text, said] of Object.entries(known)) {
      const one = texts.get(text);
      assert.equal(typeof said, one === null ? "string" : "object", text);
      if (typeof said === "string") assert.deepEqual(places(said), places(text), text);
      else {
        assert.deepEqual(Object.keys(said).sort(), [...forms].sort(), text);
        for (const form of Object.values(said)) {
          const without = (names: (string | undefined)[]) => names.filter((name) => name !== "n");
          assert.deepEqual(without(places(form)), without(places(text)), text);
        }
      }
    }
  });
}

function browserSpeaks(...tags: string[]): void {
  Object.defineProperty(globalThis, "navigator", { value: { languages: tags }, configurable: true });
}

afterEach(async () => {
  browserSpeaks("en-US");
  await choose(null);
});

test("the browser's first language that there is is shown, in its own kind", async () => {
  browserSpeaks("xx", "de-AT", "en");
  await showLanguage();
  assert.equal(shown.value.tag, "de-AT");
  assert.equal(document.documentElement.lang, "de");
  assert.equal(t("Today"), "Heute");
  browserSpeaks("xx");
  await showLanguage();
  assert.equal(shown.value.tag, "en");
  assert.equal(t("Today"), "Today");
});

test("a choice counts more than the browser, is kept, and the last of two counts", async () => {
  browserSpeaks("en-GB");
  await choose("de");
  assert.equal(localStorage.getItem("starpod.language"), '"de"');
  assert.equal(t("Today"), "Heute");
  await Promise.all([choose("de"), choose("en")]);
  assert.equal(shown.value.tag, "en-GB");
  chosen.value = "gone"; // a language of another version
  await showLanguage();
  assert.equal(t("Today"), "Today");
});

test("numbers and times are written as the language does", async () => {
  const now = new Date(2026, 1, 1, 12);
  const off = (days: number) => away(new Date(now.getTime() + days * 86_400_000), now);
  await choose("de");
  assert.deepEqual(
    [count(1234), count(38_400), cost(0.0042), duration(0.31)],
    ["1,2k", "38k", "$0,0042", "0,3 s"],
  );
  assert.deepEqual([off(2), off(-3), off(0.1)], ["in 2 Tagen", "vor 3 Tagen", "in 2 h"]);
  assert.equal(fixed(1234.5, 2), "1234,50");
  await choose("en");
  assert.deepEqual([count(1234), off(2), off(-3)], ["1.2k", "in 2 days", "3 days ago"]);
});

test("values are filled in; a number decides on the form", () => {
  assert.equal(n(1, "in {n} day", "in {n} days"), "in 1 day");
  assert.equal(n(12_345, "in {n} day", "in {n} days"), "in 12,345 days");
  assert.equal(t("{span} ago", { span: "{span} $& 3 h" }), "{span} $& 3 h ago");
  assert.deepEqual(rich("{span} ago", { span: 3 }), ["", 3, " ago"]);
});

test("a language is chosen and shown without loading the page again", async () => {
  const root = document.createElement("div");
  void act(() => render(<Appearance />, root));
  const [languages, colours] = [...root.querySelectorAll("select")];
  assert.ok(languages && colours);
  assert.deepEqual(
    [...languages.options].map(({ text }) => text),
    ["As the browser", ...LANGUAGES.map(nameOf)],
  );
  const change = async (select: HTMLSelectElement, value: string) => {
    select.value = value;
    await act(async () => {
      select.dispatchEvent(new document.defaultView!.Event("change", { bubbles: true }));
      await showLanguage();
    });
  };
  await change(languages, "de");
  assert.equal(root.querySelector("label")?.firstChild?.textContent, "Sprache");
  await change(colours, "dark");
  assert.equal(theme.value, "dark");
  await change(languages, "");
  assert.equal(root.querySelector("label")?.firstChild?.textContent, "Language");
  theme.value = "system";
  void act(() => render(null, root));
});
