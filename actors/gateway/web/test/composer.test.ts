import { window } from "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Attachment } from "../src/protocol";
import { composerOf, discardDrafts, draftsTold, syncDrafts } from "../src/state/composer";

const previews = new Set<string>();
const uploads: FakeUpload[] = [];

/** An upload that ends when the test says so: jsdom sends nothing anywhere. */
class FakeUpload {
  readonly upload = {};
  status = 200;
  responseText = "";
  stopped = false;
  onload = () => {};
  onabort = () => {};

  constructor() {
    uploads.push(this);
  }

  open(): void {}
  setRequestHeader(): void {}
  send(): void {}

  abort(): void {
    this.stopped = true;
    this.onabort();
  }

  end(stored: Attachment): void {
    this.responseText = JSON.stringify([stored]);
    this.onload();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const picture = () => new File(["x"], "a.png", { type: "image/png" });
const stored = { file_name: "a.png", mime_type: "image/png", path: "downloads/a.png", size: 1 };

let count = 0;
/** A composer nobody has used before. */
const fresh = () => composerOf(`session ${(count += 1)}`);

beforeEach(() => {
  localStorage.clear();
  uploads.length = 0;
  previews.clear();
  Object.assign(globalThis, { XMLHttpRequest: FakeUpload, FormData: window.FormData, File: window.File });
  URL.createObjectURL = () => {
    previews.add(`blob:${previews.size}`);
    return `blob:${previews.size - 1}`;
  };
  URL.revokeObjectURL = (address) => previews.delete(address);
});

afterEach(() => assert.deepEqual([...previews], []));

test("a draft is kept for its own conversation", () => {
  const [one, other] = [fresh(), fresh()];
  one.write("half a th");
  one.store();
  assert.equal(other.text.value, "");
  assert.match(localStorage.getItem(`starpod.draft.session ${count - 1}`) ?? "", /half a th/);
});

test("editing an earlier message gives back what was being written", () => {
  const composer = fresh();
  composer.write("a new thought");
  composer.edit("an old one", []);
  assert.equal(composer.text.value, "an old one");
  composer.store();
  assert.match(localStorage.getItem(`starpod.draft.session ${count}`) ?? "", /a new thought/);
  assert.equal(composer.take().text, "an old one");
  assert.equal(composer.text.value, "a new thought");
});

test("a file goes on uploading while an earlier message is edited", async () => {
  const composer = fresh();
  composer.attach([picture()]);
  composer.edit("an old one", []);
  assert.deepEqual(composer.files.value, []);
  assert.equal(composer.fragile.value, true);
  uploads[0]?.end(stored);
  await settled();
  composer.letGo();
  assert.deepEqual(composer.take().attachments, [stored]);
});

test("the preview of a picture is given back when it was sent, and when it was taken away", async () => {
  const composer = fresh();
  composer.attach([picture(), picture()]);
  uploads[0]?.end(stored);
  await settled();
  composer.detach(composer.files.value[1]?.key ?? assert.fail());
  assert.equal(uploads[1]?.stopped, true);
  assert.equal(previews.size, 1);
  assert.deepEqual(composer.take().attachments, [stored]);
});

test("what was sent is not left with the daemon as a draft, however late that hears of its being written", async () => {
  const heard: string[] = [];
  const answers: (() => void)[] = [];
  discardDrafts();
  await syncDrafts({
    drafts: () => Promise.resolve([]),
    keepDraft: (_place, text) => {
      heard.push(text);
      return new Promise((resolve) => answers.push(() => resolve(null)));
    },
  });
  const composer = fresh();
  composer.write("a thought");
  void composer.sync();
  await settled();
  composer.take();
  let told = false;
  const all = draftsTold().then(() => (told = true));
  await settled();
  assert.deepEqual(heard, ["a thought"]); // one after the other
  answers[0]?.();
  await settled();
  assert.deepEqual(heard, ["a thought", ""]);
  assert.equal(told, false);
  answers[1]?.();
  await all;
  discardDrafts();
});
