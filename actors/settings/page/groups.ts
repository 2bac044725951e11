/** How settings are grouped for people: what belongs together, and where else in the page something of it is. */

import { t } from "@starpod/page";
import type { Field } from "./form";

export interface Link {
  readonly title: () => string;
  readonly section: string;
  readonly path?: readonly string[];
}

export interface Group {
  readonly id: string;
  readonly title: () => string;
  readonly says: () => string;
  /** Keys of the group, or tables with all that is in them. */
  readonly keys: readonly string[];
  readonly links: readonly Link[];
}

const file = (name: string, title: () => string): Link => ({ title, section: "memory", path: [name] });

export const GROUPS: readonly Group[] = [
  {
    id: "general",
    title: () => t("General"),
    says: () => t("What the agent is called, and how a conversation runs."),
    keys: [
      "agent_name",
      "timezone",
      "followup_mode",
      "max_turns",
      "compaction",
      "limits.subagent",
      "server_addr",
    ],
    links: [
      file("SOUL.md", () => t("Who it is (SOUL.md)")),
      file("HEARTBEAT.md", () => t("What it looks after by itself (HEARTBEAT.md)")),
      file("BOOT.md", () => t("What it does at each start (BOOT.md)")),
      file("BOOTSTRAP.md", () => t("What it did at its first start (BOOTSTRAP.md)")),
    ],
  },
  {
    id: "models",
    title: () => t("Models and keys"),
    says: () => t("Which model answers, and what takes its place when it cannot."),
    keys: [
      "provider",
      "model",
      "models",
      "compaction_model",
      "max_tokens",
      "reasoning_effort",
      "llm",
      "providers",
    ],
    links: [],
  },
  {
    id: "memory",
    title: () => t("Memory"),
    says: () =>
      t(
        "What is remembered, and how much of it is told to the model. The trace below an answer says what it was told.",
      ),
    keys: ["memory"],
    links: [{ title: () => t("Notes, and a search in them"), section: "memory" }],
  },
  {
    id: "skills",
    title: () => t("Skills"),
    says: () => t("What the agent has learned to do."),
    keys: ["skills", "self_improve", "skills_budget", "bundled_skills"],
    links: [{ title: () => t("All skills"), section: "skills" }],
  },
  {
    id: "tools",
    title: () => t("Tools"),
    says: () => t("Commands, files and the web."),
    keys: ["shell", "internet", "web", "tools", "attachments", "checkpoints"],
    links: [{ title: () => t("Secrets: BRAVE_API_KEY"), section: "secrets" }],
  },
  {
    id: "cron",
    title: () => t("Schedule"),
    says: () => t("What the agent does by itself."),
    keys: ["cron"],
    links: [{ title: () => t("All jobs"), section: "cron" }],
  },
  {
    id: "channels",
    title: () => t("Channels"),
    says: () => t("Where people reach the agent besides this page."),
    keys: ["channels"],
    links: [
      { title: () => t("Telegram"), section: "telegram" },
      { title: () => t("Notifications"), section: "notify" },
      { title: () => t("Secrets: TELEGRAM_BOT_TOKEN, EMAIL_PASSWORD"), section: "secrets" },
    ],
  },
  {
    id: "permissions",
    title: () => t("Permissions"),
    says: () => t("What the agent may do unasked."),
    keys: ["permissions"],
    links: [{ title: () => t("Rules, grants and decisions"), section: "permissions" }],
  },
  {
    id: "hooks",
    title: () => t("Hooks"),
    says: () => t("Commands of yours that the agent calls when something happens."),
    keys: ["hooks"],
    links: [{ title: () => t("All hooks"), section: "hooks" }],
  },
  {
    id: "mcp",
    title: () => t("MCP"),
    says: () => t("Servers with tools of others."),
    keys: ["mcp"],
    links: [{ title: () => t("All servers"), section: "servers" }],
  },
  {
    id: "people",
    title: () => t("People"),
    says: () => t("Who may speak with the agent, and how it is reached from beyond this machine."),
    keys: ["auth", "gateway"],
    links: [{ title: () => t("People, keys and devices"), section: "account" }],
  },
  {
    id: "vault",
    title: () => t("Vault"),
    says: () => t("Where secrets are kept."),
    keys: ["vault"],
    links: [{ title: () => t("All secrets"), section: "secrets" }],
  },
  {
    id: "costs",
    title: () => t("Costs"),
    says: () => t("What a turn, a conversation and a day may cost."),
    keys: ["limits"],
    links: [{ title: () => t("What it has cost"), section: "costs" }],
  },
  {
    id: "appearance",
    title: () => t("Appearance"),
    says: () => t("What an empty conversation shows, and the language and colours of this browser."),
    keys: ["greeting", "prompts"],
    links: [],
  },
];

const FIRST = GROUPS[0] as Group;

/** The group of that name; the first for any other. */
export function groupOf(id: string | undefined): Group {
  return GROUPS.find((group) => group.id === id) ?? FIRST;
}

export function titleOf(id: string | undefined): string {
  if (id === "first") return t("Welcome");
  return id === undefined ? t("Settings") : t("Settings: {title}", { title: groupOf(id).title() });
}

/** How many characters of a key a group names; 0 where it is of another. */
function match(group: Group, key: string): number {
  const fits = group.keys.filter(
    (each) => key === each || key.startsWith(`${each}.`) || key.startsWith(`${each}_`),
  );
  return Math.max(0, ...fits.map((each) => each.length));
}

/** The group that says most of a key; the first for a key that none knows. */
export function groupFor(key: string): Group {
  return GROUPS.reduce((best, group) => (match(group, key) > match(best, key) ? group : best), FIRST);
}

/** The fields of a group by the table they stand in, in the order of the files. */
export function tables(fields: readonly Field[], group: Group): [string, Field[]][] {
  const found = new Map<string, Field[]>();
  for (const field of fields) {
    if (groupFor(field.key) !== group) continue;
    const table = field.key.split(".").slice(0, -1).join(".");
    found.set(table, [...(found.get(table) ?? []), field]);
  }
  return [...found];
}
