/** What a screen reader is to say of the open conversation. */

import { signal } from "@preact/signals";
import type { SessionEvent, StreamEnd } from "../protocol";

/** Longest part of an answer that is read out by itself. */
const SPOKEN = 300;

export const announcement = signal("");

export function announce(event: SessionEvent, agent: string): void {
  if (event.type === "stream_start") announcement.value = `${agent} is answering`;
  if (event.type === "approval_wanted")
    announcement.value = `${agent} waits for your answer about ${event.name}: ${event.reason}. F8 leads to it.`;
  if (event.type === "approval_given")
    announcement.value = event.allowed ? "It is allowed" : "It is not done";
  if (event.type === "stream_end") announcement.value = spoken(event);
}

function spoken(end: StreamEnd): string {
  if (end.is_error) return `Failed: ${end.error}`;
  if (end.outcome === "cancelled") return "Stopped";
  const { text } = end;
  return text.length > SPOKEN ? `${text.slice(0, SPOKEN)}… and more` : text;
}
