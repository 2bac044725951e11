/** What the page asks of the users subsystem. */

import { n, request, send, t, when } from "@starpod/page";
import type { ApiKey, AuditEntry, CreatedKey, Device, User } from "./protocol";

const OWN = "/api/auth";
const ALL = "/api/settings/auth";
const MINUTE = 60_000;
const DAY = 86_400_000;
/** Entries of the audit log that are read at once. */
export const AUDIT_ROWS = 50;

/** Who is signed in, as `GET /api/auth/verify` tells. */
export type Self = Pick<User, "id" | "display_name" | "role" | "filesystem_enabled">;
/** What an admin may change of an account. */
export type Change = Partial<Pick<User, "email" | "display_name" | "role" | "filesystem_enabled">>;

const of = (id: string) => encodeURIComponent(id);

/** Null for a browser that has just been signed out. */
export const self = () => request<{ readonly user?: Self }>(`${OWN}/verify`).then(({ user }) => user ?? null);

/** Where the keys of a person are; null is whoever is signed in. */
const keysOf = (person: string | null) =>
  person === null ? `${OWN}/keys` : `${ALL}/users/${of(person)}/api-keys`;

export const keys = (person: string | null) => request<ApiKey[]>(keysOf(person));

/** The key that is made can be asked for no more. */
export function newKey(person: string | null, label: string, days: number | null): Promise<CreatedKey> {
  return send<CreatedKey>("POST", keysOf(person), {
    ...(label.trim() === "" ? {} : { label: label.trim() }),
    ...(days === null ? {} : { expires_in_days: days }),
  });
}

export function revoke(person: string | null, key: ApiKey): Promise<ApiKey> {
  const path = person === null ? `${OWN}/keys/${of(key.id)}` : `${ALL}/api-keys/${of(key.id)}`;
  return send<ApiKey>("POST", `${path}/revoke`);
}

export const devices = () => request<Device[]>(`${OWN}/devices`);
export const signOut = (device: Device) => send<Device>("POST", `${OWN}/devices/${of(device.id)}/sign-out`);

export const people = () => request<User[]>(`${ALL}/users`);
export const person = (id: string) => request<User>(`${ALL}/users/${of(id)}`);
export const change = (id: string, given: Change) => send<User>("PUT", `${ALL}/users/${of(id)}`, given);
export const letIn = ({ id }: User, active: boolean) =>
  send<User>("POST", `${ALL}/users/${of(id)}/${active ? "activate" : "deactivate"}`);

export function addPerson(id: string, given: Change): Promise<User> {
  return send<User>("POST", `${ALL}/users`, id.trim() === "" ? given : { id: id.trim(), ...given });
}

/** Entries older than `before`, newest first. */
export function audit(before: number | null): Promise<AuditEntry[]> {
  const query = new URLSearchParams({ limit: String(AUDIT_ROWS) });
  if (before !== null) query.set("before", String(before));
  return request<AuditEntry[]>(`${ALL}/audit?${query}`);
}

/** What people have typed, without the spaces around it; null for nothing, which clears a field. */
export function textOr(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

/** Whether a key or a device proves somebody at that moment. */
export function isGood(each: Pick<ApiKey, "revoked_at" | "expires_at">, now: Date): boolean {
  return each.revoked_at === null && (each.expires_at === null || new Date(each.expires_at) > now);
}

/** How a key can be told from others: it is never shown again. */
export function keyName({ prefix, label }: ApiKey): string {
  return label ?? shown(prefix);
}

function shown(prefix: string): string {
  return prefix === "" ? t("chosen by its owner") : `sp_live_${prefix}…`;
}

export function keyFacts(key: ApiKey, now: Date): string[] {
  const known = key.label === null ? [] : [shown(key.prefix)];
  return [...known, used(key.last_used_at, now), ending(key, now)];
}

function used(at: string | null, now: Date): string {
  return at === null ? t("never used") : t("last used {when}", { when: ago(new Date(at), now) });
}

function ending({ revoked_at: revoked, expires_at: expires }: ApiKey, now: Date): string {
  if (revoked !== null) return t("revoked {when}", { when: when(new Date(revoked), now) });
  if (expires === null) return t("good until it is revoked");
  const left = new Date(expires).getTime() - now.getTime();
  if (left <= 0) return t("expired {when}", { when: when(new Date(expires), now) });
  const days = Math.ceil(left / DAY);
  return n(days, "good for a day", "good for {n} days");
}

export function deviceFacts(device: Device, now: Date): string[] {
  const state =
    device.revoked_at === null
      ? t("last used {when}", { when: ago(new Date(device.last_seen_at), now) })
      : t("signed out {when}", { when: when(new Date(device.revoked_at), now) });
  return [...(device.address === "" ? [] : [device.address]), state];
}

/** A moment that is kept to the minute. */
function ago(moment: Date, now: Date): string {
  return now.getTime() - moment.getTime() < 2 * MINUTE ? t("just now") : when(moment, now);
}

const EVENTS: Readonly<Record<string, () => string>> = {
  bootstrap: () => t("first account made"),
  "user.added": () => t("account added"),
  "user.changed": () => t("account changed"),
  "user.deactivated": () => t("account deactivated"),
  "user.activated": () => t("account activated"),
  "key.created": () => t("key made"),
  "key.revoked": () => t("key revoked"),
  "key.expired": () => t("key expired"),
  "device.signed_in": () => t("device signed in"),
  "device.signed_out": () => t("device signed out"),
  "device.expired": () => t("device expired"),
  "telegram.linked": () => t("Telegram linked"),
  "telegram.unlinked": () => t("Telegram unlinked"),
  "settings.changed": () => t("settings changed"),
  "settings.restored": () => t("settings changed back: with them it could not start"),
  "page.unlocked": () => t("page unlocked with a code"),
  refused: () => t("refused"),
};

/** Ids by their beginning: enough to find another entry about the same. */
export function shortened(detail: string): string {
  return detail.replace(/\b([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, "$1…");
}

/** What happened, in words; as it is written where a newer agent writes something else. */
export function eventName(event: string): string {
  return EVENTS[event]?.() ?? event;
}
