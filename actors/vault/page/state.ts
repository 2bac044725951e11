/** What the page asks of the vault. A value goes one way. */

import { request, send } from "@starpod/page";
import type { Access, Entry } from "./protocol";

const PATH = "/api/settings/vault";

/** A secret as it is being written. */
export interface Draft {
  readonly name: string;
  readonly value: string;
  /** As people write them: with commas or spaces between. */
  readonly hosts: string;
  /** The one that is changed; null for a new one. */
  readonly of: Entry | null;
}

export const EMPTY: Draft = { name: "", value: "", hosts: "", of: null };

export function draftOf(entry: Entry): Draft {
  return { name: entry.name, value: "", hosts: entry.hosts.join(", "), of: entry };
}

export function hostsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((host) => host !== "");
}

/** Where a secret may be sent, in words. */
export function where(entry: Entry): string {
  if (entry.hosts.length === 0) return "no host";
  return entry.hosts.map((host) => (host === "*" ? "any host" : host)).join(", ");
}

export const entries = () => request<Entry[]>(PATH);

export const accesses = () => request<Access[]>(`${PATH}/audit?limit=50`);

/** Keeps a secret; without a value only where it may be sent is changed. Throws ApiError. */
export function keep({ name, value, hosts, of }: Draft): Promise<Entry> {
  const owner = of?.owner ?? "";
  if (of !== null && value === "") return change(`${name}/meta`, "PUT", { hosts: hostsOf(hosts), owner });
  const said = of === null && hosts.trim() === "" ? null : hostsOf(hosts);
  return change(name, "PUT", { value, hosts: said, owner });
}

export function forget({ name, owner }: Entry): Promise<boolean> {
  return change(name, "DELETE", { owner });
}

function change<T>(path: string, method: string, body: object): Promise<T> {
  return send<T>(method, `${PATH}/${path.split("/").map(encodeURIComponent).join("/")}`, body);
}
