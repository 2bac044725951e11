/** What the account section says of keys, devices and the audit log. */

import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiKey, Device } from "../../../users/page/protocol";
import * as state from "../../../users/page/state";

const NOW = new Date(2026, 2, 30, 12, 0);
const before = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();
const KEY: ApiKey = {
  id: "k",
  user: "ada",
  user_id: "ada",
  prefix: "0a1b2c3d",
  label: "Backup",
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  created_at: before(60),
};
const DEVICE: Device = {
  id: "d",
  user: "ada",
  label: "Firefox on Linux",
  address: "::1",
  created_at: before(60),
  last_seen_at: before(1),
  expires_at: before(-60),
  revoked_at: null,
};

test("a key is told by its label, else by how it begins", () => {
  assert.equal(state.keyName(KEY), "Backup");
  assert.deepEqual(state.keyFacts(KEY, NOW), ["sp_live_0a1b2c3d…", "never used", "good until it is revoked"]);
  const bare = { ...KEY, label: null };
  assert.equal(state.keyName(bare), "sp_live_0a1b2c3d…");
  assert.deepEqual(state.keyFacts({ ...bare, last_used_at: before(1) }, NOW)[0], "last used just now");
  assert.equal(state.keyName({ ...bare, prefix: "" }), "chosen by its owner");
});

test("a key that is void, or over, says since when", () => {
  const ending = (given: Partial<ApiKey>) => state.keyFacts({ ...KEY, ...given }, NOW).at(-1) ?? "";
  const days = (number: number) => ({ expires_at: before(-number * 24 * 60) });
  assert.equal(ending(days(30)), "good for 30 days");
  assert.equal(ending(days(0.5)), "good for a day");
  assert.match(ending(days(-0.1)), /^expired /);
  assert.match(ending({ ...days(30), revoked_at: before(5) }), /^revoked /);
  assert.deepEqual(
    [{}, days(1), days(0), { revoked_at: before(5) }].map((given) => state.isGood({ ...KEY, ...given }, NOW)),
    [true, true, false, false],
  );
});

test("a device says from where and when it was used, or since when it is signed out", () => {
  assert.deepEqual(state.deviceFacts(DEVICE, NOW), ["::1", "last used just now"]);
  const [fact] = state.deviceFacts({ ...DEVICE, address: "", revoked_at: before(5) }, NOW);
  assert.match(fact ?? "", /^signed out /);
});

test("the audit log is put into words, and ids are shortened", () => {
  assert.equal(state.eventName("key.created"), "key made");
  assert.equal(state.eventName("later.invention"), "later.invention");
  assert.equal(
    state.shortened("01d0a2b4-7e05-4cf6-babd-e45b855090a6 (Backup), role 01d0a2b4"),
    "01d0a2b4… (Backup), role 01d0a2b4",
  );
});

test("an empty field means nothing", () => {
  assert.deepEqual([" a ", " ", ""].map(state.textOr), ["a", null, null]);
});

test("keys of one's own and of others are asked for at their places", async () => {
  const asked: string[] = [];
  globalThis.fetch = (path, init = {}) => {
    asked.push(`${init.method ?? "GET"} ${String(path)} ${String(init.body ?? "")}`.trim());
    return Promise.resolve(new Response("[]"));
  };
  await state.keys(null);
  await state.keys("a-b");
  await state.newKey(null, " ", null);
  await state.newKey("a-b", " Backup ", 30);
  await state.revoke(null, KEY);
  await state.revoke("a-b", KEY);
  await state.addPerson(" ", { role: "user" });
  await state.addPerson("kim", { role: "user" });
  assert.deepEqual(asked, [
    "GET /api/auth/keys",
    "GET /api/settings/auth/users/a-b/api-keys",
    "POST /api/auth/keys {}",
    'POST /api/settings/auth/users/a-b/api-keys {"label":"Backup","expires_in_days":30}',
    "POST /api/auth/keys/k/revoke {}",
    "POST /api/settings/auth/api-keys/k/revoke {}",
    'POST /api/settings/auth/users {"role":"user"}',
    'POST /api/settings/auth/users {"id":"kim","role":"user"}',
  ]);
});
