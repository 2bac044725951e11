/** Gives the page's modules a window to live in. Import it before them. */

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><div id=app></div>", {
  url: "http://127.0.0.1/",
  pretendToBeVisual: true,
});

for (const name of [
  "document",
  "Node",
  "Element",
  "HTMLElement",
  "StorageEvent",
  "localStorage",
  "sessionStorage",
  "history",
  "location",
] as const) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
}
for (const name of ["addEventListener", "removeEventListener"] as const) {
  Object.defineProperty(globalThis, name, { value: window[name].bind(window), configurable: true });
}
Object.defineProperty(globalThis, "window", { value: window, configurable: true });
globalThis.requestAnimationFrame = (callback) => setTimeout(() => callback(0), 0) as unknown as number;
globalThis.cancelAnimationFrame = (id) => clearTimeout(id);

export { window };
