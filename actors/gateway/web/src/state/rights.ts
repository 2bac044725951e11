/** What the one who is signed in may do besides what their role says. */

import { signal } from "@preact/signals";
import { request } from "../net/api";
import type { Hello } from "../protocol";

/** Whether they may look at the agent's files. */
export const looksAtFiles = signal(false);

/** Asks again; as long as there is no answer, all is as it was. */
export async function learnRights(role: Hello["role"]): Promise<void> {
  if (role === "admin") {
    looksAtFiles.value = true;
    return;
  }
  const { user } = await request<{ readonly user?: { readonly filesystem_enabled: boolean } }>(
    "/api/auth/verify",
  );
  looksAtFiles.value = user?.filesystem_enabled === true;
}
