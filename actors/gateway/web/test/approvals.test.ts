/** What is asked before something is done: what the page knows of it, and how it says so. */

import "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { diff } from "../src/diff";
import type { Approval } from "../src/protocol";
import { Approvals } from "../src/state/approvals";
import { changeOf, outcome, restOf, wish } from "../src/ui/approval-text";
import { visible } from "../src/visible";

const ASKED: Approval = {
  id: "q1",
  state: "open",
  tool: "Bash",
  tool_use_id: "call",
  input: { command: "git push", timeout: 5 },
  subject: "git push",
  reason: "it may do anything",
  outside: [],
  pattern: "git push *",
  user_id: "ada",
  session_id: "s1",
  turn_id: "t1",
  channel: "main",
  asked_at: "2026-11-30T09:00:00Z",
  expires_at: "2026-12-01T09:00:00Z",
  scope: null,
  words: null,
  answered_by: null,
  answered_via: null,
  answered_at: null,
};
const ALLOWED: Approval = {
  ...ASKED,
  state: "allowed",
  scope: "once",
  answered_by: "ada",
  answered_via: "telegram",
  answered_at: "2026-11-30T09:01:00Z",
};

/** What the gateway answers, by method and path without a query. */
let answers: Record<string, [number, unknown]>;
let sent: string[];
let approvals: Approvals;

beforeEach(() => {
  answers = {};
  sent = [];
  approvals = new Approvals();
  globalThis.fetch = (async (path: string, init?: RequestInit) => {
    const request = `${init?.method ?? "GET"} ${path.split("?")[0]}`;
    sent.push(init?.body === undefined ? request : `${request} ${String(init.body)}`);
    const [status, body] = answers[request] ?? [500, { error: "not scripted" }];
    return new Response(JSON.stringify(body), { status });
  }) as typeof fetch;
});

const waiting = () => approvals.waiting.value.map(({ id }) => id);

test("what waits is in order of time, and by conversation and call", () => {
  approvals.take({ ...ASKED, id: "q2", asked_at: "2026-11-30T09:05:00Z", session_id: "s2", turn_id: "t2" });
  approvals.take(ASKED);
  assert.deepEqual(waiting(), ["q1", "q2"]);
  assert.deepEqual([...approvals.sessions.value].sort(), ["s1", "s2"]);
  assert.equal(approvals.about("t2", "call")?.id, "q2");
  assert.equal(approvals.about("t2", "other"), undefined);
});

test("another input of the same call is another question, and the later one stands below the call", () => {
  approvals.take({ ...ASKED, id: "q2", asked_at: "2026-11-30T09:05:00Z" });
  approvals.take({ ...ASKED, state: "withdrawn" });
  assert.equal(approvals.about("t1", "call")?.id, "q2");
});

test("an answer from elsewhere closes it, and a list that was read before does not open it again", async () => {
  approvals.take(ASKED);
  let deliver = (_: Response) => {};
  globalThis.fetch = (() => new Promise((resolve) => (deliver = resolve))) as typeof fetch;
  const reading = approvals.readAll("s1");
  approvals.take(ALLOWED);
  deliver(new Response(JSON.stringify([ASKED])));
  await reading;
  assert.deepEqual(waiting(), []);
  assert.equal(approvals.about("t1", "call")?.state, "allowed");
});

test("after a time without connection what is closed meanwhile is found out, each by itself", async () => {
  approvals.take(ASKED);
  approvals.take({ ...ASKED, id: "gone", tool_use_id: "other" });
  answers["GET /api/approvals"] = [200, [{ ...ASKED, id: "new", tool_use_id: "third" }]];
  answers["GET /api/approvals/q1"] = [200, ALLOWED];
  answers["GET /api/approvals/gone"] = [404, { error: "there is none" }];
  await approvals.refresh();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(waiting(), ["new"]);
  assert.equal(approvals.about("t1", "call")?.state, "allowed");
  assert.equal(approvals.about("t1", "other"), undefined);
});

test("without an answer of the gateway all stays as it was", async () => {
  approvals.take(ASKED);
  await approvals.refresh();
  await approvals.readAll("s1");
  assert.deepEqual(waiting(), ["q1"]);
});

test("an answer is sent as it is meant, and what came of it is known at once", async () => {
  approvals.take(ASKED);
  answers["POST /api/approvals/q1"] = [200, ALLOWED];
  await approvals.answer("q1", { decision: "always", pattern: "git *" });
  assert.deepEqual(sent, ['POST /api/approvals/q1 {"decision":"always","pattern":"git *"}']);
  assert.deepEqual(waiting(), []);
});

test("where somebody else was faster, what they have said is shown", async () => {
  approvals.take(ASKED);
  answers["POST /api/approvals/q1"] = [409, { error: "it is allowed already" }];
  answers["GET /api/approvals/q1"] = [200, ALLOWED];
  await assert.rejects(approvals.answer("q1", { decision: "deny" }), /allowed already/);
  assert.equal(approvals.about("t1", "call")?.state, "allowed");
});

