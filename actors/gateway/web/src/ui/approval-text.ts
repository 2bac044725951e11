/** What a question about a call says, in words. */

import { t } from "../language/texts";
import type { Approval } from "../protocol";

/** Text before and after a change of a file. */
export interface Change {
  readonly path: string;
  /** Null where it is what the file holds now. */
  readonly before: string | null;
  readonly after: string;
}

/** The change that a call makes in one file; null for calls that do something else. */
export function changeOf({ tool, input }: Pick<Approval, "tool" | "input">): Change | null {
  const text = (name: string) => (typeof input[name] === "string" ? input[name] : null);
  const [path, content] = [text("path") ?? text("file_path"), text("content")];
  if ((tool === "FileWrite" || tool === "Write") && path !== null && content !== null)
    return { path, before: null, after: content };
  const [before, after] = [text("old_string"), text("new_string")];
  if (tool === "Edit" && path !== null && before !== null && after !== null) return { path, before, after };
  return null;
}

/** Fields of the input that are not told by themselves: by the subject, or by the change. */
export function restOf(approval: Pick<Approval, "tool" | "input" | "subject">): Record<string, unknown> {
  const change = changeOf(approval);
  const told = new Set(change === null ? [] : ["path", "file_path", "content", "old_string", "new_string"]);
  return Object.fromEntries(
    Object.entries(approval.input).filter(([name, value]) => !told.has(name) && value !== approval.subject),
  );
}

/** What the agent wants to do, as the end of a question. */
export function wish({ tool, input }: Pick<Approval, "tool" | "input">): string {
  if (typeof input["command"] === "string") return t("run this command");
  if (typeof input["url"] === "string") return t("open this address");
  if (changeOf({ tool, input }) !== null) return t("change this file");
  return t("use {tool}", { tool });
}

const ALLOWED = {
  once: () => t("Allowed once"),
  conversation: () => t("Allowed in this conversation"),
  always: () => t("Allowed from now on"),
} as const;

const WAYS: Readonly<Record<string, () => string>> = {
  page: () => t(" in the page"),
  telegram: () => t(" by Telegram"),
  key: () => t(" with a key"),
  operator: () => t(" in a terminal"),
};

/** What became of a question: by whom, how, and from where. `me` is who reads it. */
export function outcome(approval: Approval, me: string | null): string {
  const { state, scope, answered_by: by, answered_via: via } = approval;
  const who = by === null ? "" : by === me ? t(" by you") : t(" by {name}", { name: by });
  const way = via === null ? "" : (WAYS[via]?.() ?? ` ${via}`);
  switch (state) {
    case "open":
      return t("Waits for an answer");
    case "allowed":
      return `${ALLOWED[scope ?? "once"]()}${who}${way}`;
    case "denied":
      return `${t("Denied")}${who}${way}`;
    case "expired":
      return t("Not done: nobody answered in time");
    case "withdrawn":
      return t("Withdrawn: its turn has ended");
  }
}
