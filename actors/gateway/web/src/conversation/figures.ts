/** What a turn came to, put into the turn that is shown. Pure. */

import type { Figures, Usage } from "../protocol";
import type { Stats, Turn, TurnState } from "./model";

const known = new WeakMap<Turn, { figures: Figures; result: Turn }>();

/** The same turn with its end and its figures, which stored messages do not tell. */
export function withFigures(turn: Turn, figures: Figures | undefined): Turn {
  if (figures === undefined || turn.state === "running") return turn;
  const earlier = known.get(turn);
  if (earlier?.figures === figures) return earlier.result;
  const result = {
    ...turn,
    state: ended(figures) ?? turn.state,
    stats: turn.stats ?? statsOf(figures),
  };
  known.set(turn, { figures, result });
  return result;
}

function ended({ state }: Figures): TurnState | null {
  return state === "done" || state === "failed" || state === "cancelled" ? state : null;
}

/** Input counts what was read from the cache and written to it, as people do. */
export function used(
  usage: Usage,
): Pick<Stats, "costUsd" | "inputTokens" | "outputTokens" | "cacheReadTokens" | "model"> {
  return {
    costUsd: usage.cost_usd,
    inputTokens: usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_tokens,
    model: usage.model || null,
  };
}

function statsOf(figures: Figures): Stats {
  return {
    toolRounds: figures.num_turns,
    ...used(figures.usage),
    elapsed: figures.elapsed,
  };
}
