import type { Conversation } from "../src/conversation/model";
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyConversation } from "../src/conversation/model";
import { printed, reduce, resumed } from "../src/conversation/reduce";
import type { Backlog, ToolOutput } from "../src/protocol";
import {
  brief,
  call,
  completion,
  end,
  followup,
  numbered,
  path,
  play,
  result,
  row,
  SESSION,
  start,
  text,
  thinking,
} from "./events";

const parts = (conversation: ReturnType<typeof play>, turn = 0) => conversation.live[turn]?.parts.map(brief);

function backlog(more: Partial<Backlog> = {}): Backlog {
  return {
    type: "backlog",
    session_id: SESSION,
    complete: true,
    last_seq: 0,
    running_turn_id: null,
    ...more,
  };
}

test("text, tools and text interleave in the order they were told", () => {
  const state = play(
    numbered([
      start(),
      completion(1),
      thinking("hm"),
      text("Let me "),
      text("look."),
      call("a"),
      call("b"),
      result("b", "second"),
      result("a", "first"),
      completion(2),
      text("Done."),
      end(),
    ]),
  );
  assert.deepEqual(parts(state), [
    "thinking: hm",
    "text: Let me look.",
    "tool a done first",
    "tool b done second",
    "text: Done.",
  ]);
  assert.equal(state.live[0]?.state, "done");
  assert.equal(state.running, null);
  assert.equal(state.stale, false);
});

test("an event that comes twice changes nothing, not even the identity of the conversation", () => {
  const events = numbered([start(), completion(1), text("once")]);
  const state = play(events);
  for (const event of events) assert.equal(reduce(state, event, 2_000), state);
});

test("an event that comes late, behind a higher number, is left out", () => {
  const [begin, first, , third] = numbered([start(), completion(1), text("two"), text("three")]);
  const late = numbered([text("two")], 3)[0];
  assert.ok(begin && first && third && late);
  assert.deepEqual(parts(play([begin, first, third, late])), ["text: three"]);
});

test("a gap in the numbers is no reason to stop", () => {
  const state = play([...numbered([start(), completion(1), text("a")]), ...numbered([text("b")], 40)]);
  assert.deepEqual(parts(state), ["text: ab"]);
  assert.equal(state.lastSeq, 40);
});

test("a completion that starts again voids the text of its unfinished run and nothing else", () => {
  const state = play(
    numbered([
      start(),
      completion(1),
      text("Kept."),
      call("a"),
      result("a"),
      completion(2),
      thinking("lost thought"),
      text("lost wo"),
      completion(2),
      text("whole words"),
    ]),
  );
  assert.deepEqual(parts(state), ["text: Kept.", "tool a done ok", "text: whole words"]);
});

test("keys of parts stay unique when text was voided", () => {
  const state = play(
    numbered([
      start(),
      completion(1),
      text("x"),
      call("a"),
      result("a"),
      completion(2),
      text("y"),
      completion(2),
      text("z"),
    ]),
  );
  const keys = state.live[0]?.parts.map((part) => part.key);
  assert.equal(new Set(keys).size, keys?.length);
});

test("a followup that is merged stands where it joined, and stays when the completion is repeated", () => {
  const state = play(
    numbered([
      start(),
      completion(1),
      call("a"),
      result("a"),
      followup("t2", "merged", "and the other file"),
      completion(2),
      text("oops"),
      completion(2),
      text("Both."),
    ]),
  );
  assert.deepEqual(parts(state), ["tool a done ok", "followup: and the other file", "text: Both."]);
  assert.equal(state.live.length, 1);
});

test("a queued followup waits until its own turn starts", () => {
  const queued = followup("t2", "queued", "next");
  const waiting = play(numbered([start(), completion(1), queued]));
  assert.deepEqual(
    waiting.waiting.map((other) => other.text),
    ["next"],
  );
  const later = play(numbered([end(), start("next", { turn_id: "t2" })], 4), waiting);
  assert.deepEqual(later.waiting, []);
  assert.deepEqual(
    later.live.map((turn) => `${turn.prompt?.text} ${turn.state}`),
    ["hello done", "next running"],
  );
  assert.equal(later.running, "t2");
});

test("a failed turn keeps what was said and gives the reason", () => {
  const state = play(
    numbered([
      start(),
      completion(1),
      text("Half an ans"),
      end({ outcome: "error", error: "the provider hung up" }),
    ]),
  );
  assert.deepEqual(parts(state), ["text: Half an ans", "warning: the provider hung up"]);
  assert.equal(state.live[0]?.state, "failed");
});

