import { window } from "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ApiError } from "../src/net/api";
import { Poll } from "../src/state/poll";

let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });

beforeEach(() => {
  hidden = false;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function pass(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  await settled();
}

function show(): void {
  hidden = false;
  document.dispatchEvent(new window.Event("visibilitychange"));
}

test("it asks every two seconds while somebody looks, and never while the page is hidden", async () => {
  let asked = 0;
  const poll = new Poll(() => Promise.resolve((asked += 1)));
  const stop = poll.watch();
  await settled();
  assert.equal(asked, 1);
  for (const expected of [2, 3]) {
    await pass(2000);
    assert.equal(asked, expected);
  }
  hidden = true;
  await pass(60_000);
  assert.equal(asked, 3);
  show();
  await settled();
  assert.equal(asked, 4);
  stop();
  await pass(60_000);
  show();
  await settled();
  assert.equal(asked, 4);
});

test("it asks no more after the last value, nor for what does not exist", async () => {
  const asked = { last: 0, missing: 0 };
  const last = new Poll(() => Promise.resolve((asked.last += 1)), { over: (value) => value === 2 });
  const missing = new Poll(() => {
    asked.missing += 1;
    return Promise.reject(new ApiError("there is none", 404));
  });
  const stops = [last.watch(), missing.watch()];
  await settled();
  for (let turn = 0; turn < 5; turn += 1) await pass(2000);
  assert.deepEqual(asked, { last: 2, missing: 1 });
  assert.equal(missing.problem.value?.status, 404);
  stops.forEach((stop) => stop());
});

test("one who is told of a change asks at once, but not while an answer is awaited", async () => {
  const answers: (() => void)[] = [];
  const poll = new Poll(() => new Promise<void>((resolve) => answers.push(resolve)));
  const stop = poll.watch();
  void poll.look();
  assert.equal(answers.length, 1);
  answers[0]?.();
  await settled();
  void poll.look();
  assert.equal(answers.length, 2);
  stop();
});

test("a change while an answer is awaited is asked for after it, and whoever told of it waits for that", async () => {
  const answers: ((value: number) => void)[] = [];
  const poll = new Poll(() => new Promise<number>((resolve) => answers.push(resolve)));
  const stop = poll.watch();
  let known = false;
  void poll.look().then(() => (known = true));
  answers[0]?.(1);
  await settled();
  assert.deepEqual([answers.length, known], [2, false]);
  answers[1]?.(2);
  await settled();
  assert.deepEqual([poll.value.value, known], [2, true]);
  stop();
});

test("it rests as long as a value says", async () => {
  let asked = 0;
  const poll = new Poll(() => Promise.resolve((asked += 1)), { rest: (value) => value * 10_000 });
  const stop = poll.watch();
  await settled();
  await pass(9000);
  assert.equal(asked, 1);
  await pass(1000);
  assert.equal(asked, 2);
  await pass(19_000);
  assert.equal(asked, 2);
  stop();
});
