/** What the page asks of notifications, of web push and of the outbox. */

import { away, dated, n, request, send, t } from "@starpod/page";
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
export const MUTES: readonly (readonly [hours: number | null, words: () => string])[] = [
  [1, () => t("an hour")],
  [8, () => t("8 hours")],
  [24, () => t("a day")],
  [24 * 7, () => t("a week")],
  [null, () => t("until I say otherwise")],
];

export function muteFor(hours: number | null, now: Date): Change {
  return {
    muted: true,
    ...(hours === null ? {} : { muted_until: new Date(now.getTime() + hours * HOUR).toISOString() }),
  };
}

export function mutedWords({ muted_until: until }: Preferences, now: Date): string {
  return until === null
    ? t("Muted until you say otherwise.")
    : t("Muted until {when}, {away}.", {
        when: dated(new Date(until), now),
        away: away(new Date(until), now),
      });
}

const CHANNELS: Readonly<Record<string, () => string>> = {
  telegram: () => t("Telegram"),
  webpush: () => t("a browser"),
  email: () => t("e-mail"),
};

/** A channel in words; as it is called where a newer agent has another one. */
export const channelName = (channel: string) => CHANNELS[channel]?.() ?? channel;

/** What became of a message, in words. */
export function stateWords({ state, parts_sent: parts }: Delivery): string {
  if (state === "doubtful") return t("may have arrived");
  return parts === 0
    ? t("has not arrived")
    : n(parts, "its first part has arrived", "its first {n} parts have arrived");
}
