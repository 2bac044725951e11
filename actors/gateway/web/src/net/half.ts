/**
 * The half of what this page proves itself with that is not in the cookie. A cookie reaches every port of a host, what is
 * in `localStorage` no other one.
 */

import { load, save } from "../state/storage";

const NAME = "page";
const IN_ADDRESS = /^#page=([0-9a-f]+)$/;
/** Names the protocol of the socket; the gateway takes what is offered beside it for the half. */
const SUBPROTOCOL = "starpod";

/** Where nothing can be stored. */
let taken: string | null = null;

/** Takes the half out of the address to which a link has led, where it is in no history then. */
export function takeHalf(): void {
  const half = IN_ADDRESS.exec(location.hash)?.[1];
  if (half === undefined) return;
  keepHalf(half);
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** Keeps the half that came for a key. Null forgets it. */
export function keepHalf(half: string | null): void {
  taken = half;
  save(NAME, half);
}

/** Another window may have been opened with a newer link. */
export function half(): string {
  return load<string>(NAME) ?? taken ?? "";
}

export function pageHeaders(): Record<string, string> {
  return { "X-Starpod-Page": half() };
}

/** What the socket is opened with. */
export function subprotocols(): string[] {
  return half() === "" ? [] : [SUBPROTOCOL, half()];
}

/** An address that a browser asks for by itself, so that it takes no header. */
export function withHalf(address: string): string {
  return `${address}&page=${half()}`;
}
