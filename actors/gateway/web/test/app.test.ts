/** The page without its looks, against a fake gateway over real sockets. */

import "./dom";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket as NodeWebSocket } from "ws";
import type { ClientFrame } from "../src/protocol";
import { App } from "../src/state/app";
import { composerOf } from "../src/state/composer";
import { FRESH, go, openSession, toSession } from "../src/state/router";
import { toasts } from "../src/state/toasts";
import { brief } from "./events";
import { FakeGateway } from "./fake/gateway";
import type { Act } from "./fake/conversation";

let gateway: FakeGateway;
let app: App;
let port: number;
const overTheNetwork = globalThis.fetch;

const say = (text: string): Act => ({ say: text, pace: 0 });

function script(text: string): readonly Act[] {
  if (text.startsWith("slow")) return Array.from({ length: 60 }, (_, n) => ({ say: `${n} `, pace: 8 }));
  if (text.startsWith("steps")) {
    return [
      say("First."),
      { call: "FileRead", id: "a", input: { file_path: "a.md" } },
      { pause: 150 },
      { result: "content", id: "a" },
      { next: true },
      say("Second."),
      { pause: 60 },
    ];
  }
  if (text.startsWith("big")) {
    return [
      { call: "FileRead", id: "big", input: {} },
      { result: "x".repeat(9000), id: "big" },
      { next: true },
      say("ok"),
    ];
  }
  return [say(`You said: ${text}`)];
}

function openSocket(url: string): WebSocket {
  const socket = new NodeWebSocket(url);
  socket.on("error", () => {
    // Its close says the same.
  });
  return socket as unknown as WebSocket;
}

function openApp(): App {
  const made = new App(`ws://127.0.0.1:${port}/ws`, undefined, openSocket);
  made.start();
  return made;
}

async function until(condition: () => unknown, what = String(condition)): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await sleep(5)) if (condition()) return;
  assert.fail(`in vain: ${what}`);
}

const connected = () => until(() => app.link.value.name === "ready", "the connection");
const turns = () => app.open.transcript.value.turns;
const shown = () => turns().map((turn) => [turn.prompt?.text, ...turn.parts.map(brief)]);
const idle = () =>
  until(
    () => turns().length > 0 && !app.open.running.value && app.open.pending.value.length === 0,
    "the end",
  );
const sent = (type: ClientFrame["type"]) => gateway.received.filter((frame) => frame.type === type);

beforeEach(async () => {
  localStorage.clear();
  go(FRESH);
  toasts.value = [];
  gateway = new FakeGateway({ script });
  port = await gateway.listen();
  globalThis.fetch = (path, init) => overTheNetwork(`http://127.0.0.1:${port}${String(path)}`, init);
  app = openApp();
});

afterEach(async () => {
  app.stop();
  await gateway.close();
});

test("a first message begins a conversation and the page goes there", async () => {
  await connected();
  app.say("hello", []);
  await idle();
  assert.deepEqual(shown(), [["hello", "text: You said: hello"]]);
  assert.ok(gateway.conversations.has(openSession.value ?? ""));
  await until(() => app.open.session.value?.title === "hello");
  await until(() => gateway.conversations.get(openSession.value ?? "")?.session().is_read);
});

test("a reload shows what was there before, and in the same order", async () => {
  await connected();
  app.say("steps", []);
  await idle();
  const before = shown();
  assert.deepEqual(before, [["steps", "text: First.", "tool a done content", "text: Second."]]);
  app.stop();
  app = openApp();
  await until(() => turns().length === 1);
  assert.deepEqual(shown(), before);
});

test("a reload in mid-answer goes on where the answer is", async () => {
  await connected();
  app.say("slow", []);
  await until(() => JSON.stringify(shown()).includes("9 "));
  app.stop();
  app = openApp();
  await until(() => app.open.running.value);
  await idle();
  const words = Array.from({ length: 60 }, (_, n) => `${n} `).join("");
  assert.deepEqual(
    turns().map((turn) => turn.parts.map((part) => ("text" in part ? part.text : "")).join("")),
    [words],
  );
});

test("what happens while the connection is away is made up for, without repeating", async () => {
  await connected();
  app.say("slow", []);
  await until(() => JSON.stringify(shown()).includes("9 "));
  gateway.leave();
  await until(() => app.link.value.name === "waiting");
  await sleep(200);
  gateway.comeBack();
  await connected();
  await idle();
  const words = Array.from({ length: 60 }, (_, n) => `${n} `).join("");
  assert.equal(
    turns()[0]
      ?.parts.map((part) => ("text" in part ? part.text : ""))
      .join(""),
    words,
  );
  assert.equal(turns()[0]?.stats?.outputTokens, 615);
});

test("when the daemon has forgotten the events, the stored messages are read again", async () => {
  await connected();
  app.say("hello", []);
  await idle();
  const conversation = [...gateway.conversations.values()][0];
  gateway.leave();
  conversation?.remember("from elsewhere", "an answer", 0);
  if (conversation !== undefined) conversation.seq += 5;
  conversation?.forget();
  gateway.comeBack();
  app.wake();
  await until(() => turns().length === 2);
  assert.deepEqual(shown()[1], ["from elsewhere", "text: an answer"]);
});

test("a message written while there is no connection goes out when it is back, once", async () => {
  await connected();
  gateway.leave();
  await until(() => app.link.value.name === "waiting");
  app.say("into the void", []);
  assert.equal(app.open.pending.value[0]?.text, "into the void");
  gateway.comeBack();
  await idle();
  assert.deepEqual(shown(), [["into the void", "text: You said: into the void"]]);
});

