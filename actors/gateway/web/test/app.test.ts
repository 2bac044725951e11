/** The page without its looks, with a real agent whose model is scripted. */

import { window } from "./dom";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { locked } from "../src/net/access";
import type { ClientFrame, Session } from "../src/protocol";
import { App } from "../src/state/app";
import { account, meet } from "../src/state/account";
import { composerOf } from "../src/state/composer";
import { FRESH, go, openSession, toSession } from "../src/state/router";
import { toasts } from "../src/state/toasts";
import { Agent, Line } from "./agent";
import { brief } from "./events";

let agent: Agent;
let line: Line;
let app: App;

function openApp(): App {
  const made = new App("", undefined, line.open);
  made.start();
  return made;
}

/** Waits for what other processes do. */
async function until(condition: () => unknown, what = String(condition)): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(5)) if (condition()) return;
  assert.fail(`in vain: ${what}`);
}

const connected = () => until(() => app.link.value.name === "ready", "the connection");
const turns = () => app.open.transcript.value.turns;
const shown = () => turns().map((turn) => [turn.prompt?.text, ...turn.parts.map(brief)]);
const said = (one = app) =>
  one.open.transcript.value.turns.map((turn) =>
    turn.parts.map((part) => ("text" in part ? part.text : "")).join(""),
  );
const idle = () =>
  until(
    () => turns().length > 0 && !app.open.running.value && app.open.pending.value.length === 0,
    "the end",
  );
const sent = (type: ClientFrame["type"]) => line.sent.filter((frame) => frame.type === type);

async function reload(): Promise<void> {
  app.stop();
  app = openApp();
  await connected();
}

/** An answer of sixty words that takes its time, and its text. */
const COUNTED = Array.from({ length: 60 }, (_, number) => `${number} `);
const slow = () => agent.script({ say: COUNTED, gap: 0.01 });
const WORDS = COUNTED.join("");

/** A turn that reads a file between two sentences; `delay` is in seconds. */
function steps(text = "content", delay = 0): Promise<void> {
  writeFileSync(join(agent.home, "a.md"), text);
  const call = { name: "FileRead", input: { path: "a.md" }, id: "a" };
  return agent.script({ say: "First.", calls: [call] }, { say: "Second.", delay });
}

before(async () => {
  agent = await Agent.start();
});
after(() => agent.stop());

beforeEach(async () => {
  localStorage.clear();
  go(FRESH);
  toasts.value = [];
  line = new Line(agent);
  globalThis.fetch = line.fetch;
  app = openApp();
  await connected();
});
afterEach(() => app.stop());

test("what the agent asks is told elsewhere while the page is hidden", async () => {
  const seen = () => sent("looking").map((frame) => "is_seen" in frame && frame.is_seen);
  const turnAway = (hidden: boolean) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new window.Event("visibilitychange"));
  };
  assert.deepEqual(seen(), []);
  turnAway(true);
  assert.deepEqual(seen(), [false]);
  line.cut();
  await until(() => app.link.value.name !== "ready");
  line.mend();
  await connected();
  assert.deepEqual(seen(), [false, false]);
  turnAway(false);
  assert.deepEqual(seen(), [false, false, true]);
});

test("a first message begins a conversation and the page goes there", async () => {
  await agent.script({ say: "Good day." });
  app.say("hello", []);
  await idle();
  assert.deepEqual(shown(), [["hello", "text: Good day."]]);
  await until(() => app.open.session.value?.title === "hello");
  await until(() => app.open.session.value?.is_read);
});

test("a reload shows what was there before, and in the same order", async () => {
  await steps();
  app.say("steps", []);
  await idle();
  const before = shown();
  assert.deepEqual(
    before.map((turn) => turn.map((part) => part?.split("\n")[0])),
    [["steps", "text: First.", "tool a done content", "text: Second."]],
  );
  await reload();
  await until(() => turns().length === 1);
  assert.deepEqual(shown(), before);
});

test("a reload in mid-answer goes on where the answer is", async () => {
  await slow();
  app.say("count", []);
  await until(() => said()[0]?.includes("9 "));
  await reload();
  await until(() => turns().length > 0);
  await idle();
  assert.deepEqual(said(), [WORDS]);
});

test("what happens while the connection is away is made up for, without repeating", async () => {
  await slow();
  app.say("count", []);
  await until(() => said()[0]?.includes("9 "));
  line.cut();
  await until(() => app.link.value.name === "waiting");
  line.mend();
  app.wake();
  await connected();
  await idle();
  assert.deepEqual(said(), [WORDS]);
  assert.ok((turns()[0]?.stats?.outputTokens ?? 0) > 0);
});

