/** The file that is shown over the page. */

import { signal } from "@preact/signals";
import { route, routeHash, toSection } from "./router";

/** Its path from the agent's home on; null while there is none. */
export const openedFile = signal<string | null>(null);

/** Where a file or folder of home is looked at. */
export function fileHash(path: string): string {
  return routeHash(toSection("files", ...path.split("/").filter((name) => name !== "")));
}

/** Has a link to a file show it over the page, unless it is to open elsewhere, or the files are being looked at. */
export function openHere(event: MouseEvent, path: string): void {
  const elsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  const amongFiles = route.value.view === "section" && route.value.section === "files";
  if (elsewhere || amongFiles) return;
  event.preventDefault();
  openedFile.value = path;
}
