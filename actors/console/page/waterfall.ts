/** The trace of a turn as bars over a common axis of time. Pure. */

import { cost, count, t, used } from "@starpod/page";
import type { Span, Step, Trace } from "./protocol";

export interface Bar {
  readonly key: string;
  readonly label: string;
  /** What it is of: decides its colour. */
  readonly tone: "person" | "model" | "tool" | "notice" | "bus" | "failed";
  /** Levels below the first. */
  readonly depth: number;
  /** Seconds since the turn was accepted; `busy` is where waiting ends and work begins. */
  readonly start: number;
  readonly busy: number;
  /** Null while it lasts. */
  readonly end: number | null;
  readonly figures: readonly string[];
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  /** Moments worth a line, in seconds. */
  readonly ticks: readonly number[];
}

export function stepBars(steps: readonly Step[]): readonly Bar[] {
  let answers = 0;
  return steps.map((step) => {
    if (step.kind === "assistant") answers += 1;
    return {
      key: `step-${step.n}`,
      label: labelOf(step, answers),
      tone: step.is_error ? "failed" : TONES[step.kind],
      depth: step.kind === "tool" ? 1 : 0,
      start: step.start,
      // A message waits until its turn is begun.
      busy: step.kind === "user" ? (step.end ?? step.start) : step.start,
      end: step.end,
      figures: figuresOf(step),
    };
  });
}

const TONES = { user: "person", assistant: "model", tool: "tool", notice: "notice" } as const;

function labelOf(step: Step, answers: number): string {
  switch (step.kind) {
    case "user":
      return step.n === 0 ? t("Message") : t("Joined meanwhile");
    case "assistant":
      return t("Answer {number}", { number: answers });
    case "tool":
      return step.tool ?? t("Tool");
    case "notice":
      return t("Notice");
  }
}

function figuresOf(step: Step): readonly string[] {
  const figures = [];
  if (step.usage !== null) {
    const { inputTokens, outputTokens, cacheReadTokens: cached, costUsd } = used(step.usage);
    if (inputTokens + outputTokens > 0) {
      const said = cached > 0 ? t(" ({count} cached)", { count: count(cached) }) : "";
      figures.push(t("{count} in{cached}", { count: count(inputTokens), cached: said }));
      figures.push(t("{count} out", { count: count(outputTokens) }));
    }
    if (costUsd !== null && costUsd > 0) figures.push(cost(costUsd));
  }
  if (step.is_error) figures.push(t("failed"));
  return figures;
}

export function hopBars(hops: readonly Span[]): readonly Bar[] {
  const depths = new Map<number, number>();
  return hops.map((hop) => {
    const depth = Math.min(4, (depths.get(hop.cause) ?? -1) + 1);
    depths.set(hop.seq, depth);
    const busy = hop.start + hop.wait;
    return {
      key: `hop-${hop.seq}-${hop.to}`,
      label: hop.type,
      tone: hop.outcome === "ok" || hop.outcome === "" ? "bus" : "failed",
      depth,
      start: hop.start,
      busy,
      end: hop.took === null ? null : busy + hop.took,
      figures: [
        `${hop.from} → ${hop.to}`,
        ...(hop.outcome === "ok" || hop.outcome === "" ? [] : [hop.outcome]),
      ],
    };
  });
}

/** An axis on which every bar has room; what still lasts reaches to `now`. */
export function axisOf(bars: readonly Bar[], now: number): Axis {
  const from = Math.min(0, ...bars.map((bar) => bar.start));
  const to = Math.max(from + 0.001, ...bars.map((bar) => bar.end ?? now));
  const step = stepFor((to - from) / 4);
  const ticks = [];
  for (let tick = 0; tick <= to; tick += step) ticks.push(tick);
  return { from, to, ticks };
}

/** The first of 1, 2, 5, 10, 20, 50 … that is not smaller. */
function stepFor(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

/** Where a moment lies on an axis, in percent. */
export function position(axis: Axis, moment: number): number {
  return ((moment - axis.from) / (axis.to - axis.from)) * 100;
}

/** Whether a label around that moment would reach beyond the end of a narrow axis. */
export function isAtEnd(axis: Axis, moment: number): boolean {
  return position(axis, moment) > 90;
}

/** Seconds since the turn was accepted. */
export function passedSince(trace: Trace, now: number): number {
  return (now - Date.parse(trace.turn.accepted_at)) / 1000;
}
