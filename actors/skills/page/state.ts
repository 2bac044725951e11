/** What the page asks of the skills. An admin sees all there are, everybody else what their agent may use. */

import { account, request, routeHash, send, t, toSection } from "@starpod/page";
import type { Changed, Draft, Revision, RevisionText, Skill, SkillDetail } from "./protocol";

export const isAdmin = () => account.value?.role === "admin";

/** A skill by its name and whose it is: a user's id, empty for the shared one, null for the one that counts. */
export interface Address {
  readonly name: string;
  readonly owner: string | null;
}

/** What a place within the section names. */
export function addressOf(name: string, owner: string | undefined): Address {
  return { name, owner: owner ?? (isAdmin() ? "" : null) };
}

export function placeOf({ name, owner }: Pick<Skill, "name" | "owner">): string {
  return routeHash(toSection("skills", name, ...(owner === "" || !isAdmin() ? [] : [owner])));
}

const base = () => (isAdmin() ? "/api/settings/skills" : "/api/skills");

function at({ name, owner }: Address, what = "", query: Record<string, string> = {}): string {
  const asked = new URLSearchParams({ ...query, ...(owner === null ? {} : { owner }) });
  return `${base()}/${encodeURIComponent(name)}${what}?${asked}`;
}

const path = ({ name }: Address, what = "") => `${base()}/${encodeURIComponent(name)}${what}`;

export const skills = () => request<Skill[]>(base());

export const skill = (of: Address) => request<SkillDetail>(at(of));

export const create = (name: string, description: string, body: string) =>
  send<SkillDetail>("POST", base(), { name, description, body });

/** Has a model write one; nothing is stored. */
export const generate = (name: string, description: string, prompt: string) =>
  send<Draft>("POST", `${base()}/generate`, {
    name,
    description: description === "" ? null : description,
    prompt: prompt === "" ? null : prompt,
  });

/** Writes all of SKILL.md, which must be as `digest` says. */
export const update = (of: Address, text: string, digest: string) =>
  send<Changed>("PUT", path(of), { raw_content: text, if_digest: digest, owner: of.owner });

export const remove = (of: Address) => request<null>(at(of), { method: "DELETE" });

/** Makes what one user's agent wrote a skill of everybody's. */
export const approve = (of: SkillDetail) =>
  send<Skill>("POST", path(of, "/approve"), { owner: of.owner, if_digest: of.digest });

export const history = (of: Address) => request<Revision[]>(at(of, "/history"));

export const revision = (of: Address, seq: number) =>
  request<RevisionText>(at(of, "/revision", { seq: String(seq) }));

export const revert = (of: Address, seq: number) =>
  send<Changed>("POST", path(of, "/revert"), { seq, owner: of.owner });

const ORIGINS: Readonly<Record<Skill["origin"], () => string>> = {
  bundled: () => t("comes with Starpod"),
  source: () => t("comes with the agent"),
  person: () => t("written by a person"),
  model: () => t("written by the model"),
  installed: () => t("installed"),
};

/** Where a skill is from, in words. */
export function originOf({ origin, author, installed_from: from }: Skill): string {
  if (origin === "installed" && from !== null) return t("installed from {from}", { from });
  if (origin === "person" && author !== "") return t("written by {author}", { author });
  if (origin === "model" && author !== "") return t("written by the model, for {author}", { author });
  return ORIGINS[origin]();
}

const ACTIONS: Readonly<Record<Revision["action"], () => string>> = {
  found: () => t("Changed in its folder"),
  create: () => t("Made"),
  update: () => t("Changed"),
  delete: () => t("Deleted"),
  install: () => t("Installed"),
  approve: () => t("Approved"),
  revert: () => t("Brought back"),
};

export const actionOf = ({ action, origin }: Revision) =>
  origin === "model" ? t("{done} by the model", { done: ACTIONS[action]() }) : ACTIONS[action]();
