/** Notifications of this browser: shown by its worker also while the page is closed. */

import { t } from "../language/texts";
import { BASE } from "../net/base";
import { request, send } from "../net/api";
import { account } from "./account";
import { load, save } from "./storage";
import { startWorker } from "./worker";

const SUBSCRIPTIONS = "/api/webpush/subscriptions";
/** Under which it is kept who wants them here; forgotten when that one signs out. */
const WANTED = "push";

/** Why this browser cannot show any, in words; null where it can. */
export function whyNot(): string | null {
  if (!isSecureContext) return t("Browsers show notifications only of pages that are opened over https.");
  if (!("serviceWorker" in navigator) || !("PushManager" in window))
    return t(
      "This browser has no notifications for pages; on a phone, put the page on the home screen first.",
    );
  if (Notification.permission === "denied")
    return t("This browser was told not to show notifications of this page; its settings can change that.");
  return null;
}

/** Has this browser show them. Throws an error that says why it does not. */
export async function enable(): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error(whyNot() ?? t("The browser was not allowed to show notifications."));
  const { key } = await request<{ key: string }>("/api/webpush/key");
  const registration = await startWorker();
  await navigator.serviceWorker.ready;
  const wanted = bytes(key);
  const old = await registration.pushManager.getSubscription();
  if (old !== null && !same(old.options.applicationServerKey, wanted)) await old.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: wanted };
  await tell(await registration.pushManager.subscribe(options));
  save(WANTED, account.value?.user_id ?? null);
}

/** Has it show none any more; the agent has been told. */
export async function disable(): Promise<void> {
  save(WANTED, null);
  await (await subscription())?.unsubscribe();
}

/** Tells the agent where this browser is found now: its service may have moved it, and it may have been signed in anew. */
export async function renew(): Promise<void> {
  if (load<string>(WANTED) !== account.value?.user_id || whyNot() !== null) return;
  const found = await subscription();
  if (found !== null) await tell(found);
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(`${BASE}/`);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function tell(found: PushSubscription): Promise<void> {
  const { endpoint, keys } = found.toJSON();
  const { p256dh, auth } = keys ?? {};
  await send("POST", SUBSCRIPTIONS, { endpoint, p256dh, auth, page: location.origin });
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function same(one: ArrayBuffer | null, other: Uint8Array): boolean {
  if (one === null) return false;
  const mine = new Uint8Array(one);
  return mine.length === other.length && mine.every((byte, index) => byte === other[index]);
}
