/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** An account that asks to be let in. */
export interface Pairing {
  code: string;
  telegram_id: number;
  username: string | null;
  /** As the account calls itself; anybody can call themselves anything. */
  name: string;
  asked_at: string;
  expires_at: string;
}

/** The bot as it is now. */
export interface TelegramStatus {
  /** `polling` says that a poll was completed lately, nothing less. */
  state: "off" | "no_token" | "connecting" | "polling" | "stalled" | "conflict" | "unauthorized";
  /** What keeps it from receiving, and what to do about it. */
  why: string | null;
  /** Of the bot, without `@`. */
  username: string | null;
  /** When a poll was completed last. */
  last_poll_at: string | null;
  /** Updates that are stored and not yet dealt with. */
  waiting: number;
}
