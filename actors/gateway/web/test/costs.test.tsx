/** Costs: from days to bars, and that what has no known price is never shown as nothing. */

import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "preact";
import { chartOf, dayWords, OTHERS, roundUp } from "../../../session/page/bars";
import { Chart } from "../../../session/page/Chart";
import type { Day } from "../../../session/page/protocol";
import { known, periodOf } from "../../../session/page/state";
import { Today } from "../../../session/page/Today";

const NOW = Date.parse("2026-03-10T12:00:00Z");

function day(date: string, costs: Record<string, number | null>): Day {
  const by_model = Object.entries(costs).map(([model, cost_usd]) => ({
    model,
    cost_usd,
    tokens: 1000,
    unpriced: cost_usd === null ? 1 : 0,
  }));
  return { date, by_model, total_cost_usd: null };
}

test("days without any use have bars too", () => {
  const { bars } = chartOf([day("2026-03-08", { a: 2 })], "cost", 3, NOW);
  assert.deepEqual(
    bars.map(({ name, sum }) => [name, sum]),
    [
      ["2026-03-07", 0],
      ["2026-03-08", 2],
      ["2026-03-09", 0],
      ["2026-03-10", 0],
    ],
  );
});

test("the dearest models have colours of their own, and the axis ends at a round number", () => {
  const costs = Object.fromEntries([..."abcdefgh"].map((name, index) => [name, index + 1]));
  const { bars, models, top } = chartOf([day("2026-03-10", costs)], "cost", 0, NOW);
  assert.deepEqual(models, ["h", "g", "f", "e", "d", OTHERS]);
  assert.deepEqual(bars[0]?.parts.at(-1), { model: OTHERS, value: 6 });
  assert.equal(top, 50);
});

test("a model has the same colour whatever is measured", () => {
  const by_model = [
    { model: "dear", cost_usd: 5, tokens: 10, unpriced: 0 },
    { model: "busy", cost_usd: 1, tokens: 990, unpriced: 0 },
    { model: "free", cost_usd: null, tokens: 500, unpriced: 1 },
  ];
  const days: Day[] = [{ date: "2026-03-10", by_model, total_cost_usd: 6 }];
  const [cost, tokens] = (["cost", "tokens"] as const).map((each) => chartOf(days, each, 0, NOW));
  assert.deepEqual(cost?.colours, tokens?.colours);
  assert.deepEqual(cost?.models, ["dear", "busy"]);
  assert.deepEqual(tokens?.models, ["dear", "busy", "free"]);
});

test("more days than have room become months", () => {
  const days = [day("2025-11-01", { a: 1 }), day("2026-01-01", { a: 2 }), day("2026-01-31", { a: 3 })];
  assert.equal(chartOf(days.slice(1), "cost", null, NOW).bars.length, 69);
  const long = chartOf(days, "cost", null, NOW).bars;
  assert.deepEqual(
    long.map(({ name, sum }) => `${name} ${sum}`),
    ["2025-11 1", "2025-12 0", "2026-01 5", "2026-02 0", "2026-03 0"],
  );
});

test("a model without a price has tokens, and no cost that looks like nothing", () => {
  const days = [day("2026-03-10", { mine: null })];
  const costs = chartOf(days, "cost", 0, NOW);
  assert.deepEqual([costs.models, costs.bars[0]?.unpriced, costs.top], [[], 1, 1]);
  const tokens = chartOf(days, "tokens", 0, NOW);
  assert.deepEqual([tokens.models, tokens.bars[0]?.sum, tokens.bars[0]?.unpriced], [["mine"], 1000, 0]);
  assert.equal(known(null, 1), "unknown");
  assert.equal(known(1.5, 1), "at least $1.50");
  assert.equal(known(1.5, 0), "$1.50");
});

test("nothing at all is one empty bar", () => {
  const { bars, top } = chartOf([], "tokens", null, NOW);
  assert.deepEqual([bars.map(({ name }) => name), top], [["2026-03-10"], 1]);
});

test("round numbers", () => {
  assert.deepEqual([0, 0.003, 1, 1.1, 4, 70, 100].map(roundUp), [1, 0.005, 1, 2, 5, 100, 100]);
});

test("days and months have names, whatever the zone of the browser", () => {
  assert.match(dayWords("2026-03-01"), /1/);
  assert.match(dayWords("2026-03"), /March 2026/);
});

test("a period that is not known is thirty days", () => {
  assert.deepEqual([periodOf("7d"), periodOf("8d"), periodOf(undefined)], ["7d", "30d", "30d"]);
});

test("the picture is told in words, and each bar tells its parts", () => {
  const root = document.createElement("div");
  const days = [day("2026-03-09", { a: 1, b: 3 }), day("2026-03-10", { mine: null })];
  render(<Chart chart={chartOf(days, "cost", 1, NOW)} measure="cost" />, root);
  const words = root.querySelector("svg")?.getAttribute("aria-label") ?? "";
  assert.match(words, /Cost of each day/);
  assert.match(words, /\$4\.00/);
  const titles = [...root.querySelectorAll("title")].map((title) => title.textContent);
  assert.match(titles[0] ?? "", /\$4\.00\na: \$1\.00\nb: \$3\.00/);
  assert.match(titles[1] ?? "", /unknown/);
  assert.equal(root.querySelectorAll("rect.unpriced").length, 1);
});

test("a day says what is used of its limits, or that there are none", () => {
  const root = document.createElement("div");
  const today = { until: "2026-03-11T00:00:00Z", tokens: 50, tokens_limit: 100, cost_usd: null };
  render(<Today today={{ ...today, usd_limit: null, unpriced: 2 }} />, root);
  assert.match(root.textContent ?? "", /Cost: unknown without a limit/);
  assert.equal(root.querySelector("progress")?.getAttribute("value"), "50");
  render(<Today today={{ ...today, usd_limit: 25, unpriced: 2 }} />, root);
  assert.match(root.textContent ?? "", /does not count calls whose price is not known/);
});
