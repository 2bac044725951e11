/** The schedule: what a form says, what a week shows, how long a view waits, and that a preview is asked for in time. */

import "./dom";
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { render } from "preact";
import {
  bodyOf,
  changesOf,
  draftOf,
  emptyDraft,
  keepDraft,
  keptDraft,
  type Body,
  type Draft,
} from "../../../cron/page/draft";
import { Preview, usePreview } from "../../../cron/page/Preview";
import type { Entry, Job, Run } from "../../../cron/page/protocol";
import { Runs } from "../../../cron/page/Runs";
import * as state from "../../../cron/page/state";
import { dayOf, daysLater, daysOf, mondayOf, moved, nameOf, stopOf } from "../../../cron/page/days";
import { away, dated } from "../src/format";

const JOB: Job = {
  id: "j1",
  name: "news",
  user_id: "ada",
  prompt: "Read the news.",
  schedule: { kind: "cron", expr: "0 9 * * *" },
  timezone: "Asia/Kolkata",
  words: "at 09:00 every day",
  enabled: true,
  delete_after_run: false,
  session_mode: "isolated",
  max_retries: 3,
  timeout_secs: 7200,
  missed: "run_once",
  missed_secs: 3600,
  overlap: "skip",
  jitter_secs: 0,
  budget_usd: 0,
  model: null,
  builtin: null,
  created_at: "2026-10-01T00:00:00+00:00",
  next_run_at: null,
  last_run_at: null,
  last_state: null,
  last_session: null,
  last_error: null,
  retry_count: 0,
  retry_at: null,
  running: false,
};

const body = (draft: Draft): Body => {
  const found = bodyOf(draft);
  assert.ok(found);
  return found;
};

afterEach(() => mock.timers.reset());

