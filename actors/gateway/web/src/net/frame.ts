/** Reading what the gateway says over the WebSocket. */

import { OTHER_FRAMES, SESSION_EVENTS, type ServerFrame, type SessionEvent } from "../protocol";

const EVENTS: ReadonlySet<string> = new Set(SESSION_EVENTS);
const OTHERS: ReadonlySet<string> = new Set(OTHER_FRAMES);

export function isSessionEvent(frame: ServerFrame): frame is SessionEvent {
  return EVENTS.has(frame.type);
}

/** Reads one frame. Null for what this page does not know, which a newer gateway may well say. */
export function parseFrame(text: string): ServerFrame | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null || !("type" in frame)) return null;
  const type = String(frame.type);
  if (EVENTS.has(type)) {
    const numbered = "session_id" in frame && "seq" in frame && typeof frame.seq === "number";
    return numbered ? (frame as SessionEvent) : null;
  }
  return OTHERS.has(type) ? (frame as ServerFrame) : null;
}
