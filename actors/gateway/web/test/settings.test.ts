/** What is typed into the forms of settings, how they are grouped, and the first words of a soul. */

import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { enteredOf, labelOf, parsed, roughly, same, shown } from "../../../settings/page/fields";
import { groupFor, GROUPS, tables, titleOf } from "../../../settings/page/groups";
import { formOf, isName, leaves, type Field as Shown } from "../../../settings/page/form";
import type { Field } from "../../../settings/page/protocol";
import { changedRow, moved, rowsOf, withNew } from "../../../settings/page/rows";
import { languageOf, soulWith } from "../../../settings/page/soul";

const TEXT: Field = {
  key: "a.text",
  section: "a",
  kind: "text",
  default: null,
  optional: true,
  least: null,
  most: null,
  choices: [],
  numbers: false,
  unit: "",
  text: "",
  expected: "a string",
  takes: "at_once",
  guarded: false,
};
const field = (changes: Partial<Field>): Field => ({ ...TEXT, ...changes });

test("what is typed becomes the value that files have", () => {
  const number = field({ kind: "number", optional: false, least: 0, most: 5 });
  const cases: [Field, string | boolean | null, unknown][] = [
    [TEXT, " x ", "x"],
    [TEXT, "", null],
    [field({ optional: false }), "", ""],
    [TEXT, null, null],
    [field({ kind: "switch" }), false, false],
    [number, "2.5", 2.5],
    [field({ kind: "integer" }), "", null],
    [field({ kind: "list" }), "a\n\n 1 ", ["a", "1"]],
    [field({ kind: "list", numbers: true }), "a\n-1", ["a", -1]],
  ];
  for (const [each, entered, value] of cases) assert.deepEqual(parsed(each, entered), { value });
  for (const [entered, mistake] of [
    ["", "must be a number"],
    ["x", "must be a number"],
    ["-1", "must be at least 0"],
    ["6", "must be at most 5"],
  ] as const)
    assert.deepEqual(parsed(number, entered), { mistake });
  assert.deepEqual(parsed(field({ kind: "integer" }), "1.5"), { mistake: "must be a whole number" });
});

test("a value is shown as it was typed, and in words", () => {
  assert.equal(enteredOf(field({ kind: "list" }), ["a", 1]), "a\n1");
  assert.equal(enteredOf(TEXT, null), "");
  assert.equal(enteredOf(field({ kind: "table" }), { a: 1 }), '{"a":1}');
  assert.equal(enteredOf(field({ kind: "switch", optional: false }), true), true);
  assert.deepEqual(
    [true, false, null].map((value) => enteredOf(field({ kind: "switch" }), value)),
    ["true", "false", ""],
  );
  const words = [null, true, [], ["a", "b"], {}, { a: 1 }, 3].map((value) =>
    shown(field({ unit: "days" }), value),
  );
  assert.deepEqual(words, ["empty", "on", "none", "a, b", "none", '{"a":1}', "3 days"]);
  assert.equal(roughly(field({ unit: "bytes" }), "2147483648") !== "", true);
  assert.equal(roughly(field({ unit: "bytes" }), "10"), "");
  assert.equal(roughly(TEXT, true), "");
  assert.equal(same(undefined, null), true);
});

test("a label is the key without its table and its unit", () => {
  const labels = [
    ["memory.half_life_days", "days"],
    ["shell.seconds", "seconds"],
    ["limits.usd_per_day", "US dollars"],
    ["compaction.prune_threshold_pct", "percent"],
  ].map(([key = "", unit = ""]) => labelOf({ key, unit }));
  assert.deepEqual(labels, ["Half life", "Seconds", "Dollars per day", "Prune threshold"]);
});

test("every key has its group, the first for one that none knows", () => {
  const ids = [
    "limits.subagent_depth",
    "limits.usd_per_day",
    "providers.openai.models",
    "models",
    "new.key",
  ].map((key) => groupFor(key).id);
  assert.deepEqual(ids, ["general", "costs", "models", "models", "general"]);
  const costs = GROUPS.find(({ id }) => id === "costs") ?? assert.fail();
  const fields = ["limits.a", "memory.b", "limits.c"].map((key) => field({ key }));
  assert.deepEqual(
    tables(fields, costs).map(([table, each]) => [table, each.map(({ key }) => key)]),
    [["limits", ["limits.a", "limits.c"]]],
  );
  assert.deepEqual([undefined, "first", "costs", "nowhere"].map(titleOf), [
    "Settings",
    "Welcome",
    "Settings: Costs",
    "Settings: General",
  ]);
});

