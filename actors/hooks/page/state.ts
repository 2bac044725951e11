/** What the page asks of the hooks. */

import { fixed, request, send, t } from "@starpod/page";
import type { Hook, Run } from "./protocol";

export const hooks = () => request<Hook[]>("/api/hooks");

const SETTINGS = "/api/settings";
const OFF = "hooks.disabled";

/** Has a hook be called, or not any more. */
export async function switchHook(name: string, on: boolean): Promise<void> {
  const { values } = await request<{ values: Record<string, unknown> }>(`${SETTINGS}/state`);
  const was = (values[OFF] ?? []) as readonly string[];
  const others = was.filter((each) => each !== name);
  await send("PUT", SETTINGS, { changes: { [OFF]: on ? others : [...others, name] }, was: { [OFF]: was } });
}

/** Whether it can be switched: it is one of a person, whose manifest could be read. */
export const isSwitched = ({ command, state }: Hook) => command !== null && state !== "broken";

export const runs = () => request<Run[]>("/api/hooks/runs?limit=50");

/** How a hook is, in words. */
export function stateWords(hook: Hook): string {
  switch (hook.state) {
    case "ready":
      return hook.trusted ? t("It is called, outside of the sandbox") : t("It is called");
    case "tripped":
      return t("It rests");
    case "skipped":
      return t("It is passed over");
    case "broken":
      return t("It cannot be used");
    default:
      return t("It is not called");
  }
}

/** When a hook is called, in words. */
export function occasion(hook: Hook): string {
  if (hook.event === null) return "";
  return hook.matcher === null
    ? hook.event
    : t("{event} of {matcher}", { event: hook.event, matcher: hook.matcher });
}

const RESULTS: Readonly<Record<Run["result"], () => string>> = {
  ok: () => t("said nothing against it"),
  async: () => t("works on"),
  ask: () => t("would have a person asked"),
  allow: () => t("allowed it"),
  deny: () => t("denied it"),
  failed: () => t("failed"),
  timeout: () => t("took too long"),
  skipped: () => t("was passed over"),
  tripped: () => t("rested"),
};

/** What came of a call, in words. */
export function resultWords(run: Run): string {
  return RESULTS[run.result]();
}

/** How long it took. */
export function tookWords(run: Run): string {
  return run.seconds < 1 ? `${Math.round(run.seconds * 1000)} ms` : `${fixed(run.seconds, 1)} s`;
}

export function isFault(run: Run): boolean {
  return run.result === "failed" || run.result === "timeout";
}
