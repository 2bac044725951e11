/** What the page asks of the hooks. */

import { request } from "@starpod/page";
import type { Hook, Run } from "./protocol";

export const hooks = () => request<Hook[]>("/api/hooks");

export const runs = () => request<Run[]>("/api/hooks/runs?limit=50");

/** How a hook is, in words. */
export function stateWords(hook: Hook): string {
  switch (hook.state) {
    case "ready":
      return hook.trusted ? "is called, outside of the sandbox" : "is called";
    case "tripped":
      return "rests";
    case "skipped":
      return "is passed over";
    case "broken":
      return "cannot be used";
    default:
      return "is not called";
  }
}

/** When a hook is called, in words. */
export function occasion(hook: Hook): string {
  if (hook.event === null) return "";
  return hook.matcher === null ? hook.event : `${hook.event} of ${hook.matcher}`;
}

const RESULTS: Readonly<Record<Run["result"], string>> = {
  ok: "said nothing against it",
  async: "works on",
  ask: "would have a person asked",
  allow: "allowed it",
  deny: "denied it",
  failed: "failed",
  timeout: "took too long",
  skipped: "was passed over",
  tripped: "rested",
};

/** What came of a call, in words. */
export function resultWords(run: Run): string {
  return RESULTS[run.result];
}

/** How long it took. */
export function tookWords(run: Run): string {
  return run.seconds < 1 ? `${Math.round(run.seconds * 1000)} ms` : `${run.seconds.toFixed(1)} s`;
}

export function isFault(run: Run): boolean {
  return run.result === "failed" || run.result === "timeout";
}
