/** What the page asks of notifications, of web push and of the outbox. */

import { away, dated, request, send } from "@starpod/page";
import type { Delivery, Preferences, Subscription } from "./protocol";

const PREFERENCES = "/api/notify/preferences";
const SUBSCRIPTIONS = "/api/webpush/subscriptions";
const HOUR = 3_600_000;

/** What of the preferences may be changed. */
export type Change = Partial<Omit<Preferences, "timezone">>;

export const preferences = () => request<Preferences>(PREFERENCES);
export const prefer = (change: Change) => send<Preferences>("PUT", PREFERENCES, change);

export const subscriptions = () => request<Subscription[]>(SUBSCRIPTIONS);
export const unsubscribe = ({ id }: Subscription) =>
  send<unknown>("DELETE", `${SUBSCRIPTIONS}/${encodeURIComponent(id)}`);

export const undeliveredOnes = () => request<Delivery[]>("/api/outbox");
export const retry = ({ id }: Delivery) => send<Delivery>("POST", `/api/outbox/${id}/retry`);
export const drop = ({ id }: Delivery) => send<Delivery>("POST", `/api/outbox/${id}/drop`);

/** For how long one may be left alone; null is until one says otherwise. */
export const MUTES: readonly (readonly [hours: number | null, words: string])[] = [
  [1, "an hour"],
  [8, "8 hours"],
  [24, "a day"],
  [24 * 7, "a week"],
  [null, "until I say otherwise"],
];

export function muteFor(hours: number | null, now: Date): Change {
  return {
    muted: true,
    ...(hours === null ? {} : { muted_until: new Date(now.getTime() + hours * HOUR).toISOString() }),
  };
}

export function mutedWords({ muted_until: until }: Preferences, now: Date): string {
  return until === null
    ? "Muted until you say otherwise."
    : `Muted until ${dated(new Date(until), now)}, ${away(new Date(until), now)}.`;
}

const CHANNELS: Readonly<Record<string, string>> = {
  telegram: "Telegram",
  webpush: "a browser",
  email: "e-mail",
};

/** A channel in words; as it is called where a newer agent has another one. */
export const channelName = (channel: string) => CHANNELS[channel] ?? channel;

/** What became of a message, in words. */
export function stateWords({ state, parts_sent: parts }: Delivery): string {
  if (state === "doubtful") return "may have arrived";
  return parts === 0
    ? "has not arrived"
    : `${parts === 1 ? "its first part has" : `its first ${parts} parts have`} arrived`;
}