test("a refusal for another reason leaves the question open", async () => {
  approvals.take(ASKED);
  answers["POST /api/approvals/q1"] = [400, { error: "does not fit the pattern" }];
  await assert.rejects(approvals.answer("q1", { decision: "always", pattern: "x" }), /does not fit/);
  assert.deepEqual(waiting(), ["q1"]);
});

test("of very many the open ones stay", () => {
  approvals.take(ASKED);
  for (let n = 0; n < 1200; n += 1) approvals.take({ ...ALLOWED, id: `a${n}`, tool_use_id: `a${n}` });
  assert.deepEqual(waiting(), ["q1"]);
  assert.equal(approvals.about("t1", "a0"), undefined);
  assert.equal(approvals.about("t1", "a1199")?.id, "a1199");
});

test("a question says what is wished", () => {
  const wishOf = (tool: string, input: Record<string, unknown>) => wish({ tool, input });
  assert.equal(wishOf("Bash", { command: "ls" }), "run this command");
  assert.equal(wishOf("WebFetch", { url: "https://a.example" }), "open this address");
  assert.equal(wishOf("Edit", { file_path: "a", old_string: "b", new_string: "c" }), "change this file");
  assert.equal(wishOf("CronAdd", { name: "a" }), "use CronAdd");
});

test("a change of a file is told from the input, and the rest of it is told besides", () => {
  const edit = { file_path: "a.md", old_string: "x", new_string: "y", replace_all: true };
  assert.deepEqual(changeOf({ tool: "Edit", input: edit }), { path: "a.md", before: "x", after: "y" });
  assert.deepEqual(restOf({ tool: "Edit", input: edit, subject: "a.md" }), { replace_all: true });
  const write = { path: "a.md", content: "new" };
  assert.deepEqual(changeOf({ tool: "FileWrite", input: write }), {
    path: "a.md",
    before: null,
    after: "new",
  });
  assert.equal(changeOf({ tool: "FileWrite", input: { path: 1, content: "x" } }), null);
  assert.equal(changeOf({ tool: "Other", input: edit }), null);
  assert.deepEqual(restOf(ASKED), { timeout: 5 });
});

test("what became of it is said with who, how and from where", () => {
  assert.equal(outcome(ALLOWED, "ada"), "Allowed once by you by Telegram");
  const always = { ...ALLOWED, scope: "always", answered_via: "operator" } as const;
  assert.equal(outcome(always, "eve"), "Allowed from now on by ada in a terminal");
  assert.equal(
    outcome({ ...ALLOWED, scope: "conversation", answered_via: "x" }, null),
    "Allowed in this conversation by ada x",
  );
  assert.equal(
    outcome({ ...ALLOWED, state: "denied", answered_via: "page" }, "ada"),
    "Denied by you in the page",
  );
  assert.match(outcome({ ...ASKED, state: "expired" }, "ada"), /nobody answered/);
  assert.match(outcome({ ...ASKED, state: "withdrawn" }, "ada"), /Withdrawn/);
  assert.match(outcome(ASKED, "ada"), /Waits/);
});

test("nothing that cannot be seen is in what is judged", () => {
  assert.equal(visible("rm \u202etxt.exe"), "rm \\u{202e}txt.exe");
  assert.equal(visible("a\u{e0041}b\u200bc\u00a0d\r"), "a\\u{e0041}b\\u{200b}c\\u{a0}d\\u{d}");
  assert.equal(visible("Grüße, 世界!\n\tüber alles 🎉"), "Grüße, 世界!\n\tüber alles 🎉");
});

const drawn = (before: string, after: string) => diff(before, after).split("\n");

test("a difference shows what goes and what comes, in its surroundings", () => {
  const numbers = Array.from({ length: 12 }, (_, number) => String(number));
  const changed = numbers.map((line) => (line === "6" ? "six" : line));
  assert.deepEqual(drawn(numbers.join("\n"), changed.join("\n")), [
    ...["@@ 3 lines @@", " 3", " 4", " 5", "-6", "+six", " 7", " 8", " 9", "@@ 2 lines @@"],
  ]);
  assert.deepEqual(drawn("a\nb\nc\n", "a\nx\nb\n"), [" a", "+x", " b", "-c"]);
  assert.deepEqual(drawn("", "a\nb\n"), ["+a", "+b"]);
  assert.deepEqual(drawn("a", ""), ["-a"]);
  assert.deepEqual(drawn("a\nb\nc\nd\ne", "a\nb\nc\nd\nE"), ["@@ 1 line @@", " b", " c", " d", "-e", "+E"]);
  assert.equal(diff("same\n", "same"), "");
});

test("what is too long to be compared is told as a whole", () => {
  const before = Array.from({ length: 1100 }, (_, number) => `a${number}`).join("\n");
  const after = Array.from({ length: 1100 }, (_, number) => `b${number}`).join("\n");
  const found = drawn(before, after);
  assert.deepEqual([found.length, found[0], found[1099], found[1100]], [2200, "-a0", "-a1099", "+b0"]);
});
