/** What the page asks of the vault. A value goes one way. */

import { account, request, send, t } from "@starpod/page";
import type { Access, Entry } from "./protocol";

const ALL = "/api/settings/vault";
const OWN = "/api/vault";

/** Whether whoever is signed in sees what others keep too, and what the agent does. */
export const seesAll = () => account.value?.role === "admin";

/** A secret as it is being written. */
export interface Draft {
  readonly name: string;
  readonly value: string;
  /** As people write them: with commas or spaces between. */
  readonly hosts: string;
  /** Whether it is for whoever is signed in, where it may be for the agent. */
  readonly own: boolean;
  /** The one that is changed; null for a new one. */
  readonly of: Entry | null;
}

export const EMPTY: Draft = { name: "", value: "", hosts: "", own: false, of: null };

export function draftOf(entry: Entry): Draft {
  return { name: entry.name, value: "", hosts: entry.hosts.join(", "), own: false, of: entry };
}

export function hostsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((host) => host !== "");
}

/** Where a secret may be sent, in words. */
export function where(entry: Entry): string {
  if (entry.hosts.length === 0) return t("no host");
  return entry.hosts.map((host) => (host === "*" ? t("any host") : host)).join(", ");
}

export const entries = () => request<Entry[]>(seesAll() ? ALL : OWN);

export const accesses = () => request<Access[]>(`${ALL}/audit?limit=50`);

/** Keeps a secret; without a value only where it may be sent is changed. Throws ApiError. */
export function keep({ name, value, hosts, own, of }: Draft): Promise<Entry> {
  const owner = own ? null : (of?.owner ?? "");
  if (of !== null && value === "") return change(`${name}/meta`, "PUT", owner, { hosts: hostsOf(hosts) });
  const said = of === null && hosts.trim() === "" ? null : hostsOf(hosts);
  return change(name, "PUT", owner, { value, hosts: said });
}

export function forget({ name, owner }: Entry): Promise<boolean> {
  return change(name, "DELETE", owner);
}

/** Null for an owner is whoever is signed in, as is everybody's who sees no others. */
function change<T>(path: string, method: string, owner: string | null, body: object = {}): Promise<T> {
  const all = owner !== null && seesAll();
  const place = `${all ? ALL : OWN}/${path.split("/").map(encodeURIComponent).join("/")}`;
  return send<T>(method, place, all ? { ...body, owner } : body);
}