test("what a command prints is shown while it runs, and its result takes the place of it", () => {
  const said = (text: string, more: Partial<ToolOutput> = {}): ToolOutput => ({
    type: "tool_output",
    session_id: SESSION,
    turn_id: "t1",
    tool_use_id: "a",
    text,
    skipped: 0,
    ...more,
  });
  const running = play(numbered([start(), completion(1), call("a", "Bash")]));
  const turn = running.live[0]?.id ?? "";
  const output = (...frames: ToolOutput[]) => {
    const after = frames.map((frame) => ({ ...frame, turn_id: turn })).reduce(printed, running);
    const tool = after.live[0]?.parts.at(-1);
    return tool?.kind === "tool" ? tool.output : undefined;
  };
  assert.equal(output(said("one\n"), said("two\n")), "one\ntwo\n");
  assert.equal(output(said("one\n"), said("two\n", { skipped: 9 })), "one\n\n[… 9 bytes …]\ntwo\n");
  assert.equal(output(said("x".repeat(70_000)))?.length, 65_536);
  assert.equal(output(said("late", { tool_use_id: "b" })), null);
  assert.equal(printed(running, said("elsewhere", { turn_id: "nowhere" })), running);
  const done = play(numbered([start(), completion(1), call("a", "Bash"), result("a", "all of it")]));
  assert.equal(printed(done, { ...said("late"), turn_id: turn }), done);
});

test("a stopped turn leaves no tool running", () => {
  const state = play(numbered([start(), completion(1), call("a"), end({ outcome: "cancelled" })]));
  assert.deepEqual(parts(state), ["tool a lost"]);
  assert.equal(state.live[0]?.state, "cancelled");
});

test("text that was never streamed is taken from the end of the turn", () => {
  assert.deepEqual(parts(play(numbered([start(), completion(1), end({ text: "All at once." })]))), [
    "text: All at once.",
  ]);
  const streamed = play(numbered([start(), completion(1), text("Piece."), end({ text: "Piece." })]));
  assert.deepEqual(parts(streamed), ["text: Piece."]);
});

test("a wait for the provider is a passing remark", () => {
  const waiting = play(
    numbered([
      start(),
      completion(1),
      { type: "notice", kind: "retrying", text: "Busy, again in 2 s", data: {} },
    ]),
  );
  assert.equal(waiting.live[0]?.status, "Busy, again in 2 s");
  assert.deepEqual(parts(waiting), []);
  assert.equal(play(numbered([text("Here")], 4), waiting).live[0]?.status, null);
});

test("a call that waits for a person says so until they have answered", () => {
  const approval = { tool_use_id: "a", approval: "q1" };
  const waiting = play(
    numbered([
      start(),
      call("a", "Bash"),
      { type: "approval_wanted", ...approval, name: "Bash", reason: "it may do anything", expires_at: "" },
    ]),
  );
  assert.equal(waiting.live[0]?.status, "Waiting for your answer");
  const given = { type: "approval_given", ...approval, allowed: true, by: "person" } as const;
  assert.equal(play(numbered([given], 4), waiting).live[0]?.status, null);
});

test("files are listed once each", () => {
  const attachment = { file_name: "a.csv", mime_type: "text/csv", path: "downloads/a.csv", size: 3 };
  const file = { type: "attachment", ...attachment } as const;
  const state = play(numbered([start(), file, file]));
  assert.deepEqual(state.live[0]?.files, [
    { file_name: "a.csv", mime_type: "text/csv", path: "downloads/a.csv", size: 3 },
  ]);
});

test("a restart goes on with the same turn: tools stay, a call that is repeated runs again", () => {
  const before = play(numbered([start(), completion(1), text("Reading."), call("a")]));
  const after = play(
    numbered(
      [start("hello", { attempt: 2 }), call("a"), result("a", "again"), completion(2), text("Good.")],
      50,
    ),
    before,
  );
  assert.deepEqual(parts(after), ["text: Reading.", "tool a done again", "text: Good."]);
  assert.equal(after.live.length, 1);
});

test("a turn whose beginning was missed shows nothing doubtful and asks for the stored messages at its end", () => {
  const joined = play(
    numbered([text("…of a sentence."), call("a"), result("a"), completion(2), text("New.")], 90),
  );
  assert.deepEqual(parts(joined), ["tool a done ok", "text: New."]);
  assert.equal(joined.running, "t1");
  assert.equal(joined.stale, false);
  assert.equal(play(numbered([end()], 95), joined).stale, true);
});

test("resume without a number takes the running turn from its start", () => {
  const asked = resumed(emptyConversation(SESSION), backlog({ last_seq: 30, running_turn_id: "t1" }));
  const state = play(numbered([start(), completion(1), text("From the start")], 28), asked);
  assert.deepEqual(parts(state), ["text: From the start"]);
});

test("resume without a number and without a running turn goes on from the last number", () => {
  const state = resumed(emptyConversation(SESSION), backlog({ last_seq: 30 }));
  assert.equal(state.lastSeq, 30);
  assert.equal(play(numbered([start()], 30), state).live.length, 0);
});

