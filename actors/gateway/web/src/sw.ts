/** The worker of the page: shows what is pushed and leads to it, and has the page start while the agent is away. */

import { answerTo, dropOthers, keepShell } from "./shell";

/** Of its surroundings what it uses; the page's own types are those of a window. */
interface Surroundings {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(name: "fetch", listener: (event: Fetched) => void): void;
  addEventListener(name: "push", listener: (event: Pushed) => void): void;
  addEventListener(name: "notificationclick", listener: (event: Clicked) => void): void;
}

interface Page {
  readonly url: string;
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}

interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetched {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Pushed extends Lasting {
  readonly data: { json(): unknown } | null;
}

interface Clicked extends Lasting {
  readonly notification: { readonly data: unknown; close(): void };
}

const here = self as unknown as Surroundings;

const { scope } = here.registration;

here.addEventListener("install", (event) => event.waitUntil(keepShell(scope).then(() => here.skipWaiting())));
here.addEventListener("activate", (event) =>
  event.waitUntil(dropOthers(scope).then(() => here.clients.claim())),
);
here.addEventListener("fetch", (event) => {
  const answer = answerTo(event.request, scope);
  if (answer !== null) event.respondWith(answer);
});
here.addEventListener("push", (event) => event.waitUntil(show(told(event))));
here.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data));
});

/** What was pushed; nothing readable is still something that has to be shown. */
function told({ data }: Pushed): Record<string, unknown> {
  try {
    const read = data?.json();
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

function show(pushed: Record<string, unknown>): Promise<void> {
  const title = text(pushed.title);
  const options = { body: text(pushed.text), tag: text(pushed.tag), data: text(pushed.path) };
  return here.registration.showNotification(title === "" ? "Starpod" : title, options);
}

/** To a window that is open, or to a new one. */
async function lead(path: unknown): Promise<void> {
  const place = new URL(here.registration.scope);
  if (text(path).startsWith("#")) place.hash = text(path);
  const pages = await here.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => url.startsWith(here.registration.scope));
  if (page === undefined) return void (await here.clients.openWindow(place.href));
  if (place.hash !== "") await page.navigate(place.href);
  await page.focus();
}
