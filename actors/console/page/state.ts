/** What the daemon is asked of the mesh while somebody looks. */

import { computed, signal } from "@preact/signals";
import { Poll, request } from "@starpod/page";
import { ratesOf } from "./picture";
import type { MeshView, Trace } from "./protocol";

/** Samples that a line of the past shows. */
export const PAST = 30;

export class Mesh {
  /** Messages a second of each actor, oldest first. */
  readonly past = signal<ReadonlyMap<string, readonly number[]>>(new Map());
  readonly poll = new Poll(() => request<MeshView>("/api/mesh?limit=120&seconds=600"), {
    take: (view) => this.remember(view),
  });
  readonly rate = computed(() => {
    const flows = this.poll.value.value?.flows ?? [];
    return flows.reduce((sum, flow) => sum + flow.rate, 0);
  });

  private remember(view: MeshView): void {
    const rates = ratesOf(view.flows);
    const past = new Map<string, readonly number[]>();
    for (const name of new Set([...this.past.value.keys(), ...rates.keys()])) {
      past.set(name, [...(this.past.value.get(name) ?? []), rates.get(name) ?? 0].slice(-PAST));
    }
    this.past.value = past;
  }
}

/** The trace of a turn, asked for again until the turn is over. */
export function traceOf(turn: string): Poll<Trace> {
  return new Poll(() => request<Trace>(`/api/mesh/trace?${new URLSearchParams({ turn })}`), {
    over: ({ turn: { state } }) => state !== "running" && state !== "accepted",
  });
}
