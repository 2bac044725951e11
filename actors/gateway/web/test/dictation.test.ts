/** What is said instead of written, with a microphone that the test speaks into. */

import "./dom";
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { announcement } from "../src/state/announcement";
import { Dictation, inserted, LONGEST } from "../src/state/dictation";
import { toasts } from "../src/state/toasts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Tracks of microphones that are open. */
const open = new Set<object>();

function sound(): MediaStream {
  const track = { stop: () => open.delete(track) };
  open.add(track);
  return { getTracks: () => [track] } as unknown as MediaStream;
}

class FakeRecorder {
  static readonly isTypeSupported = (type: string) => type === "audio/mp4";
  readonly mimeType: string;
  ondataavailable = (_event: { data: Blob }) => {};
  onstop = () => {};

  constructor(_sound: MediaStream, options: { mimeType?: string }) {
    this.mimeType = options.mimeType ?? "audio/basic";
  }

  start(): void {}

  stop(): void {
    this.ondataavailable({ data: new Blob(["said"]) });
    this.onstop();
  }
}

function give(microphone: () => Promise<MediaStream>): void {
  const value = { mediaDevices: { getUserMedia: microphone } };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
  Object.assign(globalThis, { MediaRecorder: FakeRecorder });
}

const shown = () => toasts.value.map(({ text }) => text);

beforeEach(() => {
  open.clear();
  toasts.value = [];
  give(() => Promise.resolve(sound()));
});

test("what is said is put into words and written where it was begun", async () => {
  const heard: [string, number][] = [];
  const dictation = new Dictation((recording) => {
    heard.push([recording.type, recording.size]);
    return Promise.resolve("Buy bread.");
  });
  const written: string[] = [];
  await dictation.begin((words) => written.push(words));
  assert.equal(dictation.phase.value, "recording");
  assert.match(announcement.value, /^Recording/);
  assert.equal(open.size, 1);

  dictation.finish();
  assert.equal(dictation.phase.value, "hearing");
  assert.equal(open.size, 0, "nobody listens any more");
  await settled();
  assert.deepEqual([heard, written], [[["audio/mp4", 4]], ["Buy bread."]]);
  assert.deepEqual([dictation.phase.value, announcement.value], ["idle", "Written: Buy bread."]);
});

test("what is cancelled is heard by nobody, and its words are not waited for", async () => {
  let stopped = false;
  const dictation = new Dictation(
    (_recording, signal) =>
      new Promise((_resolve, reject) => {
        signal.onabort = () => {
          stopped = true;
          reject(new Error("stopped"));
        };
      }),
  );
  const never = () => assert.fail("nothing is to be written");
  await dictation.begin(never);
  dictation.cancel();
  assert.deepEqual([dictation.phase.value, open.size], ["idle", 0]);

  await dictation.begin(never);
  dictation.finish();
  dictation.cancel();
  await settled();
  assert.deepEqual([dictation.phase.value, stopped, shown()], ["idle", true, []]);
});

test("a microphone that is given too late is given back", async () => {
  let allow = (_sound: MediaStream) => {};
  give(() => new Promise((resolve) => (allow = resolve)));
  const dictation = new Dictation(() => assert.fail());
  const begun = dictation.begin(() => {});
  assert.equal(dictation.phase.value, "asking");
  dictation.finish();
  allow(sound());
  await begun;
  assert.deepEqual([dictation.phase.value, open.size], ["idle", 0]);
});

test("after five minutes what was said is written down", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const dictation = new Dictation(() => Promise.resolve("a long story"));
  const written: string[] = [];
  await dictation.begin((words) => written.push(words));
  mock.timers.tick(LONGEST);
  mock.timers.reset();
  await settled();
  assert.deepEqual(written, ["a long story"]);
  assert.match(shown()[0] ?? "", /^Five minutes/);
});

test("why there is no microphone is said, and what the daemon refuses", async () => {
  const named = (name: string) => Object.assign(new Error("the words of the browser"), { name });
  for (const [name, said] of [
    ["NotAllowedError", /does not let this page use the microphone/],
    ["NotFoundError", /There is no microphone/],
    ["AbortError", /cannot be used: AbortError: the words/],
  ] as const) {
    toasts.value = [];
    give(() => Promise.reject(named(name)));
    const dictation = new Dictation(() => assert.fail());
    await dictation.begin(() => {});
    assert.equal(dictation.phase.value, "idle");
    assert.match(shown()[0] ?? "", said);
  }
  toasts.value = [];
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  await new Dictation(() => assert.fail()).begin(() => {});
  assert.match(shown()[0] ?? "", /only to pages over https/);

  toasts.value = [];
  give(() => Promise.resolve(sound()));
  const deaf = new Dictation(() => Promise.reject(new Error("no words were heard in the recording")));
  await deaf.begin(() => assert.fail());
  deaf.finish();
  await settled();
  assert.deepEqual([deaf.phase.value, shown()], ["idle", ["no words were heard in the recording"]]);
});

test("words stand apart from what is around them", () => {
  assert.deepEqual(inserted("", 0, 0, "Hello."), ["Hello.", 6]);
  assert.deepEqual(inserted("Say it", 3, 3, "loudly"), ["Say loudly it", 10]);
  assert.deepEqual(inserted("Say this.", 4, 8, "that"), ["Say that.", 8]);
  assert.deepEqual(inserted("One\n", 4, 4, "two"), ["One\ntwo", 7]);
});
