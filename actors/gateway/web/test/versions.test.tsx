/** Saying it again: by which model, in which words, and which of the versions is shown. */

import { window } from "./dom";
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import type { App } from "../src/state/app";
import { AppProvider } from "../src/ui/context";
import { Again, EditForm, Versions } from "../src/ui/Versions";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => render(null, root));

/** A page that notes what it is asked for. */
function page(models: string[] = ["a/one", "b/two"], works = true) {
  const asked: unknown[][] = [];
  const open = {
    busy: signal(false),
    turnedTo: null as string | null,
    revise: (turn: string, { client_message_id, ...change }: Record<string, string>) => {
      asked.push([turn, change, client_message_id]);
      return Promise.resolve(works);
    },
    turnTo: (turn: string) => void asked.push([turn]),
  };
  const app = { open, daemon: { config: signal({ models }) } } as unknown as App;
  return { app, asked, open };
}

function show(app: App, what: preact.ComponentChildren): void {
  void act(() => render(<AppProvider value={app}>{what}</AppProvider>, root));
}

function button(name: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find(
    (each) => (each.getAttribute("aria-label") ?? each.textContent) === name,
  );
  assert.ok(found, `there is no button ${name}`);
  return found;
}

const click = (name: string) => void act(() => button(name).click());
const press = (target: Element, key: string) =>
  void act(() => void target.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true })));

test("an answer is given again by the same model, or by one of a menu", () => {
  const { app, asked } = page();
  show(app, <Again turn="t1" failed={false} />);
  click("Answer again");
  const more = button("Answer again with another model");
  assert.equal(more.getAttribute("aria-expanded"), "false");
  click("Answer again with another model");
  assert.equal(more.getAttribute("aria-expanded"), "true");
  assert.equal(document.activeElement, button("a/one"));
  press(button("a/one"), "Escape");
  assert.equal(more.getAttribute("aria-expanded"), "false");
  assert.equal(document.activeElement, more);
  click("Answer again with another model");
  click("b/two");
  assert.deepEqual(
    asked.map(([turn, change]) => [turn, change]),
    [
      ["t1", {}],
      ["t1", { model: "b/two" }],
    ],
  );
});

test("where there is one model there is no menu, and while something is done nothing is said again", () => {
  const { app, open } = page(["a/one"]);
  open.busy.value = true;
  show(app, <Again turn="t1" failed={true} />);
  assert.equal(root.querySelectorAll("button").length, 1);
  assert.equal(button("Try again").disabled, true);
});

test("arrows lead to the other versions, and the one that was turned to has the focus", () => {
  const { app, asked, open } = page();
  open.turnedTo = "t2";
  show(app, <Versions turn="t2" versions={["t1", "t2", "t5"]} />);
  assert.equal(root.querySelector("[role=group]")?.getAttribute("aria-label"), "Version 2 of 3");
  assert.equal(document.activeElement, button("Previous version"));
  click("Previous version");
  click("Next version");
  assert.deepEqual(asked, [["t1"], ["t5"]]);
  show(app, <Versions turn="t5" versions={["t1", "t2", "t5"]} />);
  assert.equal(button("Next version").disabled, true);
});

test("other words are sent under one id until they are stored", async () => {
  const { app, asked } = page([], false);
  let closed = 0;
  show(app, <EditForm turn="t1" text="hello" files={false} onClose={() => (closed += 1)} />);
  const field = root.querySelector("textarea");
  assert.ok(field);
  for (let tries = 0; tries < 2; tries += 1) {
    press(field, "Enter");
    await act(() => Promise.resolve());
  }
  assert.deepEqual(asked[0], asked[1]);
  assert.deepEqual(asked[0]?.slice(0, 2), ["t1", { text: "hello" }]);
  assert.equal(closed, 0);
  press(field, "Escape");
  assert.equal(closed, 1);
});
