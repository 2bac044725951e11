/** What the page asks of Telegram. */

import { away, request, send, t } from "@starpod/page";
import type { Pairing, TelegramStatus } from "./protocol";

const PAIRINGS = "/api/telegram/pairings";

export const status = () => request<TelegramStatus>("/api/telegram");
export const pairings = () => request<Pairing[]>(PAIRINGS);

const of = ({ code }: Pairing) => `${PAIRINGS}/${encodeURIComponent(code)}`;

export const accept = (pairing: Pairing, user: string) => send<unknown>("POST", of(pairing), { id: user });
export const refuse = (pairing: Pairing) => send<unknown>("DELETE", of(pairing));

/** Ids of those whom an account may speak for. */
export const people = async () =>
  (await request<{ readonly id: string; readonly is_active: boolean }[]>("/api/settings/auth/users"))
    .filter((each) => each.is_active)
    .map((each) => each.id);

const STATES: Readonly<Record<TelegramStatus["state"], () => string>> = {
  off: () => t("The bot is switched off."),
  no_token: () => t("There is no bot yet."),
  connecting: () => t("The bot is about to connect."),
  polling: () => t("The bot receives what people write."),
  stalled: () => t("The bot cannot reach Telegram right now."),
  conflict: () => t("Another program receives the messages of this bot."),
  unauthorized: () => t("Telegram does not accept the token of the bot."),
};

/** How the bot is, in words; as it says itself where a newer agent knows another state. */
export const stateWords = ({ state }: TelegramStatus) =>
  STATES[state]?.() ?? t("The bot is {state}.", { state });

export const lastPoll = ({ last_poll_at: at }: TelegramStatus, now: Date) =>
  at === null ? null : t("Last heard from Telegram {away}.", { away: away(new Date(at), now) });

/** How an account calls itself. */
export const nameOf = ({ name, username, telegram_id: id }: Pairing) =>
  [name, username === null ? "" : `@${username}`, `(${id})`].filter((each) => each !== "").join(" ");
