import assert from "node:assert/strict";
import { test } from "node:test";
import { storedTurns } from "../src/conversation/history";
import {
  emptyConversation,
  withFigures,
  withOlderRows,
  withRows,
  type Conversation,
} from "../src/conversation/model";
import { resumed } from "../src/conversation/reduce";
import { transcript as view } from "../src/conversation/transcript";
import type { Message } from "../src/protocol";
import {
  brief,
  call,
  callRow,
  completion,
  end,
  figures,
  followup,
  numbered,
  play,
  result,
  resultRow,
  row,
  SESSION,
  start,
  text,
  thinking,
} from "./events";

const stored = (rows: Message[]): Conversation => withRows(emptyConversation(SESSION), rows, false);
const transcript = (conversation: Conversation) => view(conversation).turns;
const shown = (conversation: Conversation) =>
  transcript(conversation).map((turn) => [turn.prompt?.text, ...turn.parts.map(brief)]);

test("a conversation looks the same live and after a reload", () => {
  const live = play(
    numbered([
      start("compare both"),
      completion(1),
      thinking("which?"),
      text("Looking."),
      call("a"),
      call("b"),
      result("b", "two"),
      result("a", "one"),
      followup("t2", "merged", "shortly, please"),
      completion(2),
      call("c"),
      result("c", "no such file", { is_error: true }),
      completion(3),
      text("They differ."),
      end(),
    ]),
  );
  const rows = [
    row("user", "compare both"),
    row("thinking", "which?"),
    row("assistant", "Looking."),
    callRow("a"),
    callRow("b"),
    resultRow("a", "one"),
    resultRow("b", "two"),
    row("user", "shortly, please"),
    callRow("c"),
    resultRow("c", "no such file", true),
    row("assistant", "They differ."),
  ];
  assert.deepEqual(shown(stored(rows)), shown(live));
  const keys = (conversation: Conversation) => transcript(conversation)[0]?.parts.map((part) => part.key);
  assert.deepEqual(keys(stored(rows)), keys(live));
});

test("a followup stored under a turn of its own still stands inside the turn it joined", () => {
  const rows = [
    row("user", "first"),
    callRow("a"),
    resultRow("a"),
    row("user", "more", "t2"),
    row("assistant", "Both."),
  ];
  assert.deepEqual(shown(stored(rows)), [["first", "tool a done ok", "followup: more", "text: Both."]]);
});

test("turns that follow each other are not taken for followups", () => {
  const rows = [
    row("user", "one"),
    row("assistant", "1"),
    row("user", "two", "t2"),
    row("assistant", "2", "t2"),
  ];
  assert.deepEqual(shown(stored(rows)), [
    ["one", "text: 1"],
    ["two", "text: 2"],
  ]);
});

test("rows that cannot be read are skipped", () => {
  const rows = [
    row("user", "x"),
    row("tool_use", "{broken"),
    row("tool_result", "null"),
    row("assistant", "ok"),
  ];
  assert.deepEqual(shown(stored(rows)), [["x", "text: ok"]]);
});

test("a call without a result is lost, unless its turn runs", () => {
  const rows = [row("user", "x"), callRow("a")];
  assert.deepEqual(shown(stored(rows)), [["x", "tool a lost"]]);
  assert.deepEqual(shown({ ...stored(rows), running: "t1" }), [["x", "tool a running"]]);
});

test("the time of a stored call is the time between its rows", () => {
  const called = { ...callRow("a"), timestamp: "2026-01-01T12:00:00.000Z" };
  const answered = { ...resultRow("a"), timestamp: "2026-01-01T12:00:02.500Z" };
  const tool = storedTurns([row("user", "x"), called, answered])[0]?.parts[0];
  assert.equal(tool?.kind === "tool" && tool.elapsed, 2.5);
});

test("what events told wins over stored rows of the same turn, which may be older", () => {
  const live = play(numbered([start(), completion(1), text("Looking."), call("a"), result("a")]));
  const both = withRows(live, [row("user", "hello"), row("assistant", "Looking."), callRow("a")], false);
  assert.deepEqual(shown(both), [["hello", "text: Looking.", "tool a done ok"]]);
  assert.equal(transcript(both)[0]?.prompt?.at, both.rows?.[0]?.timestamp);
});

