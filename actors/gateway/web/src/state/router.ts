/** Where the page is: the part of the address behind the hash. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";

export type Route =
  /** A conversation; null is one that is yet to begin. */
  | { readonly view: "chat"; readonly session: string | null }
  /** A section that a subsystem brings, and the place within it. */
  | { readonly view: "section"; readonly section: string; readonly path: readonly string[] };

export const FRESH: Route = { view: "chat", session: null };

export function toSession(session: string): Route {
  return { view: "chat", session };
}

export function toSection(section: string, ...path: string[]): Route {
  return { view: "section", section, path };
}

/** What is not understood leads to a new conversation. */
export function parseRoute(hash: string): Route {
  const [view, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const names = rest.map(decoded);
  const [first] = names;
  if (first === undefined || names.includes("")) return FRESH;
  if (view === "chat" && names.length === 1) return toSession(first);
  return view === "s" ? toSection(first, ...names.slice(1)) : FRESH;
}

/** Empty for what cannot be decoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function routeHash(route: Route): string {
  if (route.view === "section")
    return `#/s/${[route.section, ...route.path].map(encodeURIComponent).join("/")}`;
  return route.session === null ? "#/" : `#/chat/${encodeURIComponent(route.session)}`;
}

const current = signal<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));

export const route: ReadonlySignal<Route> = current;

/** Id of the open conversation; null while there is none. */
export const openSession = computed(() => (current.value.view === "chat" ? current.value.session : null));

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
