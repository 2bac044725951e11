/** Where the page is: the part of the address behind the hash. */

import { signal, type ReadonlySignal } from "@preact/signals";

/** `session` null is a conversation that is yet to begin, unless the mesh is looked at. */
export interface Route {
  readonly session: string | null;
  /** The mesh, or the trace of one `turn`. */
  readonly mesh?: { readonly turn: string | null };
}

export const MESH: Route = { session: null, mesh: { turn: null } };

export function traceOf(turn: string): Route {
  return { session: null, mesh: { turn } };
}

/** What is not understood leads to a new conversation. */
export function parseRoute(hash: string): Route {
  const [, place, coded] = /^#\/(chat|mesh\/trace)\/([^/]+)$/.exec(hash) ?? [];
  const id = coded === undefined ? null : decoded(coded);
  if (id === null) return hash === "#/mesh" ? MESH : { session: null };
  return place === "chat" ? { session: id } : traceOf(id);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export function routeHash({ session, mesh }: Route): string {
  if (mesh !== undefined)
    return mesh.turn === null ? "#/mesh" : `#/mesh/trace/${encodeURIComponent(mesh.turn)}`;
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
