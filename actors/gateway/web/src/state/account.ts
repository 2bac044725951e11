/** Who is signed in with this browser. What is kept here of one is never shown to another, nor sent as another. */

import { signal } from "@preact/signals";
import { keepHalf } from "../net/half";
import type { Hello } from "../protocol";
import { discardDrafts } from "./composer";
import { load, onSavedElsewhere, save, savedNames } from "./storage";

export type Account = Pick<Hello, "user_id" | "role" | "credential">;

const NAME = "user";
/** What is kept of conversations; choices such as the theme are the browser's. */
const OF_USER = ["draft.", "outbox.", "model", "push"];

/** As the gateway has said last; null before the first time. */
export const account = signal(load<Account>(NAME));

/** Whether what this page has and keeps is this user's. If not it is forgotten, and the page is of no use any more. */
export function belongsTo(user: string): boolean {
  const before = load<Account>(NAME) ?? account.value; // which is all there is where nothing can be stored
  if (before === null || before.user_id === user) return true;
  forget();
  return false;
}

export function meet({ user_id, role, credential }: Account): void {
  account.value = { user_id, role, credential };
  save(NAME, account.value);
}

/** Nobody is signed in here any more. */
export function signedOut(): void {
  keepHalf(null);
  forget();
}

function forget(): void {
  discardDrafts();
  for (const name of OF_USER.flatMap(savedNames)) save(name, null);
  save(NAME, null);
  account.value = null;
}

/** Calls back when another window signs in as somebody else, or out. */
export function onAnotherUser(changed: () => void): void {
  onSavedElsewhere((name) => {
    if (name !== NAME || account.value === null) return;
    if (load<Account>(NAME)?.user_id !== account.value.user_id) changed();
  });
}
