/** Which of the known turns are still part of a conversation when another of its paths was chosen. Pure. */

import type { Conversation } from "./model";

/**
 * Keeps what lies on the path as far as it is known here; stored messages have the rest.
 *
 * @param end turn with which the path ends; empty when nothing is left of it.
 */
export function withPath(conversation: Conversation, end: string): Conversation {
  const { live } = conversation;
  const rows = conversation.rows ?? [];
  const lastRow = rows.findLastIndex((row) => row.turn_id === end);
  const lastLive = live.findIndex((turn) => turn.id === end);
  // Turns that only events have told come after all that were read.
  const kept = lastRow < 0 && lastLive >= 0 ? rows : rows.slice(0, lastRow + 1);
  const known = new Set(kept.map((row) => row.turn_id));
  return {
    ...conversation,
    // What is shown of a path that is not known stays until its messages were read.
    rows:
      conversation.rows === null || (end !== "" && lastRow < 0 && lastLive < 0) ? conversation.rows : kept,
    live: live.filter((turn, index) => index <= lastLive || known.has(turn.id)),
    waiting: [],
    running: null,
    stale: true,
  };
}
