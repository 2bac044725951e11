/** `localStorage`, where it may be used. Where it may not, everything still works until the page closes. */

import { BASE } from "../net/base";

/** Agents below different paths of one host share it. */
const PREFIX = `starpod${BASE}.`;

/** Reads a value that {@link save} stored; null when there is none, or none that can be read. */
export function load<T>(name: string): T | null {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** Stores a value; null removes it. */
export function save(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden.
  }
}

/** Names of stored values that begin with `start`. */
export function savedNames(start: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(PREFIX + start))
      .map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/** Calls back with the name of each value that another window of this page changes. */
export function onSavedElsewhere(changed: (name: string) => void): void {
  addEventListener("storage", ({ key }) => {
    if (key?.startsWith(PREFIX)) changed(key.slice(PREFIX.length));
  });
}
