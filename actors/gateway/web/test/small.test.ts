import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, cost, count, dayGroup, duration, passed } from "../src/format";
import type { Api } from "../src/net/api";
import type { Session } from "../src/protocol";
import { newId } from "../src/state/ids";
import { FRESH, parseRoute, routeHash, toSection, toSession } from "../src/state/router";
import { SessionList } from "../src/state/sessions";
import { titleOf } from "../src/title";
import { commandFor } from "../src/ui/keys";
import { inputFields, pretty, summary } from "../src/ui/tool-text";

test("numbers are short", () => {
  assert.deepEqual([0, 999, 1000, 1234, 9960, 38_400, 999_499, 999_500, 1_540_000].map(count), [
    ...["0", "999", "1k", "1.2k", "10k", "38k", "999k", "1M", "1.5M"],
  ]);
  assert.deepEqual([0, 0.00001, 0.0042, 0.0999, 1.5].map(cost), [
    "$0",
    "<$0.0001",
    "$0.0042",
    "$0.0999",
    "$1.50",
  ]);
  assert.deepEqual([512, 14_200, 2_340_000].map(bytes), ["512 B", "14 kB", "2.3 MB"]);
});

test("times are short", () => {
  assert.deepEqual([0.04, 0.31, 9.96, 59.4, 59.6, 125, 7260].map(duration), [
    ...["40 ms", "0.3 s", "10 s", "59 s", "1 min 0 s", "2 min 5 s", "2 h 1 min"],
  ]);
  assert.deepEqual(
    [passed(null, 9000), passed(1000, 1900), passed(1000, 4900), passed(1000, 62_000)],
    [...["", "", "3 s", "1 min 1 s"]],
  );
});

test("a conversation that is gone is on the list no longer, and that of a subagent never", () => {
  const list = new SessionList({} as Api);
  const known = { last_message_at: "", is_read: false, is_archived: false, pinned: false };
  const put = (id: string, delegated_by: string | null) =>
    list.put({ ...known, id, delegated_by, labels: [] as readonly string[] } as Session);
  put("one", null);
  put("two", null);
  put("three", "t:2");
  list.drop("one", "never was");
  assert.equal(list.get("three")?.id, "three");
  assert.deepEqual(
    list.all.value.map(({ id }) => id),
    ["two"],
  );
  assert.equal(list.unread.value, 1);
});

test("days are those of the person's own clock", () => {
  const now = new Date(2026, 2, 30, 0, 30);
  const group = (...when: [number, number, number, number]) => dayGroup(new Date(...when), now);
  assert.equal(group(2026, 2, 30, 0), "Today");
  assert.equal(group(2026, 2, 29, 23), "Yesterday");
  assert.equal(group(2026, 2, 24, 12), "Last 7 days");
  assert.equal(group(2026, 2, 23, 12), "Older");
});

test("an address leads to a conversation or to a new one", () => {
  assert.deepEqual(parseRoute("#/chat/a%20b"), toSession("a b"));
  for (const hash of [
    "",
    "#/",
    "#/chat/",
    "#/chat/a/b",
    "#/settings",
    "#/s",
    "#/s/",
    "#/s/a/",
    "#/chat/%E0%A4%A",
  ]) {
    assert.deepEqual(parseRoute(hash), FRESH);
  }
  assert.equal(routeHash(toSession("a b")), "#/chat/a%20b");
  for (const place of [FRESH, toSection("mesh"), toSection("mesh", "trace", "a/b")]) {
    assert.deepEqual(parseRoute(routeHash(place)), place);
  }
});

test("ids are UUIDs also where the browser makes none", (context) => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(newId(), uuid);
  const { randomUUID } = crypto;
  context.after(() => Object.assign(crypto, { randomUUID }));
  Object.assign(crypto, { randomUUID: undefined });
  assert.match(newId(), uuid);
});

test("a call is summed up by what says most", () => {
  assert.equal(summary({ limit: 3, file_path: "a.md", name: "x" }), "a.md");
  assert.equal(summary({ command: "echo a\n  echo b" }), "echo a echo b");
  assert.equal(summary({ query: "x".repeat(300) }).length, 121);
  for (const nothing of [null, 3, {}, { file_path: 3 }, []]) assert.equal(summary(nothing), "");
});

test("input of a tool is shown field by field, long ones in a box", () => {
  assert.deepEqual(inputFields({ path: "a", lines: [1, 2], text: "one\ntwo" }), [
    { name: "path", text: "a", long: false },
    { name: "lines", text: "[\n  1,\n  2\n]", long: true },
    { name: "text", text: "one\ntwo", long: true },
  ]);
  assert.deepEqual(inputFields("bare"), [{ name: "value", text: "bare", long: false }]);
});

test("a result is laid out when it is JSON and left alone when it is not", () => {
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(pretty("[not json"), "[not json");
  assert.equal(pretty("12"), "12");
});

test("keys mean commands, and letters only where nothing is being written", () => {
  const field = document.createElement("textarea");
  const press = (target: EventTarget, key: string, more: Partial<KeyboardEvent> = {}) =>
    commandFor({ key, target, defaultPrevented: false, isComposing: false, ...more } as KeyboardEvent);
  assert.equal(press(document.body, "?"), "keys");
  assert.equal(press(field, "?"), null);
  assert.equal(press(field, "k", { ctrlKey: true }), "search");
  assert.equal(press(field, "O", { metaKey: true, shiftKey: true }), "fresh");
  assert.equal(press(field, "ArrowUp", { altKey: true }), "previous");
  assert.equal(press(field, "Escape"), "stop");
  assert.deepEqual(press(field, "m", { altKey: true }), { section: "mesh" });
  assert.equal(press(field, "Escape", { isComposing: true }), null);
  assert.equal(press(document.body, "/", { defaultPrevented: true }), null);
});

for (const [title, shown] of [
  ["Plan the garden", "Plan the garden"],
  ["# Hi", "Hi"],
  ["# Hi\n\n```py\nprint()\n```", "Hi print()"],
  ["> - quoted\nand more", "quoted and more"],
  ["```", "```"],
  ["\u200b\u200d\u2060", "a summary"],
  ["\u3164 \u2800", "a summary"],
  [null, "a summary"],
  ["C# or F#?", "C# or F#?"],
  ["-5 degrees", "-5 degrees"],
  ["👩‍👧 שלום", "👩‍👧 שלום"],
] as const) {
  test(`a conversation titled ${JSON.stringify(title)} is called ${JSON.stringify(shown)}`, () => {
    assert.equal(titleOf({ title, summary: "a summary" }), shown);
  });
}

test("a conversation without a word to show is called so", () => {
  assert.equal(titleOf({ title: "\ufeff", summary: null }), "Untitled");
});
