/** Where the page is: the part of the address behind the hash. */

import { signal, type ReadonlySignal } from "@preact/signals";

/** `session` null is a conversation that is yet to begin. */
export interface Route {
  readonly session: string | null;
}

/** What is not understood leads to a new conversation. */
export function parseRoute(hash: string): Route {
  const id = /^#\/chat\/([^/]+)$/.exec(hash)?.[1];
  if (id === undefined) return { session: null };
  try {
    return { session: decodeURIComponent(id) };
  } catch {
    return { session: null };
  }
}

export function routeHash({ session }: Route): string {
  return session === null ? "#/" : `#/chat/${encodeURIComponent(session)}`;
}

const current = signal<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));

export const route: ReadonlySignal<Route> = current;

export function followAddress(): void {
  addEventListener("hashchange", () => {
    current.value = parseRoute(location.hash);
  });
}

/** Goes somewhere; Back returns. */
export function go(to: Route): void {
  if (routeHash(to) !== (location.hash || "#/")) location.hash = routeHash(to);
  current.value = to;
}

/** Gives the present place its true address, without a step in the history. */
export function settle(to: Route): void {
  history.replaceState(null, "", routeHash(to));
  current.value = to;
}
