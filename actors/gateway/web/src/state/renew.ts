/** A page that the daemon no longer serves makes room for the present one as soon as nothing is lost by that. */

import { effect, untracked } from "@preact/signals";
import { composerOf, draftsAreSafe } from "./composer";
import type { Daemon } from "./daemon";
import { openSession } from "./router";

const RENEWED = "starpod.renewed";
/** Milliseconds within which a page that has just been loaded anew is not loaded once more. */
const LONG_ENOUGH = 60_000;

/** Loads the page anew while nothing is being written; until then, a banner offers it. */
export function renewWhenIdle(daemon: Daemon, reload = () => location.reload()): () => void {
  return effect(() => {
    const idle = draftsAreSafe() && composerOf(openSession.value).empty.value;
    if (daemon.outdated.value && idle) untracked(() => renewOnce(reload));
  });
}

function renewOnce(reload: () => void): void {
  try {
    const before = Number(sessionStorage.getItem(RENEWED));
    // Whatever serves the old page in spite of all: it is not asked again and again.
    if (Date.now() - before < LONG_ENOUGH) return;
    sessionStorage.setItem(RENEWED, String(Date.now()));
  } catch {
    return;
  }
  reload();
}
