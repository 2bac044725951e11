import "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Accepted } from "../src/protocol";
import { newPlace, PendingMessages, sendable, type PendingMessage } from "../src/state/pending";

beforeEach(() => localStorage.clear());

const draft = (id: string, place = "s1", at = 1000) => ({
  id,
  place,
  text: `text of ${id}`,
  attachments: [],
  model: null,
  mode: null,
  at,
});

const accepted = (id: string, more: Partial<Accepted> = {}): Accepted => ({
  type: "accepted",
  client_message_id: id,
  session_id: "s1",
  turn_id: `turn of ${id}`,
  duplicate: false,
  created: false,
  fate: "started",
  after_seq: 0,
  ...more,
});

function outbox(connected = true, now = 2000) {
  const sent: string[] = [];
  const link = { connected };
  const box = new PendingMessages((entry: PendingMessage) => {
    if (link.connected) sent.push(entry.id);
    return link.connected;
  }, now);
  const states = () => box.entries.value.map((entry) => `${entry.id} ${entry.state}`);
  return { box, sent, link, states };
}

test("a message is sent at once and kept until it is seen in its conversation", () => {
  const { box, sent, states } = outbox();
  box.add(draft("m1"));
  assert.deepEqual(sent, ["m1"]);
  box.accepted(accepted("m1"));
  assert.deepEqual(states(), ["m1 accepted"]);
  box.seen((entry) => entry.turnId === "turn of m1");
  assert.deepEqual(states(), []);
  assert.equal(localStorage.length, 0);
});

test("without a connection a message waits, and goes out when there is one", () => {
  const { box, sent, link } = outbox(false);
  box.add(draft("m1"));
  box.add(draft("m2"));
  assert.equal(box.unconfirmed.value, 2);
  link.connected = true;
  box.resend();
  assert.deepEqual(sent, ["m1", "m2"]);
});

test("what was not confirmed is sent again under the same id after a reconnect, the rest is not", () => {
  const { box, sent } = outbox();
  box.add(draft("m1"));
  box.add(draft("m2"));
  box.accepted(accepted("m1"));
  box.resend();
  assert.deepEqual(sent, ["m1", "m2", "m2"]);
});

test("a message survives the page: another one finds it and sends it", () => {
  outbox(false).box.add(draft("m1"));
  const { box, sent } = outbox();
  box.resend();
  assert.deepEqual(sent, ["m1"]);
});

test("an accepted message that nobody saw is forgotten after a day", () => {
  const { box } = outbox();
  box.add(draft("m1", "s1", 1000));
  box.accepted(accepted("m1"));
  assert.equal(outbox(true, 1000 + 86_400_000).box.entries.value.length, 1);
  assert.equal(outbox(true, 1001 + 86_400_000).box.entries.value.length, 0);
  assert.equal(localStorage.length, 0);
});

test("of a conversation that is yet to begin only the first message goes out; the others follow into it", () => {
  const { box, sent } = outbox();
  const place = newPlace("x");
  box.add(draft("m1", place));
  box.add(draft("m2", place));
  box.add(draft("m3", "s9"));
  assert.deepEqual(sent, ["m1", "m3"]);
  box.accepted(accepted("m1", { session_id: "s5", created: true }));
  assert.deepEqual(sent, ["m1", "m3", "m2"]);
  assert.deepEqual(
    box.entries.value.map((entry) => entry.place),
    ["s5", "s5", "s9"],
  );
});

test("a first message that is refused holds the ones behind it until it is dealt with", () => {
  const { box, sent } = outbox();
  const place = newPlace("x");
  box.add(draft("m1", place));
  box.add(draft("m2", place));
  assert.ok(box.refused("m1", "no such model", false));
  box.flush();
  assert.deepEqual(sent, ["m1"]);
  box.remove("m1");
  box.flush();
  assert.deepEqual(sent, ["m1", "m2"]);
});

test("a refused message keeps its text and can be tried again", () => {
  const { box, sent, states } = outbox();
  box.add(draft("m1"));
  box.refused("m1", "the conversation is closed", false);
  assert.deepEqual(states(), ["m1 refused"]);
  assert.equal(box.entries.value[0]?.text, "text of m1");
  box.resend();
  assert.deepEqual(sent, ["m1"]);
  box.retry("m1");
  assert.deepEqual(sent, ["m1", "m1"]);
});

test("a message that could not be stored just now is sent again by itself", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, sent, states } = outbox();
  box.add(draft("m1"));
  box.refused("m1", "busy", true);
  assert.deepEqual(states(), ["m1 waiting"]);
  context.mock.timers.tick(2000);
  assert.deepEqual(sent, ["m1", "m1"]);
});

test("a duplicate whose turn is over needs no place on the page", () => {
  const { box, states } = outbox();
  box.add(draft("m1"));
  box.accepted(accepted("m1", { duplicate: true, fate: "done" }));
  assert.deepEqual(states(), []);
});

test("an answer to a message of somebody else changes nothing", () => {
  const { box } = outbox();
  assert.equal(box.accepted(accepted("other")), null);
  assert.equal(box.refused("other", "no", false), false);
});

test("what another window writes is shown here, and sent by that window", () => {
  const { box, sent, states } = outbox();
  const elsewhere = (entry: object | null) => {
    if (entry === null) localStorage.removeItem("starpod.outbox.m1");
    else localStorage.setItem("starpod.outbox.m1", JSON.stringify(entry));
    window.dispatchEvent(new StorageEvent("storage", { key: "starpod.outbox.m1" }));
  };
  const entry = { ...draft("m1"), state: "waiting", turnId: null, queued: false, error: null };
  elsewhere(entry);
  assert.deepEqual(states(), ["m1 waiting"]);
  box.flush();
  assert.deepEqual(sent, []);
  elsewhere({ ...entry, state: "accepted" });
  assert.deepEqual(states(), ["m1 accepted"]);
  elsewhere(null);
  assert.deepEqual(states(), []);
});

test("only what waits is sendable", () => {
  const entry = (id: string, state: PendingMessage["state"], place = "s1"): PendingMessage => ({
    ...draft(id, place),
    state,
    turnId: null,
    queued: false,
    error: null,
  });
  const all = [entry("a", "waiting"), entry("b", "accepted"), entry("c", "refused"), entry("d", "waiting")];
  assert.deepEqual(
    sendable(all, new Set(["a"])).map(({ id }) => id),
    ["d"],
  );
});