test("a daemon that was started again has forgotten the events, so the stored messages are read again", async () => {
  await agent.script({ say: "First answer." });
  app.say("hello", []);
  await idle();
  line.cut();
  await agent.restart();
  const session = openSession.value ?? assert.fail();
  await agent.script({ say: "Second answer." });
  line.mend();
  const elsewhere = { text: "from elsewhere", session_id: session };
  const answer = await line.fetch("/api/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(elsewhere),
  });
  assert.ok(answer.ok, await answer.text());
  app.wake();
  await until(() => turns().length === 2);
  await idle();
  assert.deepEqual(said(), ["First answer.", "Second answer."]);
  assert.equal(locked.value, false);
});

test("a message written while there is no connection goes out when it is back, once", async () => {
  await agent.script({ say: "Here." });
  line.cut();
  await until(() => app.link.value.name === "waiting");
  app.say("into the void", []);
  assert.equal(app.open.pending.value[0]?.text, "into the void");
  line.mend();
  app.wake();
  await idle();
  assert.deepEqual(shown(), [["into the void", "text: Here."]]);
});

test("a message whose confirmation was lost is sent again under its id and answered once", async () => {
  await agent.script({ say: "Here." });
  line.lose("accepted");
  app.say("hello", []);
  await until(() => sent("message").length === 2);
  const ids = sent("message").map((frame) => "client_message_id" in frame && frame.client_message_id);
  assert.equal(ids[0], ids[1]);
  await idle();
  assert.deepEqual(shown(), [["hello", "text: Here."]]);
});

test("a message that was not sent survives a reload of the page", async () => {
  await agent.script({ say: "Remembered." });
  line.cut();
  await until(() => app.link.value.name === "waiting");
  app.say("remember me", []);
  app.stop();
  app = openApp();
  assert.equal(app.open.pending.value[0]?.text, "remember me");
  line.mend();
  app.wake();
  await idle();
  assert.deepEqual(shown(), [["remember me", "text: Remembered."]]);
});

test("several messages of a conversation that is yet to begin end up in one conversation", async () => {
  app.stop();
  app = openApp();
  const words = ["one", "two", "three"];
  for (const word of words) app.say(word, []);
  const prompts = () =>
    turns().flatMap((turn) => [
      turn.prompt?.text,
      ...turn.parts.flatMap((part) => (part.kind === "followup" ? [part.text] : [])),
    ]);
  await until(() => prompts().length === 3);
  await idle();
  assert.deepEqual(prompts(), words);
});

test("a followup joins the running turn, a queued one gets the next", async () => {
  writeFileSync(join(agent.home, "a.md"), "content");
  const call = { name: "FileRead", input: { path: "a.md" }, id: "a" };
  const words = ["First", ", at", " length", "."];
  await agent.script({ say: words, calls: [call], gap: 0.5 }, { say: "Second." }, { say: "Later." });
  app.say("steps", []);
  await until(() => said()[0]?.startsWith("First"));
  app.say("later", [], "queue");
  app.say("join in", []);
  await until(() => app.open.pending.value.some((entry) => entry.queued));
  await until(() => turns().length === 2);
  await idle();
  assert.deepEqual(
    shown().map((turn) => turn.map((part) => part?.split("\n")[0])),
    [
      ["steps", "text: First, at length.", "tool a done content", "followup: join in", "text: Second."],
      ["later", "text: Later."],
    ],
  );
});

test("stop ends the turn and keeps what was said", async () => {
  await agent.script({ say: COUNTED, gap: 0.2 });
  app.say("count", []);
  await until(() => said()[0]?.includes("2 "));
  await app.open.stop();
  await idle();
  assert.equal(turns()[0]?.state, "cancelled");
  assert.match(said()[0] ?? "", /^0 1 2 /);
});

test("another window of the same conversation sees the same", async () => {
  await agent.script({ say: "Here." }, { say: COUNTED, gap: 0.01 });
  app.say("hello", []);
  await idle();
  const other = openApp();
  try {
    await until(() => other.open.transcript.value.turns.length === 1);
    app.say("count", []);
    await until(() => other.open.running.value);
    await idle();
    await until(() => !other.open.running.value);
    assert.deepEqual(said(other), ["Here.", WORDS]);
    assert.deepEqual(said(), ["Here.", WORDS]);
  } finally {
    other.stop();
  }
});

test("a conversation that was left while it ran is up to date when it is opened again", async () => {
  await slow();
  app.say("count", []);
  await until(() => said()[0]?.includes("1 "));
  const session = openSession.value ?? assert.fail();
  app.open.startFresh();
  assert.deepEqual(turns(), []);
  go(toSession(session));
  await idle();
  assert.deepEqual(said(), [WORDS]);
  assert.equal(sent("unfollow").length, 0);
});

