/** A page is unlocked the moment that is needed, and what was asked for goes on. */

import "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError, send } from "../src/net/api";
import { account } from "../src/state/account";
import { asking, giveUp, lock, lookUnlocked, unlock, unlockedUntil } from "../src/state/unlock";

let unlocked = false;
let asked: string[] = [];

const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const GOOD = "K7QM-4XRT";

globalThis.fetch = async (path, init) => {
  const { method = "GET", body } = init ?? {};
  asked.push(`${method} ${String(path)}`);
  if (!String(path).endsWith("/confirm"))
    return unlocked ? answer(200, { ok: true }) : answer(403, { error: "guarded", needs: "confirmation" });
  if (method === "POST" && !String(body).includes(GOOD))
    return answer(400, { error: "that code is not good" });
  unlocked = method === "POST" || (unlocked && method === "GET");
  return answer(200, { seconds: unlocked ? 600 : 0 });
};

const put = () => send<object>("PUT", "/api/settings", {});
const turn = () => new Promise((done) => setTimeout(done, 0));

beforeEach(() => {
  unlocked = false;
  asked = [];
  account.value = { user_id: "ada", role: "admin", credential: "d1" };
  unlockedUntil.value = 0;
});

test("what takes a code asks for it, and is done once one is good", async () => {
  const done = put();
  while (!asking.value) await turn();
  await assert.rejects(unlock("AAAA"), (error: unknown) => error instanceof ApiError && error.status === 400);
  assert.ok(asking.value);
  await unlock(GOOD);
  assert.deepEqual(await done, { ok: true });
  assert.equal(asking.value, false);
  assert.ok(unlockedUntil.value > Date.now());
  assert.deepEqual(
    asked.filter((each) => each.startsWith("PUT")),
    ["PUT /api/settings", "PUT /api/settings"],
  );
  await lock();
  assert.equal(unlockedUntil.value, 0);
});

test("where nobody types a code nothing is done, and the refusal is told", async () => {
  const refused = assert.rejects(put(), /guarded/);
  while (!asking.value) await turn();
  giveUp();
  await refused;
  assert.equal(asked.length, 1);
});

test("nobody but an admin is asked for a code", async () => {
  account.value = { user_id: "bob", role: "user", credential: "d2" };
  await assert.rejects(put(), /guarded/);
  assert.equal(asking.value, false);
  await lookUnlocked();
  assert.equal(asked.length, 1);
});

test("how long it lasts is asked, and is over for whoever comes next", async () => {
  unlocked = true;
  await lookUnlocked();
  assert.ok(unlockedUntil.value > Date.now() + 500_000);
  account.value = null;
  assert.equal(unlockedUntil.value, 0);
});
