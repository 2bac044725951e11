/** Whether this page may change what only the operator may otherwise: for some minutes after a code was typed. */

import { computed, effect, signal } from "@preact/signals";
import { onUnconfirmed } from "../net/access";
import { request, send } from "../net/api";
import { account } from "./account";

const CONFIRM = "/api/auth/confirm";

interface Confirmed {
  /** For how long it is unlocked yet. */
  readonly seconds: number;
}

/** Epoch milliseconds until which it is unlocked; 0 for not at all. */
export const unlockedUntil = signal(0);
/** Who waits for a code to be typed, if anybody does. */
const waiting = signal<readonly ((unlocked: boolean) => void)[]>([]);
/** Whether somebody is to be asked for a code. */
export const asking = computed(() => waiting.value.length > 0);

let timer: ReturnType<typeof setTimeout> | undefined;

function take({ seconds }: Confirmed): void {
  clearTimeout(timer);
  unlockedUntil.value = seconds > 0 ? Date.now() + seconds * 1000 : 0;
  if (seconds > 0) timer = setTimeout(() => (unlockedUntil.value = 0), seconds * 1000);
}

function settle(unlocked: boolean): void {
  const those = waiting.value;
  waiting.value = [];
  for (const tell of those) tell(unlocked);
}

/** Finds out how long it is unlocked yet. */
export async function lookUnlocked(): Promise<void> {
  if (account.value?.role === "admin") take(await request<Confirmed>(CONFIRM));
}

/** Asks for a code; false where nobody types one. Only an admin's page can be unlocked. */
export function askForCode(): Promise<boolean> {
  if (account.value?.role !== "admin") return Promise.resolve(false);
  return new Promise((tell) => (waiting.value = [...waiting.value, tell]));
}

/** Unlocks it, and goes on with what waits for that. Throws ApiError for a code that is not good. */
export async function unlock(code: string): Promise<void> {
  take(await send<Confirmed>("POST", CONFIRM, { code }));
  settle(true);
}

/** Nobody types a code: what waits for one is given up. */
export function giveUp(): void {
  settle(false);
}

export async function lock(): Promise<void> {
  take(await send<Confirmed>("DELETE", CONFIRM));
}

effect(() => {
  if (account.value?.role !== "admin") take({ seconds: 0 }); // it was somebody else's page
});

onUnconfirmed(async () => {
  unlockedUntil.value = 0; // whatever we believed
  return askForCode();
});
