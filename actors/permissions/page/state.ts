/** What this section asks of the gateway, and what that means in words. */

import { request, t, type Grant } from "@starpod/page";
import type { AuditRow, InForce } from "./protocol";

export const ROWS = 50;
/** Characters of what a decision was about that are shown. */
const SHORT = 200;

export const inForce = () => request<InForce>("/api/permissions");
export const grants = () => request<Grant[]>("/api/grants");
export const revoke = ({ id }: Grant) => request<unknown>(`/api/grants/${id}`, { method: "DELETE" });

export function decisions(tool: string, limit: number): Promise<AuditRow[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(tool === "" ? {} : { tool }) });
  return request<AuditRow[]>(`/api/audit?${query}`);
}

export interface Filter {
  readonly tool: string;
  readonly verdict: "all" | "asked" | "denied";
}

export function shows({ verdict }: Filter, row: AuditRow): boolean {
  if (verdict === "denied") return row.verdict !== "allowed" && row.kind !== "grant";
  return verdict === "all" || /^(person|expired|withdrawn)/.test(row.by);
}

export function aboutRow({ words }: AuditRow): string {
  const text = [words["subject"], words["pattern"], words["input"]].find(
    (word) => typeof word === "string" && word !== "",
  );
  const line = String(text ?? "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > SHORT ? `${line.slice(0, SHORT)}…` : line;
}

const DECIDERS: Readonly<Record<string, () => string>> = {
  default: () => t("as a matter of course"),
  outside: () => t("words of others were read"),
  channel: () => t("nobody can be asked there"),
  expired: () => t("nobody answered"),
  withdrawn: () => t("its turn had ended"),
};

export function whoDecided(by: string): string {
  return DECIDERS[by]?.() ?? (by.startsWith("person ") ? t("by {name}", { name: by.slice(7) }) : by);
}

const VERDICTS: Readonly<Record<string, () => string>> = {
  allowed: () => t("allowed"),
  denied: () => t("denied"),
};

/** What was decided, in a word or two; an answer of a person stands beside the call that it was about. */
export function verdictOf({ kind, verdict, words }: AuditRow): string {
  if (kind === "grant") return t("grant revoked");
  if (kind === "erased") return t("words erased");
  const scope = words["scope"];
  const how = typeof scope === "string" && scope !== "" ? ` (${scope})` : "";
  return kind === "answer"
    ? t("answer: {verdict}{how}", { verdict, how })
    : (VERDICTS[verdict]?.() ?? verdict);
}
