/** What a screen reader is to say of the open conversation. */

import { signal } from "@preact/signals";
import { t } from "../language/texts";
import type { SessionEvent, StreamEnd } from "../protocol";

/** Longest part of an answer that is read out by itself. */
const SPOKEN = 300;

export const announcement = signal("");

export function announce(event: SessionEvent, agent: string): void {
  if (event.type === "stream_start") announcement.value = t("{agent} is answering", { agent });
  if (event.type === "approval_wanted")
    announcement.value = t("{agent} waits for your answer about {name}: {reason}. F8 leads to it.", {
      agent,
      name: event.name,
      reason: event.reason,
    });
  if (event.type === "approval_given")
    announcement.value = event.allowed ? t("It is allowed") : t("It is not done");
  if (event.type === "stream_end") announcement.value = spoken(event);
}

function spoken(end: StreamEnd): string {
  if (end.is_error) return t("Failed: {error}", { error: end.error });
  if (end.outcome === "cancelled") return t("Stopped");
  const { text } = end;
  return text.length > SPOKEN ? t("{text}… and more", { text: text.slice(0, SPOKEN) }) : text;
}
