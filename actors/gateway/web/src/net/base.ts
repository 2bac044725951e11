/**
 * The path below which the gateway serves all there is, without a slash at its end: empty, unless the owner has given it one
 * for a reverse proxy. The page does not know it when it is built; the gateway puts it before the addresses of its scripts.
 */
export const BASE = typeof document === "undefined" ? "" : baseOf(document);

export function baseOf(page: Document): string {
  const script = page.querySelector("script[src]")?.getAttribute("src") ?? "";
  return script.split("/assets/")[0] ?? "";
}
