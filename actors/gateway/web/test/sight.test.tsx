/** Turns far from what is in view: their words alone, in a place of the same height, unless somebody is at work there. */

import { window } from "./dom";
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { emptyTurn, type ToolPart, type Turn } from "../src/conversation/model";
import type { App } from "../src/state/app";
import { AppProvider } from "../src/ui/context";
import { guess } from "../src/ui/Away";
import { Sight, SightContext } from "../src/ui/sight";
import { TurnView } from "../src/ui/Turn";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => render(null, root));

/** What the page is told of where its parts stand. */
let told: (entries: IntersectionObserverEntry[]) => void;
const watched = new Set<Element>();
globalThis.getSelection = () => window.getSelection();
globalThis.IntersectionObserver = class {
  constructor(callback: (entries: IntersectionObserverEntry[]) => void) {
    told = callback;
  }
  observe = (element: Element) => void watched.add(element);
  unobserve = (element: Element) => void watched.delete(element);
} as unknown as typeof IntersectionObserver;

function turnOf(number: number, more: Partial<Turn> = {}): Turn {
  return {
    ...emptyTurn(`t${number}`),
    state: "done",
    prompt: { text: `question ${number}`, attachments: [], at: "2026-03-01T12:00:00Z" },
    parts: [
      { kind: "text", key: "text-0", iteration: 1, text: `**answer** ${number}` },
      { kind: "followup", key: "followup-0", iteration: 2, turnId: "f", text: "and more", attachments: [] },
    ],
    ...more,
  };
}

const NO_VERSIONS: readonly string[] = [];
let editing = signal<string | null>(null);
let unfolded = new Set<string>();

/** Shows turns; of those the last two are recent. */
async function show(turns: readonly Turn[]): Promise<void> {
  const open = { editing, unfolded, writable: signal(true), busy: signal(false), turnedTo: null };
  const daemon = { config: signal({ agent_name: "Aster", models: [] }) };
  const app = { open, daemon, approvals: { about: () => undefined } } as unknown as App;
  await act(() =>
    render(
      <AppProvider value={app}>
        <SightContext.Provider value={sight}>
          {turns.map((turn, index) => (
            <TurnView key={turn.id} turn={turn} versions={NO_VERSIONS} recent={index >= turns.length - 2} />
          ))}
        </SightContext.Provider>
      </AppProvider>,
      root,
    ),
  );
}

let sight = new Sight(() => null);

function begin(): Turn[] {
  sight = new Sight(() => null);
  editing = signal<string | null>(null);
  unfolded = new Set();
  return [1, 2, 3, 4].map((number) => turnOf(number));
}

const article = (number: number) => root.querySelector<HTMLElement>(`[data-turn=t${number}]`)!;
const away = () => [...root.querySelectorAll("article")].map((each) => each.classList.contains("away"));

async function tell(number: number, isIntersecting: boolean, height = 500, rootWidth = 800): Promise<void> {
  const entry = { target: article(number), isIntersecting, boundingClientRect: { height } };
  await act(() =>
    told([{ ...entry, rootBounds: { width: rootWidth } } as unknown as IntersectionObserverEntry]),
  );
}

test("the last turns are drawn at once, others when they come near, and an element stays the same one", async () => {
  const turns = begin();
  await show(turns);
  assert.deepEqual(away(), [true, true, false, false]);
  assert.equal(watched.size, 4);
  const before = article(2);
  assert.equal(before.querySelector("strong"), null);
  await tell(2, true);
  assert.deepEqual(away(), [true, false, false, false]);
  assert.equal(article(2), before);
  assert.equal(article(2).querySelector("strong")?.textContent, "answer");
  assert.equal(article(2).style.height, "");
});

test("a turn that goes out of sight keeps its height and its words", async () => {
  const turns = begin();
  await show(turns);
  await tell(4, false, 512);
  assert.deepEqual(away(), [true, true, false, true]);
  assert.equal(article(4).style.height, "512px");
  for (const words of ["You said", "question 4", "Aster answered", "**answer** 4", "and more"])
    assert.ok(article(4).textContent.includes(words), words);
  assert.equal(article(4).getElementsByTagName("*").length, 4);
});