test("a message whose confirmation was lost is sent again under its id and answered once", async () => {
  await connected();
  gateway.swallowNextConfirmation();
  app.say("hello", []);
  await until(() => sent("message").length === 2);
  const ids = sent("message").map((frame) => "client_message_id" in frame && frame.client_message_id);
  assert.equal(ids[0], ids[1]);
  await idle();
  assert.equal(gateway.conversations.size, 1);
  assert.deepEqual(shown(), [["hello", "text: You said: hello"]]);
});

test("a message that was not sent survives a reload of the page", async () => {
  await connected();
  gateway.leave();
  await until(() => app.link.value.name === "waiting");
  app.say("remember me", []);
  app.stop();
  app = openApp();
  assert.equal(app.open.pending.value[0]?.text, "remember me");
  gateway.comeBack();
  app.wake();
  await idle();
  assert.deepEqual(shown(), [["remember me", "text: You said: remember me"]]);
});

test("several messages of a conversation that is yet to begin end up in one conversation", async () => {
  app.say("one", []);
  app.say("two", []);
  app.say("three", []);
  await until(
    () =>
      turns().length + turns().flatMap((turn) => turn.parts.filter((p) => p.kind === "followup")).length >= 3,
  );
  await idle();
  assert.equal(gateway.conversations.size, 1);
});

test("a followup joins the running turn, a queued one gets the next", async () => {
  await connected();
  app.say("steps", []);
  await until(() => app.open.running.value);
  app.say("later", [], "queue");
  app.say("join in", []);
  await until(() => app.open.pending.value.some((entry) => entry.queued));
  await until(() => turns().length === 2);
  await idle();
  assert.deepEqual(shown(), [
    ["steps", "text: First.", "tool a done content", "followup: join in", "text: Second."],
    ["later", "text: You said: later"],
  ]);
});

test("stop ends the turn and keeps what was said", async () => {
  await connected();
  app.say("slow", []);
  await until(() => JSON.stringify(shown()).includes("3 "));
  await app.open.stop();
  await idle();
  assert.equal(turns()[0]?.state, "cancelled");
  assert.ok((turns()[0]?.parts.length ?? 0) > 0);
});

test("another window of the same conversation sees the same", async () => {
  await connected();
  app.say("hello", []);
  await idle();
  const other = openApp();
  try {
    await until(() => other.open.transcript.value.turns.length === 1);
    app.say("slow again", []);
    await until(() => other.open.running.value);
    await idle();
    await until(() => !other.open.running.value);
    assert.deepEqual(
      other.open.transcript.value.turns.map((turn) => turn.parts.map((part) => "text" in part && part.text)),
      turns().map((turn) => turn.parts.map((part) => "text" in part && part.text)),
    );
  } finally {
    other.stop();
  }
});

test("a conversation that was left while it ran is up to date when it is opened again", async () => {
  await connected();
  app.say("slow", []);
  await until(() => app.open.running.value);
  const session = openSession.value ?? assert.fail();
  app.open.startFresh();
  assert.deepEqual(turns(), []);
  await sleep(100);
  go(toSession(session));
  await idle();
  assert.equal(
    turns()[0]
      ?.parts.map((part) => ("text" in part ? part.text : ""))
      .join("")
      .trim()
      .split(" ").length,
    60,
  );
  assert.equal(sent("unfollow").length, 0);
});

test("a conversation that is left at rest is no longer followed", async () => {
  await connected();
  app.say("hello", []);
  await idle();
  app.open.startFresh();
  await until(() => sent("unfollow").length === 1);
});

test("a refused message says why and keeps its text", async () => {
  await connected();
  app.say("refuse this", []);
  await until(() => app.open.pending.value[0]?.state === "refused");
  const entry = app.open.pending.value[0] ?? assert.fail();
  assert.match(entry.error ?? "", /as it asked for/);
  app.open.takeBack(entry);
  assert.equal(composerOf(null).text.value, "refuse this");
  assert.deepEqual(app.open.pending.value, []);
  composerOf(null).letGo();
});

test("a conversation that does not exist says so", async () => {
  await connected();
  go(toSession("nowhere"));
  await until(() => app.open.problem.value?.missing);
});

test("a long result is completed from the stored messages", async () => {
  await connected();
  app.say("big", []);
  await idle();
  const tool = () => turns()[0]?.parts.find((part) => part.kind === "tool") ?? assert.fail();
  assert.equal(tool().truncated, true);
  const turn = turns()[0] ?? assert.fail();
  await app.conversations.readOutput(app.open.conversation.value.id, turn.id, "big", 4096);
  assert.equal(tool().output?.length, 9000);
  assert.equal(tool().truncated, false);
  await assert.rejects(
    app.conversations.readOutput(app.open.conversation.value.id, turn.id, "big", 9000),
    /No more of it is kept/,
  );
});

test("the list is paged, searched and kept up to date", async () => {
  for (let index = 0; index < 45; index += 1) {
    gateway.begin(`s${index}`).remember(`Note ${index}`, "…", index * 1000, index === 3);
  }
  await connected();
  await app.sessions.refresh();
  assert.equal(app.sessions.all.value.length, 40);
  assert.equal(app.sessions.unread.value, 1);
  await app.sessions.loadMore();
  assert.equal(app.sessions.all.value.length, 45);
  assert.equal(app.sessions.more.value, false);
  app.sessions.search("note 44");
  await until(() => app.sessions.shown.value.length === 1);
  app.sessions.search("");
  await until(() => app.sessions.shown.value.length === 45);
  assert.ok(await app.sessions.rename("s7", "Another name"));
  assert.equal(app.sessions.get("s7")?.title, "Another name");
  go(toSession("s3"));
  await until(() => app.sessions.unread.value === 0);
});
