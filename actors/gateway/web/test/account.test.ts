/** Who is signed in, and what becomes of what a browser keeps of them. */

import { window } from "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { locked } from "../src/net/access";
import { request, signIn, type ApiError } from "../src/net/api";
import { keepHalf } from "../src/net/half";
import { account, belongsTo, meet, onAnotherUser, signedOut } from "../src/state/account";
import { composerOf } from "../src/state/composer";
import { learnRights, looksAtFiles } from "../src/state/rights";

const ADA = { user_id: "ada", role: "admin", credential: "d1" } as const;
const stored = () => Object.keys(localStorage).sort();

/** As another window of this browser does. */
function elsewhere(name: string, value: object | null): void {
  const key = `starpod.${name}`;
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(value));
  window.dispatchEvent(new window.StorageEvent("storage", { key }));
}

beforeEach(() => {
  localStorage.clear();
  account.value = null;
});

test("what was kept before anybody was known is that of the first", () => {
  composerOf(null).write("half a th");
  composerOf(null).store();
  assert.ok(belongsTo("ada"));
  meet(ADA);
  assert.ok(belongsTo("ada"));
  assert.deepEqual(stored(), ["starpod.draft.new", "starpod.user"]);
  composerOf(null).take();
});

test("somebody else gets nothing of what was written, and no setting is lost", () => {
  meet(ADA);
  localStorage.setItem("starpod.theme", '"dark"');
  localStorage.setItem("starpod.outbox.1", "{}");
  const composer = composerOf("s");
  composer.write("half a th");
  composer.store();
  assert.equal(belongsTo("bob"), false);
  assert.deepEqual(stored(), ["starpod.theme"]);
  assert.equal(composer.text.value, "");
  assert.equal(composerOf("s").text.value, "");
});

test("where nothing can be stored somebody else is noticed all the same", () => {
  meet(ADA);
  localStorage.clear();
  composerOf(null).write("half a th");
  assert.equal(belongsTo("bob"), false);
  assert.equal(composerOf(null).text.value, "");
  assert.ok(belongsTo("bob"));
});

test("who signs out leaves the browser to the next", () => {
  meet(ADA);
  keepHalf("0a");
  composerOf(null).write("half a th");
  signedOut();
  assert.deepEqual(stored(), []);
  assert.ok(belongsTo("bob"));
});

test("a window notices that another one is signed in as somebody else, or out", () => {
  let changed = 0;
  onAnotherUser(() => (changed += 1));
  elsewhere("user", ADA); // here nobody is known yet
  meet(ADA);
  elsewhere("user", { ...ADA, role: "user" });
  elsewhere("theme", null);
  assert.equal(changed, 0);
  elsewhere("user", { ...ADA, user_id: "bob" });
  assert.equal(changed, 1);
  elsewhere("user", null);
  assert.equal(changed, 2);
});

test("a key goes to the gateway and nowhere else; a refusal says how long to wait", async () => {
  const asked: [string, RequestInit][] = [];
  const answers = [
    new Response('{"page": "0a", "user": {"id": "ada"}}'),
    new Response('{"error": "too many wrong keys"}', { status: 429, headers: { "Retry-After": "42" } }),
  ];
  globalThis.fetch = (path, init = {}) => {
    asked.push([String(path), init]);
    return Promise.resolve(answers.shift() ?? assert.fail());
  };
  assert.deepEqual(await signIn("sp_live_1"), { page: "0a", user: { id: "ada" } });
  assert.deepEqual(
    asked.map(([path, { method, body }]) => [path, method, body]),
    [["/api/auth/login", "POST", '{"key":"sp_live_1"}']],
  );
  await assert.rejects(signIn("sp_live_2"), ({ status, wait }: ApiError) => status === 429 && wait === 42);
  assert.deepEqual(stored(), []);
});

test("an admin looks at the agent's files, others where their account says so", async () => {
  assert.equal(looksAtFiles.value, false);
  meet(ADA);
  globalThis.fetch = () => assert.fail("nobody has to be asked");
  await learnRights();
  assert.equal(looksAtFiles.value, true);
  meet({ ...ADA, role: "user" });
  assert.equal(looksAtFiles.value, false);
  for (const said of [true, false]) {
    globalThis.fetch = (path) => {
      assert.equal(path, "/api/auth/verify");
      return Promise.resolve(new Response(JSON.stringify({ user: { filesystem_enabled: said } })));
    };
    await learnRights();
    assert.equal(looksAtFiles.value, said);
  }
});

test("an answer to what was shown before signing in does not sign out again", async () => {
  locked.value = false;
  globalThis.fetch = () => Promise.resolve(new Response("{}", { status: 401 }));
  const asked = request("/api/config");
  keepHalf("0b");
  await assert.rejects(asked);
  assert.equal(locked.value, false);
  await assert.rejects(request("/api/config"));
  assert.equal(locked.value, true);
});