test("a turn at which somebody is, or that runs, stays drawn wherever it is", async () => {
  const turns = begin();
  await show([...turns.slice(0, 2), turnOf(3, { state: "running" }), turnOf(4)]);
  await tell(3, false);
  article(4).querySelector<HTMLElement>(".foot button")!.focus();
  await tell(4, false);
  assert.deepEqual(away(), [true, true, false, false]);
  await act(() => void (editing.value = "t1"));
  assert.deepEqual(away(), [false, true, false, false]);
});

test("a turn in which something is open or chosen stays drawn", async () => {
  const turns = begin();
  await show(turns);
  article(3).querySelector("button")!.setAttribute("aria-expanded", "true");
  await tell(3, false);
  window.getSelection()?.selectAllChildren(article(4));
  await tell(4, false);
  window.getSelection()?.removeAllRanges();
  assert.deepEqual(away(), [true, true, false, false]);
});

test("a page that is out of sight as a whole lets go of nothing", async () => {
  await show(begin());
  await tell(4, false, 500, 0);
  assert.deepEqual(away(), [true, true, false, false]);
});

test("what is gone is watched no longer", async () => {
  await show(begin());
  await act(() => render(null, root));
  assert.equal(watched.size, 0);
});

test("a longer answer is guessed to be higher", () => {
  const long = turnOf(1, {
    parts: [{ kind: "text", key: "text-0", iteration: 1, text: "word ".repeat(400) }],
  });
  assert.ok(guess(long) > guess(turnOf(1)));
  assert.ok(guess(turnOf(1, { prompt: null, parts: [] })) > 0);
});

test("long words that were unfolded stay so while they are out of sight, and fold again when asked to", async () => {
  const tall = Object.getOwnPropertyDescriptor(window.Element.prototype, "scrollHeight")!;
  Object.defineProperty(window.Element.prototype, "scrollHeight", { configurable: true, get: () => 500 });
  try {
    const turns = begin();
    await show(turns);
    await tell(2, true);
    const words = () => article(2).querySelector(".words")!.className;
    const press = (label: string) =>
      act(() => {
        const buttons = [...article(2).querySelectorAll("button")];
        buttons.find((each) => each.textContent === label)!.click();
      });
    assert.equal(words(), "words folded");
    await press("Show all");
    assert.equal(words(), "words");
    await tell(2, false);
    assert.ok(away()[1]);
    await tell(2, true);
    assert.equal(words(), "words");
    await press("Show less");
    await tell(2, false);
    await tell(2, true);
    assert.equal(words(), "words folded");
  } finally {
    Object.defineProperty(window.Element.prototype, "scrollHeight", tall);
  }
});

test("a long change that was unfolded stays so while it is out of sight, and folds again when asked to", async () => {
  const diff = Array.from({ length: 30 }, (_, index) => `+line ${index}`).join("\n");
  const tool: ToolPart = {
    kind: "tool",
    key: "call",
    iteration: 1,
    id: "call",
    name: "Edit",
    input: {},
    output: "",
    state: "done",
    truncated: false,
    diff,
    since: 0,
    elapsed: null,
  };
  const turns = begin();
  await show([...turns.slice(0, 3), turnOf(4, { parts: [tool, { ...tool, key: "other", id: "other" }] })]);
  const shown = () =>
    [...article(4).querySelectorAll(".changes")].map((each) => each.querySelectorAll("ins").length);
  const press = (label: RegExp) =>
    act(() =>
      [...article(4).querySelectorAll("button")].find(({ textContent }) => label.test(textContent))!.click(),
    );
  assert.deepEqual(shown(), [16, 16]);
  await press(/^Show all/);
  assert.deepEqual(shown(), [30, 16]);
  await tell(4, false);
  assert.ok(away()[3]);
  await tell(4, true);
  assert.deepEqual(shown(), [30, 16]);
  await press(/^Show less/);
  await tell(4, false);
  await tell(4, true);
  assert.deepEqual(shown(), [16, 16]);
});
