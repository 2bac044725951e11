/** What the one who is signed in may do besides what their role says. */

import { computed, signal } from "@preact/signals";
import { request } from "../net/api";
import { account } from "./account";

/** Whether their account says so, as the gateway has told last. */
const allowed = signal(false);

/** Whether they may look at the agent's files. Of an admin that is known before there is a connection. */
export const looksAtFiles = computed(() => account.value?.role === "admin" || allowed.value);

/** Asks again; as long as there is no answer, all is as it was. */
export async function learnRights(): Promise<void> {
  if (account.value?.role === "admin") return;
  const { user } = await request<{ readonly user?: { readonly filesystem_enabled: boolean } }>(
    "/api/auth/verify",
  );
  allowed.value = user?.filesystem_enabled === true;
}
