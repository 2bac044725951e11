/** Looks at the mesh once a second while somebody looks at the page. */

import { computed, signal } from "@preact/signals";
import { ratesOf } from "../mesh/picture";
import type { MeshView, Trace } from "../mesh/protocol";
import { ApiError, type Api } from "../net/api";

const EVERY = 1000;
/** Samples that a line of the past shows. */
export const PAST = 60;

export class Poll<T> {
  readonly value = signal<T | null>(null);
  readonly problem = signal<ApiError | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watched = 0;

  /**
   * @param ask gets the present value.
   * @param take is told each new one.
   * @param over tells whether a value is the last one.
   */
  constructor(
    private readonly ask: () => Promise<T>,
    private readonly take: (value: T) => void = () => {},
    private readonly over: (value: T) => boolean = () => false,
  ) {}

  /** Asks until the returned function is called. */
  watch(): () => void {
    const mine = ++this.watched;
    void this.look(mine);
    return () => {
      this.watched += 1;
      clearTimeout(this.timer);
    };
  }

  private async look(mine: number): Promise<void> {
    let last = false;
    if (!document.hidden) {
      try {
        const value = await this.ask();
        if (mine !== this.watched) return;
        this.value.value = value;
        this.problem.value = null;
        this.take(value);
        last = this.over(value);
      } catch (error) {
        this.problem.value = error instanceof ApiError ? error : new ApiError(String(error), 0);
        last = this.problem.value.status === 404;
      }
    }
    if (mine === this.watched && !last) this.timer = setTimeout(() => void this.look(mine), EVERY);
  }
}

export class Mesh {
  /** Messages a second of each actor, oldest first. */
  readonly past = signal<ReadonlyMap<string, readonly number[]>>(new Map());
  readonly poll: Poll<MeshView>;
  readonly rate = computed(() => {
    const flows = this.poll.value.value?.flows ?? [];
    return flows.reduce((sum, flow) => sum + flow.rate, 0);
  });

  constructor(api: Api) {
    this.poll = new Poll(
      () => api.mesh(),
      (view) => this.remember(view),
    );
  }

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
export function tracePoll(api: Api, turn: string): Poll<Trace> {
  return new Poll(
    () => api.trace(turn),
    () => {},
    (trace) => trace.turn.state !== "running" && trace.turn.state !== "accepted",
  );
}