test("resume after a drop adds what was missed and repeats nothing", () => {
  const before = play(numbered([start(), completion(1), text("one ")]));
  const resuming = resumed(before, backlog({ last_seq: 5, running_turn_id: null }));
  assert.equal(resuming.running, "t1");
  const state = play(numbered([text("one "), text("two"), end()], 3), resuming);
  assert.deepEqual(parts(state), ["text: one two"]);
  assert.equal(state.running, null);
});

test("an incomplete backlog forgets what events told and asks for the stored messages", () => {
  const before = play(numbered([start(), completion(1), text("one ")]));
  const state = resumed(before, backlog({ complete: false, last_seq: 900, running_turn_id: "t9" }));
  assert.deepEqual(state.live, []);
  assert.equal(state.stale, true);
  assert.equal(state.running, "t9");
  assert.equal(play(numbered([start("later", { turn_id: "t9" })], 850), state).live.length, 1);
});

test("a turn that used up its rounds says so", () => {
  const ended = end({ outcome: "max_turns", notice: "Stopped after 30 rounds." });
  const state = play(numbered([start(), completion(1), text("So far."), ended]));
  assert.deepEqual(parts(state), ["text: So far.", "warning: Stopped after 30 rounds."]);
  assert.equal(state.live[0]?.state, "done");
});

test("a turn that failed and is tried again no longer shows why it failed", () => {
  const failed = play(
    numbered([start(), completion(1), end({ outcome: "error", error: "the disk is full" })]),
  );
  const again = play(numbered([start("hello", { attempt: 2 })], 10), failed);
  assert.deepEqual(parts(again), []);
  assert.equal(again.live[0]?.state, "running");
  assert.equal(again.running, "t1");
});

test("the clock of a turn runs from when it began, not from when the page was opened", () => {
  const since = (at: string, now: number) => {
    const [event] = numbered([start("hello", { at })]);
    return reduce(emptyConversation(SESSION), event ?? assert.fail(), now).live[0]?.since;
  };
  const noon = Date.parse("2026-01-01T12:00:00Z");
  assert.equal(since("2026-01-01T12:00:00Z", noon + 5000), noon);
  assert.equal(since("2026-01-01T12:00:00Z", noon - 5000), noon - 5000);
  assert.equal(since("", noon), noon);
});

test("the clock of a running call runs from when it was begun, also on a page that was opened since", () => {
  const noon = Date.parse("2026-01-01T12:00:00Z");
  const events = numbered([start(), completion(1), call("a", "FileRead", {}, "2026-01-01T12:00:00Z")]);
  const later = events.reduce(
    (state, event) => reduce(state, event, noon + 5000),
    emptyConversation(SESSION),
  );
  const [part] = later.live[0]?.parts ?? [];
  assert.equal(part?.kind === "tool" && part.since, noon);
});

test("a message that is cancelled while it waits ends nothing but itself", () => {
  const state = play(
    numbered([start(), completion(1), { ...end({ outcome: "cancelled" }), turn_id: "t2" }, text("go on")]),
  );
  assert.equal(state.running, "t1");
  assert.deepEqual(
    state.live.map((turn) => [turn.id, turn.state]),
    [
      ["t1", "running"],
      ["t2", "cancelled"],
    ],
  );
});

test("of another path what is known of it stays, and the rest is read again", () => {
  const turn = (id: string, words: string) => [start(words, { turn_id: id }), end({ turn_id: id })];
  const live = numbered([...turn("t1", "one"), ...turn("t2", "two")]);
  const ids = (conversation: Conversation) => conversation.live.map((each) => each.id);
  const after = (end: string, from: Conversation) => play(numbered([path(end, "t3")], 9), from);

  const told = after("t1", { ...play(live), rows: [] });
  assert.deepEqual(ids(told), ["t1"]);
  assert.equal(told.stale, true);
  assert.deepEqual(ids(after("", { ...play(live), rows: [] })), []);

  const rows = [row("user", "zero", "t0"), row("assistant", "0", "t0"), row("user", "one", "t1")];
  const read = { ...play(live), rows };
  assert.deepEqual([ids(after("t0", read)), after("t0", read).rows], [[], rows.slice(0, 2)]);
  assert.deepEqual([ids(after("t1", read)), after("t1", read).rows], [["t1"], rows]);
  assert.deepEqual([ids(after("t2", read)), after("t2", read).rows], [["t1", "t2"], rows]);
  assert.deepEqual([ids(after("", read)), after("", read).rows], [[], []]);
  const elsewhere = after("t9", read);
  assert.deepEqual([ids(elsewhere), elsewhere.rows], [[], rows], "until they were read");
  assert.equal(after("t1", play(live)).rows, null);
});