test("manner and language stand in a section of the soul, once", () => {
  const soul = "# Soul\n\nYou are Aster.\n";
  const first = soulWith(soul, "You are brief.", "German");
  assert.equal(
    first,
    "# Soul\n\nYou are Aster.\n\n## Manner\n\n- You are brief.\n- You speak German, unless you are addressed in another language.\n",
  );
  assert.equal(
    soulWith(first, "You are warm.", ""),
    "# Soul\n\nYou are Aster.\n\n## Manner\n\n- You are warm.\n",
  );
  assert.equal(soulWith(first, "", ""), soul);
  assert.equal(soulWith("a\n## Manner\n- x\n## More\nb", "", ""), "a\n## More\nb\n");
  assert.equal(soulWith("", "", ""), "");
  assert.equal(soulWith("", "x", ""), "## Manner\n\n- x\n");
  assert.deepEqual([languageOf("de-AT"), languageOf("!")], ["German", ""]);
});

const RULES: Field[] = [
  field({ key: "p.rules", kind: "records", default: [], optional: false }),
  field({ key: "p.rules.*.tool", default: "*", optional: false }),
  field({ key: "p.rules.*.pattern", default: "", optional: false }),
  field({ key: "p.rules.*.outside", kind: "switch" }),
  field({ key: "p.rules.*.times", kind: "integer" }),
  field({ key: "p.*", kind: "choice", choices: ["allow", "deny"] }),
  field({ key: "m.servers", kind: "named", default: {}, optional: false }),
  field({ key: "m.servers.*.url" }),
];

function rules(): Shown {
  return formOf(RULES, {}, []).find(({ key }) => key === "p.rules") ?? assert.fail();
}

test("what people name is in the form once for each name, kept or not, with a place for another", () => {
  const values = { "p.rules": [], "p.Bash": "allow", "m.servers.a.url": "x", "m.servers.b.url": "y" };
  const form = formOf(RULES, values, ["m.servers.new", "p.Edit", "m.servers.a"]);
  assert.deepEqual(
    form.map(({ key }) => key),
    ["p.rules", "p.Bash", "p.Edit", "p.*", "m.servers"],
  );
  assert.equal(labelOf(form[1] ?? assert.fail()), "Bash");
  assert.deepEqual(
    form.at(-1)?.tables?.map(({ name, self }) => [name, self.key]),
    ["a", "b", "new"].map((name) => [name, `m.servers.${name}`]),
  );
  assert.deepEqual(
    leaves(form.slice(-1)).map(({ key }) => key),
    ["a", "b", "new"].flatMap((name) => [`m.servers.${name}`, `m.servers.${name}.url`]),
  );
  assert.deepEqual(["a", "", "a.b", "a b", "*", "mcp__x__y"].map(isName), [
    true,
    false,
    false,
    false,
    false,
    true,
  ]);
});

test("a list of tables is typed field by field, and what is empty by default is left out", () => {
  const value = [
    { tool: "Bash", pattern: "git *" },
    { tool: "*", outside: true },
  ];
  const rows = rowsOf(rules(), value);
  assert.deepEqual(enteredOf(rules(), value), rows);
  assert.deepEqual(parsed(rules(), rows), { value });
  const more = changedRow(withNew(rules(), rows), 2, "outside", "false");
  assert.deepEqual(parsed(rules(), moved(more, 2, -1)), {
    value: [value[0], { tool: "*", outside: false }, value[1]],
  });
  assert.equal(moved(rows, 0, -1), rows);
  assert.equal(moved(rows, 1, 1), rows);
  assert.deepEqual(parsed(rules(), changedRow(rows, 1, "times", "x")), {
    mistakes: [{ key: "p.rules.2.times", text: "must be a number" }],
  });
  assert.equal(shown(rules(), value), "2 entries");
  assert.deepEqual(rowsOf(rules(), undefined), []);
});

test("names with texts, and anything by name, are typed as text", () => {
  const pairs = field({ kind: "pairs" });
  assert.equal(enteredOf(pairs, { A: "$B", C: "x = y" }), "A = $B\nC = x = y");
  assert.deepEqual(parsed(pairs, "A = $B\n\nC=x = y\nD ="), { value: { A: "$B", C: "x = y", D: "" } });
  assert.deepEqual(parsed(pairs, "A"), { mistake: "each line must be a name, = and a text" });
  const table = field({ kind: "table" });
  assert.deepEqual(parsed(table, '{"a": [1]}'), { value: { a: [1] } });
  assert.deepEqual(parsed(table, ""), { value: {} });
  for (const wrong of ["{", "[]", "1", "null"])
    assert.deepEqual(parsed(table, wrong), { mistake: "must be an object in JSON" });
});
