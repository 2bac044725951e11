/** What could not be delivered to the person at the page, on whichever channel. */

import { signal } from "@preact/signals";
import { request } from "../net/api";
import { account } from "./account";

/** Many enough to be said as a number. */
const MOST = 200;

/** How many there are. */
export const undelivered = signal(0);

/** Looks how many there are now; what cannot be asked stays as it was. */
export async function countUndelivered(): Promise<void> {
  try {
    const found = await request<{ user_id: string }[]>(`/api/outbox?limit=${MOST}`);
    const mine = found.filter(({ user_id }) => user_id === account.value?.user_id);
    undelivered.value = mine.length;
  } catch {
    // The page says by other means that there is no connection.
  }
}