test("after a restart, stored completions come first and events go on from there", () => {
  const rows = [row("user", "hello"), row("assistant", "Reading."), callRow("a")];
  const asked = resumed(stored(rows), {
    type: "backlog",
    session_id: SESSION,
    complete: true,
    last_seq: 60,
    running_turn_id: "t1",
  });
  const events = numbered(
    [start("hello", { attempt: 2 }), result("a", "found"), completion(2), text("It says…")],
    57,
  );
  const state = play(events, asked);
  assert.deepEqual(shown(state), [["hello", "text: Reading.", "tool a done found", "text: It says…"]]);

  const ended = play(numbered([end()], 61), state);
  assert.equal(ended.stale, true);
  const read = withRows(ended, [...rows, resultRow("a", "found"), row("assistant", "It says… all.")], false);
  assert.deepEqual(shown(read), [["hello", "text: Reading.", "tool a done found", "text: It says… all."]]);
  assert.equal(transcript(read)[0]?.stats?.outputTokens, 5);
});

test("a turn that is not touched by an event keeps its identity, so that it is not drawn again", () => {
  const first = withRows(
    emptyConversation(SESSION),
    [row("user", "old", "t0"), row("assistant", "1", "t0")],
    false,
  );
  const before = play(numbered([start(), completion(1), text("a")]), first);
  const after = play(numbered([text("b")], 4), before);
  assert.equal(transcript(before)[0], transcript(after)[0]);
  assert.notEqual(transcript(before)[1], transcript(after)[1]);
});

test("older pages go in front, each row once", () => {
  const rows = [
    row("user", "one"),
    row("assistant", "1"),
    row("user", "two", "t2"),
    row("assistant", "2", "t2"),
  ];
  const page = withRows(emptyConversation(SESSION), rows.slice(1), true);
  const whole = withOlderRows(page, rows.slice(0, 2), false);
  assert.deepEqual(whole.rows, rows);
  assert.equal(whole.more, false);
});

test("an ending in failure is known from its notice", () => {
  const turn = storedTurns([row("user", "x"), row("notice", "The provider refused the key.")])[0];
  assert.equal(turn?.state, "failed");
  assert.deepEqual(turn.parts.map(brief), ["warning: The provider refused the key."]);
});

test("stored figures tell how a turn ended and what it used", () => {
  const rows = [row("user", "x"), row("assistant", "half an ans")];
  const stopped = withFigures(stored(rows), [figures({ state: "cancelled", outcome: "cancelled" })]);
  const turn = transcript(stopped)[0];
  assert.equal(turn?.state, "cancelled");
  assert.deepEqual(turn.stats, {
    toolRounds: 1,
    costUsd: 0.01,
    inputTokens: 30,
    outputTokens: 7,
    cacheReadTokens: 20,
    elapsed: 1.5,
    model: "offline/helper",
  });
  assert.equal(transcript(stopped)[0], turn);
  assert.equal(transcript({ ...stopped, running: "t1" })[0]?.state, "running");
});

test("a turn with a notice that did not fail has not failed", () => {
  const rows = [row("user", "x"), row("assistant", "y"), row("notice", "Stopped after 30 rounds.")];
  const limited = withFigures(stored(rows), [figures({ outcome: "max_turns" })]);
  assert.equal(transcript(limited)[0]?.state, "done");
});

test("a stored message behind the running turn waits, until it joins that turn or has one of its own", () => {
  const asked = resumed(emptyConversation(SESSION), {
    type: "backlog",
    session_id: SESSION,
    complete: true,
    last_seq: 9,
    running_turn_id: "t1",
  });
  const live = play(numbered([start(), completion(1), call("a")], 7), asked);
  const rows = [
    row("user", "hello"),
    callRow("a"),
    row("user", "and this", "t2"),
    row("user", "then that", "t3"),
  ];
  const reloaded = withRows(live, rows, false);
  assert.deepEqual(shown(reloaded), [["hello", "tool a running"]]);
  assert.deepEqual(
    view(reloaded).waiting.map((waiting) => waiting.text),
    ["and this", "then that"],
  );

  const joined = play(
    numbered([result("a"), followup("t2", "merged", "and this"), completion(2)], 10),
    reloaded,
  );
  assert.deepEqual(shown(joined), [["hello", "tool a done ok", "followup: and this"]]);
  assert.deepEqual(
    view(joined).waiting.map((waiting) => waiting.turnId),
    ["t3"],
  );

  const next = play(numbered([end(), start("then that", { turn_id: "t3" })], 13), joined);
  assert.deepEqual(shown(next), [["hello", "tool a done ok", "followup: and this"], ["then that"]]);
  assert.deepEqual(view(next).waiting, []);
});