test("a conversation that is left at rest is no longer followed", async () => {
  await agent.script({ say: "Here." });
  app.say("hello", []);
  await idle();
  app.open.startFresh();
  await until(() => sent("unfollow").length === 1);
});

test("a refused message says why and keeps its text", async () => {
  const text = "\u0001".repeat(200_000); // six characters each in JSON
  app.say(text, []);
  await until(() => app.open.pending.value[0]?.state === "refused");
  const entry = app.open.pending.value[0] ?? assert.fail();
  assert.match(entry.error ?? "", /a message may have/);
  app.open.takeBack(entry);
  assert.equal(composerOf(null).text.value, text);
  assert.deepEqual(app.open.pending.value, []);
  composerOf(null).letGo();
});

test("a conversation that does not exist says so", async () => {
  go(toSession("nowhere"));
  await until(() => app.open.problem.value?.missing);
});

test("a long result is completed from the stored messages", async () => {
  await steps("x".repeat(9000));
  app.say("steps", []);
  await idle();
  const turn = () => turns()[0] ?? assert.fail();
  const tool = () => turn().parts.find((part) => part.kind === "tool") ?? assert.fail();
  assert.equal(tool().truncated, true);
  const { id } = app.open.conversation.value;
  await app.conversations.readOutput(id, turn().id, "a", tool().output?.length ?? 0);
  assert.match(tool().output ?? "", /x{9000}/);
  assert.equal(tool().truncated, false);
  await assert.rejects(
    app.conversations.readOutput(id, turn().id, "a", tool().output?.length ?? 0),
    /No more of it is kept/,
  );
});

test("the list is searched, renamed and kept up to date", async () => {
  app.say("a needle in a haystack", []);
  await idle();
  const session = openSession.value ?? assert.fail();
  app.sessions.search("NEEDLE IN");
  await until(() => app.sessions.shown.value.length === 1);
  assert.equal(app.sessions.shown.value[0]?.id, session);
  app.sessions.search("");
  await until(() => app.sessions.shown.value.length > 1);
  assert.ok(await app.sessions.rename(session, "Another name"));
  await until(() => app.sessions.get(session)?.title === "Another name");
});

test("the list is read page by page", async () => {
  await Promise.all(
    Array.from({ length: 45 }, (_, number) =>
      line.fetch("/api/chat", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: `Note ${number}` }),
      }),
    ),
  );
  const settled = () =>
    app.sessions.all.value.filter(({ title, running }) => title?.startsWith("Note ") && !running);
  await until(() => settled().length === 45); // or their ends bring them into the list by themselves
  await reload();
  await until(() => app.sessions.more.value && !app.sessions.loading.value);
  const first = app.sessions.all.value.length; // of the others, one that changes meanwhile is shown as well
  assert.ok(first >= 40 && first < 45, `${first}`);
  await app.sessions.loadMore();
  const notes = (sessions: readonly Session[]) => sessions.filter(({ title }) => title?.startsWith("Note "));
  assert.equal(notes(app.sessions.all.value).length, 45);
});

test("where the gateway does not know the browser the page says so, and keeps what is written", async () => {
  await agent.script({ say: "Welcome back." });
  app.say("begin", []);
  composerOf(null).write("half a th");
  await idle();
  line.cut();
  line.known = false;
  await until(() => app.link.value.name === "waiting");
  app.say("still here", []);
  line.mend();
  app.knock();
  await until(() => locked.value);
  assert.equal(app.open.pending.value[0]?.text, "still here");
  assert.match(localStorage.getItem("starpod.draft.new") ?? "", /half a th/);
  line.known = true;
  await agent.script({ say: "Here as well." });
  app.knock();
  await until(() => !locked.value);
  await until(() => turns().length === 2);
  await idle();
  assert.deepEqual(said(), ["Welcome back.", "Here as well."]);
  composerOf(null).take();
});

test("a browser that was somebody else's begins anew, and sends nothing of theirs", async () => {
  assert.deepEqual(account.value, { user_id: "admin", role: "admin", credential: "" });
  line.cut();
  await until(() => app.link.value.name === "waiting");
  app.say("in the name of bob", []);
  composerOf(null).write("half a th");
  app.stop();
  meet({ user_id: "bob", role: "user", credential: "d" });
  let reloads = 0;
  app = new App("", undefined, line.open, () => (reloads += 1));
  line.mend();
  app.start();
  await until(() => reloads === 1);
  window.dispatchEvent(new window.Event("pagehide")); // the page goes
  assert.deepEqual(sent("message"), []);
  assert.deepEqual(Object.keys(localStorage), []);
});
