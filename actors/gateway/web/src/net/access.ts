/** Whether the gateway knows this browser: every answer over HTTP tells. */

import { signal } from "@preact/signals";

/** The page comes with this status when it has to be opened with a link first. */
const UNKNOWN = 401;

function statusOfPage(): number {
  const [entry] = performance.getEntriesByType("navigation");
  return (entry as PerformanceNavigationTiming | undefined)?.responseStatus ?? 200;
}

/** Whether the page has to be opened with a new link. Nothing that is written is lost meanwhile. */
export const locked = signal(statusOfPage() === UNKNOWN);

/** Takes note of the status of an answer. */
export function answered(status: number): void {
  if (status === UNKNOWN) locked.value = true;
  else if (status < 400) locked.value = false;
}

let ask: () => Promise<boolean> = () => Promise.resolve(false);

/** Has somebody asked where a request takes a page that was unlocked: whether it is by now. */
export function onUnconfirmed(asks: () => Promise<boolean>): void {
  ask = asks;
}

export const confirmed = () => ask();
