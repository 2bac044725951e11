/** The worker of the page, which shows notifications and has the page start while the agent is away. */

import { BASE } from "../net/base";

export const startWorker = () => navigator.serviceWorker.register(`${BASE}/sw.js`, { scope: `${BASE}/` });

/** Without it nothing is missing while the agent is there. Pages that are not opened over https cannot have it. */
export function mayWork(): void {
  if (globalThis.isSecureContext && "serviceWorker" in navigator) startWorker().catch(() => undefined);
}
