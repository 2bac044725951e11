import { NOTHING } from "./events";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTOR_ROW,
  arcsOf,
  matches,
  ratesOf,
  rowsOf,
  sparkline,
  SUPERVISOR_ROW,
} from "../../../console/page/picture";
import type { Span, MeshMessage, MeshNode, Step } from "../../../console/page/protocol";
import { axisOf, hopBars, isAtEnd, position, stepBars } from "../../../console/page/waterfall";

const actor = (name: string): MeshNode => ({
  name,
  kind: "actor",
  state: "ready",
  why: null,
  restarts: 0,
  children: [],
  depth: 0,
  limit: 64,
  in_hand: 0,
  handled: 0,
  lost: 0,
  members: null,
});
const supervisor = (name: string, ...children: MeshNode[]): MeshNode => ({
  ...actor(name),
  kind: "supervisor",
  children,
});
const tree = supervisor("root", supervisor("storage", actor("session")), actor("gateway"));

test("each node has a row below the one before it", () => {
  const { rows, height } = rowsOf(tree);
  assert.deepEqual(
    rows.map(({ node, y }) => [node.name, y]),
    [
      ["root", SUPERVISOR_ROW / 2],
      ["storage", SUPERVISOR_ROW * 1.5],
      ["session", SUPERVISOR_ROW * 2 + ACTOR_ROW / 2],
      ["gateway", SUPERVISOR_ROW * 2 + ACTOR_ROW * 1.5],
    ],
  );
  assert.equal(height, SUPERVISOR_ROW * 2 + ACTOR_ROW * 2);
});

test("a flow between two rows is an arc, and what comes from nowhere has none", () => {
  const { rows } = rowsOf(tree);
  const arcs = arcsOf(rows, [
    { from: "gateway", to: "session", rate: 2, errors: 1 },
    { from: "outside", to: "session", rate: 1, errors: 0 },
  ]);
  assert.deepEqual(
    arcs.map(({ key, failing, end }) => [key, failing, end.y > (rows[2]?.y ?? 0)]),
    [["gateway>session", true, true]],
  );
});

test("the rate of an actor is of all that reaches it", () => {
  const flow = (from: string, rate: number) => ({ from, to: "session", rate, errors: 0 });
  assert.deepEqual([...ratesOf([flow("a", 1.5), flow("b", 0.5)])], [["session", 2]]);
});

test("a line of the past ends at the right edge and stays inside of its field", () => {
  assert.equal(sparkline([], 60, 18, 4), "");
  assert.equal(sparkline([0, 4, 2], 60, 18, 4), "20.0,17.0 40.0,1.0 60.0,9.0");
});

test("a filter wants each of its words somewhere in a message", () => {
  const message = {
    type: "session.Get",
    kind: "ask",
    from: "gateway",
    to: "session",
    outcome: "ok",
    detail: "",
  };
  const shown = (filter: string) => matches(message as MeshMessage, filter);
  assert.ok(shown(""));
  assert.ok(shown("GATEWAY get"));
  assert.ok(!shown("gateway llm"));
});

const step = (n: number, kind: Step["kind"], start: number, end: number | null): Step => ({
  n,
  kind,
  tool: kind === "tool" ? "FileRead" : null,
  effect: null,
  text: "",
  usage: null,
  state: end === null ? "intent" : "done",
  is_error: false,
  start,
  end,
});

test("steps become bars with tokens and cost", () => {
  const answer = {
    ...step(1, "assistant", 0.1, 2),
    usage: {
      ...NOTHING,
      model: "m",
      input_tokens: 200,
      output_tokens: 7,
      cache_read_tokens: 1000,
      cost_usd: 0.02,
    },
  };
  const bars = stepBars([
    step(0, "user", 0, 0.1),
    answer,
    step(2, "tool", 2, null),
    step(3, "assistant", 3, 4),
  ]);
  assert.deepEqual(
    bars.map(({ label, depth, figures }) => [label, depth, figures]),
    [
      ["Message", 0, []],
      ["Answer 1", 0, ["1.2k in (1k cached)", "7 out", "$0.0200"]],
      ["FileRead", 1, []],
      ["Answer 2", 0, []],
    ],
  );
});

test("messages stand below the one that caused them, as deep as there is room for", () => {
  const hop = (seq: number, cause: number, outcome = "ok"): Span => ({
    seq,
    cause,
    type: "session.Get",
    kind: "ask",
    detail: "",
    from: "gateway",
    to: "session",
    outcome,
    start: seq,
    wait: 0.25,
    took: 0.5,
  });
  const bars = hopBars([
    hop(1, 0),
    hop(2, 1),
    hop(3, 2),
    hop(4, 1, "error"),
    hop(5, 3),
    hop(6, 5),
    hop(7, 6),
  ]);
  assert.deepEqual(
    bars.map((bar) => bar.depth),
    [0, 1, 2, 1, 3, 4, 4],
  );
  assert.equal(hopBars([{ ...hop(1, 0), took: null }])[0]?.end, null);
  assert.deepEqual([bars[0]?.busy, bars[0]?.end, bars[3]?.tone], [1.25, 1.75, "failed"]);
});

test("every bar has room on the axis, and what lasts reaches to the present", () => {
  const bars = stepBars([step(0, "user", -0.5, 0), step(1, "tool", 1, null)]);
  const axis = axisOf(bars, 9.5);
  assert.deepEqual([axis.from, axis.to], [-0.5, 9.5]);
  assert.deepEqual(axis.ticks, [0, 5]);
  assert.deepEqual([position(axis, -0.5), position(axis, 9.5)], [0, 100]);
  assert.ok(axisOf([], 0).to > 0);
});

test("the label at the end of an axis stands before its mark, so that it reaches beyond no side", () => {
  const axis = axisOf(stepBars([step(0, "tool", 0, null)]), 4);
  assert.deepEqual(axis.ticks, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    axis.ticks.filter((tick) => isAtEnd(axis, tick)),
    [4],
  );
});
