/** Answers read out: what is said of Markdown, piece by piece, by a voice that the test listens to. */

import { window } from "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pieces } from "../src/markdown/spoken";
import { toasts } from "../src/state/toasts";
import { hush, readAloud, reading, speaks } from "../src/state/aloud";

interface Utterance {
  readonly text: string;
  lang: string;
  voice: object | null;
  onend: () => void;
  onerror: () => void;
}

let said: Utterance[] = [];
let voices: { readonly lang: string; readonly localService: boolean }[] = [];
let cancelled = 0;

class FakeUtterance {
  lang = "";
  voice = null;
  onend = () => {};
  onerror = () => {};
  constructor(readonly text: string) {}
}

function giveVoice(): void {
  const voice = {
    speak: (utterance: Utterance) => said.push(utterance),
    cancel: () => (cancelled += 1),
    getVoices: () => voices,
  };
  Object.assign(window, { speechSynthesis: voice, SpeechSynthesisUtterance: FakeUtterance });
  Object.assign(globalThis, { SpeechSynthesisUtterance: FakeUtterance });
}

beforeEach(() => {
  hush();
  said = [];
  voices = [];
  toasts.value = [];
  cancelled = 0;
});

test("marks, code, formulas and addresses are not read out", () => {
  const text = [
    "# The **boat**",
    "",
    "It is _blue_ & lies in `port`, see [the list](boats.md) or <https://boats.example/a/b?c=d>.",
    "",
    "```python",
    "print(1)",
    "```",
    "",
    "- first",
    "- second: $x^2 + 1$",
    "  - deeper",
    "",
    "| Name | Age |",
    "| --- | --- |",
    "| Ada | 3 |",
    "",
    "![a picture](x.png)",
  ].join("\n");
  assert.equal(
    pieces(text, "en").join(" | "),
    "The boat. It is blue & lies in port, see the list or boats.example. first. second: deeper. Name, Age. Ada, 3",
  );
});

test("long text is cut at its sentences, a long sentence at its pauses, else between words", () => {
  const sentence = "This is a sentence of some sixty letters, all in all, I think. ";
  const found = pieces(sentence.repeat(10), "en");
  assert.equal(found.join(" "), sentence.repeat(10).trim());
  assert.ok(found.every((piece) => piece.length <= 200 && piece.endsWith(".")));
  const endless = pieces(`${"word ".repeat(30)}word, ${"word ".repeat(60)}`, "en");
  assert.ok(endless.every((piece) => piece.length <= 200));
  assert.ok(endless[0]?.endsWith(","));
  assert.deepEqual(
    pieces("x".repeat(450), "en").map((piece) => piece.length),
    [200, 200, 50],
  );
  assert.deepEqual(pieces("```\ncode\n```", "en"), []);
});

test("a browser without a voice reads nothing", () => {
  assert.equal(speaks(), false);
  giveVoice();
  assert.equal(speaks(), true);
});

test("pieces follow each other in the language of the page, until all is said", () => {
  giveVoice();
  document.documentElement.lang = "de";
  readAloud("t1", `${"Hallo du. ".repeat(19)}\n\nUnd Schluss.`);
  assert.deepEqual([reading.value, said.length], ["t1", 1]);
  said[0]?.onend();
  assert.deepEqual([said[1]?.text, said[1]?.lang], ["Und Schluss.", "de"]);
  said[1]?.onend();
  assert.deepEqual([reading.value, said.length, cancelled], [null, 2, 0]);
});

test("another answer stops the one before, whose end is not taken for its own", () => {
  giveVoice();
  readAloud("t1", "One.");
  readAloud("t2", `${"Two. ".repeat(60)}`);
  assert.deepEqual([reading.value, cancelled, said.length], ["t2", 1, 2]);
  said[0]?.onend();
  said[0]?.onerror();
  assert.deepEqual([reading.value, said.length], ["t2", 2]);
  hush();
  said[1]?.onend();
  assert.deepEqual([reading.value, cancelled, said.length], [null, 2, 2]);
});

test("a voice that fails stops", () => {
  giveVoice();
  readAloud("t1", "One.");
  said[0]?.onerror();
  assert.equal(reading.value, null);
  readAloud("t1", "```\nonly code\n```");
  assert.deepEqual([reading.value, said.length], [null, 1]);
});

test("only voices of this machine are used, those of the language first", () => {
  giveVoice();
  document.documentElement.lang = "de";
  const [away, english, german] = [
    { lang: "de-DE", localService: false },
    { lang: "en-GB", localService: true },
    { lang: "de-AT", localService: true },
  ];
  voices = [away, english, german];
  readAloud("t1", "One.");
  voices = [away, english];
  readAloud("t1", "One.");
  assert.deepEqual(
    said.map((each) => each.voice),
    [german, english],
  );
  voices = [away];
  readAloud("t1", "One.");
  assert.deepEqual([reading.value, said.length, toasts.value.length], [null, 2, 1]);
});
