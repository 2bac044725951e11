/** What a person is told although they have not asked. */

import "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { FRESH, settle, toSession } from "../src/state/router";
import { dismissNewest, notices, notify, toast, toasts } from "../src/state/toasts";
import { jobName } from "../src/title";
import { NOTICE_STAYS, Toasts } from "../src/ui/Toasts";

const BRIEF = { title: "brief", text: "All is well.", success: true, session: "s1" };
let root: HTMLElement;

const drawn = () => [...root.querySelectorAll("[role=status] .toast")].map((each) => each.textContent);
const pass = (milliseconds: number) => act(() => mock.timers.tick(milliseconds));
const find = (what: string) => root.querySelector<HTMLElement>(what) ?? assert.fail(what);

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  void act(() => void document.dispatchEvent(new document.defaultView!.Event("visibilitychange")));
}

function happen(kind: string): void {
  void act(() => void find(".done").dispatchEvent(new document.defaultView!.Event(kind, { bubbles: true })));
}

const say = (notice: typeof BRIEF) => void act(() => notify(notice));

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  toasts.value = [];
  notices.value = [];
  root = document.createElement("div");
  document.body.append(root);
  void act(() => render(<Toasts />, root));
});
afterEach(() => {
  hide(false);
  void act(() => render(null, root));
  root.remove();
  mock.timers.reset();
});

test("a notice says of which job it is and how it ended, and leads to its conversation", () => {
  say(BRIEF);
  say({ ...BRIEF, title: "__heartbeat__", text: "No model answers.", success: false, session: "s2" });
  assert.deepEqual(drawn(), [
    "briefAll is well.Open the conversation of brief",
    "heartbeat failedNo model answers.Open the conversation of heartbeat",
  ]);
  const links = [...root.querySelectorAll("a")];
  assert.deepEqual(
    links.map((link) => link.getAttribute("href")),
    ["#/chat/s1", "#/chat/s2"],
  );
  void act(() => links[0]?.click());
  assert.deepEqual(
    notices.value.map(({ title }) => title),
    ["__heartbeat__"],
  );
});

test("without a conversation there is nothing to lead to", () => {
  void act(() => notify({ ...BRIEF, session: null, text: "" }));
  assert.deepEqual(drawn(), ["brief"]);
});

test("notices are read out politely and errors at once, each in a region that was there before", () => {
  assert.deepEqual([find("[role=status]").textContent, find("[role=alert]").textContent], ["", ""]);
  say(BRIEF);
  void act(() => toast("Not renamed."));
  assert.match(find("[role=status]").textContent, /^brief/);
  assert.equal(find("[role=alert]").textContent, "Not renamed.");
});

test("the same is shown once, and of many the last three", () => {
  for (const text of ["one", "one", "two", "three", "four"]) say({ ...BRIEF, text });
  assert.deepEqual(
    notices.value.map(({ text }) => text),
    ["two", "three", "four"],
  );
});

test("a notice goes by itself once it could be read", async () => {
  say(BRIEF);
  await pass(NOTICE_STAYS - 1);
  assert.equal(drawn().length, 1);
  await pass(1);
  assert.deepEqual(drawn(), []);
});

for (const [held, free] of [
  ["pointerenter", "pointerleave"],
  ["focusin", "focusout"],
] as const) {
  test(`it stays from ${held} to ${free}`, async () => {
    say(BRIEF);
    happen(held);
    await pass(NOTICE_STAYS * 2);
    assert.equal(drawn().length, 1);
    happen(free);
    await pass(NOTICE_STAYS);
    assert.deepEqual(drawn(), []);
  });
}

test("it waits for a page that cannot be seen", async () => {
  hide(true);
  say(BRIEF);
  await pass(NOTICE_STAYS * 2);
  assert.equal(drawn().length, 1);
  hide(false);
  await pass(NOTICE_STAYS);
  assert.deepEqual(drawn(), []);
});

test("a key closes the newest, and does nothing else as long as there is one", () => {
  say(BRIEF);
  say({ ...BRIEF, text: "later" });
  assert.equal(dismissNewest(), true);
  assert.deepEqual(
    notices.value.map(({ text }) => text),
    ["All is well."],
  );
  assert.deepEqual([dismissNewest(), dismissNewest()], [true, false]);
});

test("a button closes one", () => {
  say(BRIEF);
  void act(() => find("button[aria-label^='Dismiss brief']").click());
  assert.deepEqual(notices.value, []);
});

test("jobs of the agent itself have names that can be read", () => {
  assert.deepEqual(["brief", "__boot__", "__", "____"].map(jobName), ["brief", "boot", "__", "____"]);
});

test("it goes when its conversation is looked at", () => {
  say(BRIEF);
  hide(true);
  void act(() => settle(toSession("s1")));
  assert.equal(drawn().length, 1);
  hide(false);
  assert.deepEqual(drawn(), []);
  settle(FRESH);
});