test("a new job says what is written, and leaves to the agent what is not", () => {
  const draft = {
    ...emptyDraft(),
    name: " tea ",
    prompt: "Make tea.\n",
    expr: " 0 17 * * * ",
    timezone: " ",
  };
  assert.deepEqual(bodyOf(draft), {
    name: "tea",
    prompt: "Make tea.",
    schedule: { kind: "cron", expr: "0 17 * * *" },
    timezone: null,
    delete_after_run: false,
    session_mode: "isolated",
    max_retries: null,
    timeout_secs: null,
    missed: "run_once",
    missed_secs: 3600,
    overlap: "skip",
    jitter_secs: 0,
    budget_usd: 0,
    model: null,
  });
  assert.equal(emptyDraft().timezone, Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test("without a time there is nothing to send", () => {
  const draft = emptyDraft();
  const nothing: Partial<Draft>[] = [
    { kind: "cron", expr: " " },
    { kind: "one_shot", at: "" },
    { kind: "interval", every: "" },
    { kind: "interval", every: "-1" },
    { kind: "interval", every: "soon" },
  ];
  assert.deepEqual(
    nothing.map((given) => bodyOf({ ...draft, ...given })),
    nothing.map(() => null),
  );
});

for (const [milliseconds, every, unit] of [
  [1_800_000, "30", "minutes"],
  [7_200_000, "2", "hours"],
  [172_800_000, "2", "days"],
  [5_400_000, "90", "minutes"],
  [1500, "1.5", "seconds"],
] as const)
  test(`an interval of ${every} ${unit} is shown and sent as it is`, () => {
    const draft = draftOf({ ...JOB, schedule: { kind: "interval", every_ms: milliseconds } });
    assert.deepEqual([draft.every, draft.unit], [every, unit]);
    assert.deepEqual(body(draft).schedule, { kind: "interval", every_ms: milliseconds });
  });

for (const [at, shown] of [
  ["2030-06-15T23:00", "2030-06-15T23:00"],
  ["2030-06-15 23:00:30", "2030-06-15T23:00:30"],
  ["2030-06-15T23:00:00Z", "2030-06-16T04:30"],
  ["2030-06-15T23:00:05+02:00", "2030-06-16T02:30:05"],
] as const)
  test(`the time ${at} is shown on the clock of the job's zone`, () => {
    assert.equal(draftOf({ ...JOB, schedule: { kind: "one_shot", at } }).at, shown);
  });

test("only what has changed of a job is sent", () => {
  const before = draftOf({ ...JOB, model: "p/m" });
  const changes = (given: Partial<Draft>) => changesOf(body(before), body({ ...before, ...given }));
  assert.deepEqual(changes({}), {});
  assert.deepEqual(changes({ limit: "1.5", model: "", retries: "", once: true }), {
    delete_after_run: true,
    max_retries: null,
    timeout_secs: 90,
    model: null,
  });
  assert.deepEqual(changes({ kind: "interval", every: "2", unit: "days" }), {
    schedule: { kind: "interval", every_ms: 172_800_000 },
  });
  assert.deepEqual(changes({ timezone: "Europe/Rome" }), { timezone: "Europe/Rome" });
});

test("a single run moves with its zone, as it is shown", () => {
  const before = draftOf({ ...JOB, schedule: { kind: "one_shot", at: "2030-06-15T23:00:00Z" } });
  assert.deepEqual(changesOf(body(before), body({ ...before, timezone: "Europe/Rome" })), {
    timezone: "Europe/Rome",
    schedule: { kind: "one_shot", at: "2030-06-16T04:30" },
  });
});

test("what is written of a job stays until it is thrown away", () => {
  const both = { draft: { ...emptyDraft(), name: "half" }, before: emptyDraft() };
  keepDraft(null, both);
  assert.equal(keptDraft(null), both);
  assert.equal(keptDraft("j1"), null);
  keepDraft(null, null);
  assert.equal(keptDraft(null), null);
});

test("a view looks again soon while something runs, else when the next run is due", () => {
  const now = Date.parse("2026-10-12T09:00:00Z");
  const rest = (running: boolean, ...planned: (string | null)[]) => state.restUntil(running, planned, now);
  assert.equal(rest(true, "2026-10-12T09:30:00Z"), 3000);
  assert.equal(rest(false), 60_000);
  assert.equal(rest(false, null, "2026-10-12T12:00:00Z"), 60_000);
  assert.equal(rest(false, "2026-10-12T09:00:20Z", "2026-10-12T09:00:10Z"), 10_500);
  assert.equal(rest(false, "2026-10-12T08:00:00Z"), 3000);
});

test("the agent's own jobs are told by their names", () => {
  assert.deepEqual(["__heartbeat__", "news"].map(state.isOwn), [true, false]);
});

test("what a view has done is said once, where it led", () => {
  state.arrive(state.LIST, "news is removed.");
  assert.equal(location.hash, "#/s/cron");
  assert.deepEqual([state.arrivalWords(), state.arrivalWords()], ["news is removed.", ""]);
});

// --- a week ---------------------------------------------------------------------------------------------

const MONDAY = new Date(2026, 9, 12);
const entry = (day: number, hour: number, given: Partial<Entry> = {}): Entry => ({
  job: "j1",
  name: "news",
  user_id: "ada",
  instant: new Date(2026, 9, day, hour).toISOString(),
  state: "done",
  session: null,
  why: "",
  ...given,
});
const keyOf = (day: number, hour: number, job = "j1") => `${job} ${entry(day, hour).instant}`;

test("weeks begin on Monday, and days have names", () => {
  const days = [12, 15, 18].map((day) => mondayOf(new Date(2026, 9, day, 23, 59)));
  assert.deepEqual(days, [MONDAY, MONDAY, MONDAY]);
  assert.equal(nameOf(new Date(2026, 2, 5)), "2026-03-05");
  assert.deepEqual(dayOf("2026-03-05"), new Date(2026, 2, 5));
  assert.deepEqual([dayOf(undefined), dayOf("today"), dayOf("2026-3-5")], [null, null, null]);
  assert.equal(nameOf(daysLater(new Date(2026, 11, 31), 1)), "2027-01-01");
});

test("each day has what runs on it, in its order", () => {
  const days = daysOf(MONDAY, [entry(12, 9), entry(12, 8, { job: "j2" }), entry(18, 23), entry(19, 0)]);
  assert.deepEqual(
    days.map(({ items }) => items.map(({ job, first }) => `${job} ${first.getHours()}`)),
    [["j2 8", "j1 9"], [], [], [], [], [], ["j1 23"]],
  );
});

test("many runs of a job on a day are one item, which shows the gravest", () => {
  const failed = entry(13, 3, { state: "failed", why: "no model" });
  const many = [entry(13, 1), entry(13, 2), failed, entry(13, 4), entry(13, 5, { state: "planned" })];
  const [item, ahead, ...others] = daysOf(MONDAY, many)[1]?.items ?? [];
  assert.ok(item && ahead && others.length === 0);
  assert.deepEqual(
    [item.count, item.state, item.states, item.instant, item.why],
    [4, "failed", [["failed", 1], ["done", 3]], failed.instant, ""], // prettier-ignore
  );
  assert.deepEqual([item.first.getHours(), item.last.getHours()], [1, 4]);
  assert.deepEqual([ahead.count, ahead.state], [1, "planned"]);
});

test("arrow keys lead from run to run, past days without any", () => {
  const days = daysOf(MONDAY, [entry(12, 8), entry(12, 9), entry(12, 10), entry(15, 7)]);
  const led = (from: [number, number], key: string) => moved(days, keyOf(...from), key);
  assert.equal(led([12, 8], "ArrowDown"), keyOf(12, 9));
  assert.equal(led([12, 9], "ArrowUp"), keyOf(12, 8));
  assert.equal(led([12, 8], "ArrowUp"), null);
  assert.equal(led([12, 8], "End"), keyOf(12, 10));
  assert.equal(led([12, 10], "Home"), keyOf(12, 8));
  assert.equal(led([12, 10], "ArrowRight"), keyOf(15, 7));
  assert.equal(led([15, 7], "ArrowLeft"), keyOf(12, 8));
  assert.equal(led([15, 7], "ArrowRight"), null);
  assert.equal(led([15, 7], "a"), null);
  assert.equal(moved(days, "gone", "ArrowLeft"), null);
});

test("the tab stop stays where it was, else it is today", () => {
  const days = daysOf(MONDAY, [entry(12, 8), entry(14, 8), entry(15, 7)]);
  const now = new Date(2026, 9, 14, 12);
  assert.equal(stopOf(days, keyOf(12, 8), now), keyOf(12, 8));
  assert.equal(stopOf(days, "gone", now), keyOf(14, 8));
  assert.equal(stopOf(days, null, new Date(2026, 9, 30)), keyOf(12, 8));
  assert.equal(stopOf([], null, now), null);
});

// --- what is asked and shown ----------------------------------------------------------------------------

interface Asked {
  readonly path: string;
  readonly body: unknown;
  answer(value: unknown, status?: number): void;
}

function gateway(): Asked[] {
  const asked: Asked[] = [];
  globalThis.fetch = (path, init = {}) =>
    new Promise((resolve) =>
      asked.push({
        path: `${init.method ?? "GET"} ${String(path)}`,
        body: init.body == null ? null : (JSON.parse(String(init.body)) as unknown),
        answer: (value, status = 200) => resolve(new Response(JSON.stringify(value), { status })),
      }),
    );
  return asked;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Draws, and lets effects and answers take place. */
async function drawn(draft: Draft): Promise<string> {
  const root = document.getElementById("app") as HTMLElement;
  render(<Shown draft={draft} />, root);
  for (let turn = 0; turn < 5; turn += 1) {
    mock.timers.tick(20);
    await settled();
  }
  return root.textContent;
}

function Shown({ draft }: { draft: Draft }) {
  return <Preview of={usePreview(draft)} />;
}

test("requests go to the places of the scheduler", async () => {
  const asked = gateway();
  void state.jobs(false);
  void state.jobs(true);
  void state.runs("a/b", 20);
  void state.why("j1");
  void state.enable("j1", false);
  void state.runNow("j1");
  void state.remove("j1");
  void state.calendar([12, 13, 14].map((day) => new Date(Date.UTC(2026, 9, day))));
  assert.deepEqual(
    asked.map(({ path }) => path),
    [
      "GET /api/cron/jobs",
      "GET /api/cron/jobs?builtin=true",
      "GET /api/cron/jobs/a%2Fb/runs?limit=20",
      "GET /api/cron/jobs/j1/why",
      "PUT /api/cron/jobs/j1",
      "POST /api/cron/jobs/j1/run",
      "DELETE /api/cron/jobs/j1",
      "GET /api/cron/calendar?start=2026-10-12T00%3A00%3A00.000Z&end=2026-10-12T23%3A59%3A59.999Z",
      "GET /api/cron/calendar?start=2026-10-13T00%3A00%3A00.000Z&end=2026-10-13T23%3A59%3A59.999Z",
    ],
  );
  assert.deepEqual(asked[4]?.body, { enabled: false });
  await settled();
});

test("a preview is asked for once nobody writes, and an answer that comes too late is not shown", async () => {
  const asked = gateway();
  mock.timers.enable({ apis: ["setTimeout"] });
  const draft = { ...emptyDraft(), timezone: "Asia/Kolkata" };
  for (const expr of ["0", "0 9", "0 9 * * 1"]) await drawn({ ...draft, expr });
  assert.equal(asked.length, 0);
  mock.timers.tick(400);
  assert.deepEqual(asked[0]?.body, {
    schedule: { kind: "cron", expr: "0 9 * * 1" },
    timezone: "Asia/Kolkata",
  });

  await drawn({ ...draft, expr: "0 9 * * 2" });
  mock.timers.tick(400);
  asked[1]?.answer({
    timezone: "Asia/Kolkata",
    words: "on Tuesdays",
    instants: ["2026-10-13T03:30:00+00:00"],
  });
  asked[0]?.answer({ timezone: "Asia/Kolkata", words: "on Mondays", instants: [] });
  const shown = await drawn({ ...draft, expr: "0 9 * * 2" });
  assert.match(shown, /Runs on Tuesdays \(Asia\/Kolkata\)/);
  assert.match(shown, /13.*9:00/);
});

test("why a schedule would never run stands in its place", async () => {
  const asked = gateway();
  mock.timers.enable({ apis: ["setTimeout"] });
  const draft = { ...emptyDraft(), expr: "0 0 30 2 *" };
  await drawn(draft);
  mock.timers.tick(400);
  asked[0]?.answer({ error: "it never runs" }, 400);
  assert.equal(await drawn(draft), "it never runs");
  assert.equal(await drawn({ ...draft, expr: "" }), "Here is said when it would run.");
});

test("a run tells in words what became of it, and leads to its conversation", () => {
  const root = document.getElementById("app") as HTMLElement;
  const run: Run = {
    id: "1",
    job: "j1",
    name: "news",
    instant: "2026-10-12T09:00:00+00:00",
    manual: true,
    state: "failed",
    why: "",
    collapsed_into: null,
    due_at: "2026-10-12T09:00:00+00:00",
    started_at: "2026-10-12T09:00:00+00:00",
    ended_at: "2026-10-12T09:00:12+00:00",
    session: "s1",
    summary: "",
    error: "no model",
    attempts: [],
  };
  render(<Runs runs={[run]} instant={null} now={Date.parse("2026-10-12T10:00:00Z")} />, root);
  for (const words of ["failed", "60 min ago", "asked for by hand", "took 12 s", "no model"])
    assert.ok(root.textContent.includes(words), words);
  assert.equal(root.querySelector("a")?.getAttribute("href"), "#/chat/s1");
  render(null, root);
});

test("moments are near or far, and told with their day", () => {
  const now = new Date(2026, 9, 12, 12);
  const off = (seconds: number) => away(new Date(now.getTime() + seconds * 1000), now);
  assert.deepEqual([0, 40, -300, 7200, -90_000, 200_000].map(off), [
    ...["now", "in 40 s", "5 min ago", "in 2 h", "25 h ago", "in 2 days"],
  ]);
  assert.doesNotMatch(dated(now, now), /2026/);
  assert.match(dated(new Date(2027, 0, 1), now), /2027/);
  assert.match(dated(new Date("2026-10-12T12:00:00Z"), now, "Asia/Kolkata"), /5:30/);
});
