/** Follows a stream of a subsystem: its items come one by one, and are handed on in bunches. */

import { t } from "../language/texts";
import { BASE } from "./base";
import { subprotocols } from "./half";

/** Milliseconds over which what comes is gathered, so that a flood is drawn a few times a second. */
const GATHERED = 100;
/** The code of an end in order. */
const NORMAL = 1000;

/**
 * @param take is told what has come.
 * @param ended is told once why nothing more comes; not when it was left.
 * @returns leaves it.
 */
export function follow<T>(
  path: string,
  take: (items: readonly T[]) => void,
  ended: (why: string) => void,
  open: (url: string) => WebSocket = (url) => new WebSocket(url, subprotocols()),
): () => void {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = open(`${scheme}//${location.host}${BASE}${path}`);
  let waiting: T[] = [];
  let refused: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hand = () => {
    timer = undefined;
    const items = waiting;
    waiting = [];
    if (items.length > 0) take(items);
  };
  socket.onmessage = ({ data }) => {
    const item = JSON.parse(String(data)) as T | { readonly error: string };
    if (typeof item === "object" && item !== null && "error" in item) refused = String(item.error);
    else waiting.push(item as T);
    timer ??= setTimeout(hand, GATHERED);
  };
  socket.onclose = ({ code }) => {
    clearTimeout(timer);
    hand();
    ended(refused ?? (code === NORMAL ? t("That is the end of it.") : t("The connection broke.")));
  };
  return () => {
    clearTimeout(timer);
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  };
}
