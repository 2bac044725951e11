/** The mesh as it is drawn: a row for each node, an arc for each flow between two rows. Pure. */

import { t } from "@starpod/page";
import type { Flow, MeshMessage, MeshNode } from "./protocol";

/** Heights of rows and width of the strip of arcs, in sixteenths of the root's font size. */
export const SUPERVISOR_ROW = 32;
export const ACTOR_ROW = 56;
export const STRIP = 72;

export interface Row {
  readonly node: MeshNode;
  /** Middle of the row. */
  readonly y: number;
}

export interface Arc {
  readonly key: string;
  readonly path: string;
  /** Where it arrives. */
  readonly end: { readonly x: number; readonly y: number };
  readonly rate: number;
  readonly failing: boolean;
}

/** All nodes from top to bottom, each before its children, and the height of them together. */
export function rowsOf(tree: MeshNode): { rows: readonly Row[]; height: number } {
  const rows: Row[] = [];
  let top = 0;
  const walk = (node: MeshNode) => {
    const height = node.kind !== "supervisor" ? ACTOR_ROW : SUPERVISOR_ROW;
    rows.push({ node, y: top + height / 2 });
    top += height;
    node.children.forEach(walk);
  };
  walk(tree);
  return { rows, height: top };
}

/** How far from the middle of its row an arc begins (above) and ends (below), so that both ways can be told apart. */
const APART = 7;
const EDGE = STRIP - 6;

/** Arcs between rows that are drawn; what comes from elsewhere has none. */
export function arcsOf(rows: readonly Row[], flows: readonly Flow[]): readonly Arc[] {
  const places = new Map(rows.map(({ node, y }) => [node.name, y]));
  return flows.flatMap((flow) => {
    const [from, to] = [places.get(flow.from), places.get(flow.to)];
    if (from === undefined || to === undefined) return [];
    const end = { x: EDGE, y: to + APART };
    const path = `M${EDGE} ${from - APART}C${bulge(from, to)} ${from - APART} ${bulge(from, to)} ${end.y} ${end.x} ${end.y}`;
    return [{ key: `${flow.from}>${flow.to}`, path, end, rate: flow.rate, failing: flow.errors > 0 }];
  });
}

/** The further apart two rows are, the further left the arc between them reaches. */
function bulge(from: number, to: number): number {
  return Math.round(EDGE - Math.min(84, 24 + Math.abs(to - from) * 0.155));
}

/** Messages a second that reach each actor. */
export function ratesOf(flows: readonly Flow[]): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const { to, rate } of flows) rates.set(to, (rates.get(to) ?? 0) + rate);
  return rates;
}

/** Points of a line that shows `values`, oldest first, over a field of `width` by `height`. */
export function sparkline(values: readonly number[], width: number, height: number, most: number): string {
  const top = Math.max(1, ...values);
  return values
    .map((value, index) => {
      const x = width - ((values.length - 1 - index) * width) / (most - 1);
      return `${x.toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`;
    })
    .join(" ");
}

export const STATE_WORDS: Readonly<Record<MeshNode["state"], () => string>> = {
  starting: () => t("starting"),
  ready: () => t("ready"),
  degraded: () => t("degraded"),
  backoff: () => t("waits to restart"),
  suspended: () => t("suspended"),
  stopping: () => t("stopping"),
  stopped: () => t("stopped"),
  failed: () => t("failed"),
};

/** Whether all words of a filter are somewhere in what is shown of a message. */
export function matches(message: MeshMessage, filter: string): boolean {
  const { type, kind, from, to, outcome, detail } = message;
  const shown = `${type} ${kind} ${from} ${to} ${outcome} ${detail}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => shown.includes(word));
}
