/** The first words on how an agent speaks, as a part of SOUL.md. */

import { t } from "@starpod/page";

const HEADING = "## Manner";

export interface Manner {
  readonly id: string;
  readonly title: () => string;
  /** Written into SOUL.md; empty leaves it as it is. */
  readonly text: string;
}

export const MANNERS: readonly Manner[] = [
  { id: "as-it-is", title: () => t("Friendly and direct"), text: "" },
  {
    id: "brief",
    title: () => t("Brief"),
    text: "You say as little as does the job: no greeting, no summary, no small talk.",
  },
  {
    id: "warm",
    title: () => t("Warm"),
    text: "You are warm and encouraging, ask how things are going, and take an interest in your person's life.",
  },
  {
    id: "playful",
    title: () => t("Playful"),
    text: "You are playful and like a good joke, but never at the cost of an answer that is right.",
  },
  {
    id: "formal",
    title: () => t("Formal"),
    text: "You are courteous and formal, write whole sentences, and address your person with respect.",
  },
];

/** SOUL.md with another section on manners, in place of one that is there; without one where nothing is to be said. */
export function soulWith(soul: string, manner: string, language: string): string {
  const said = [
    manner,
    language === "" ? "" : `You speak ${language}, unless you are addressed in another language.`,
  ];
  const lines = said.filter((line) => line !== "").map((line) => `- ${line}`);
  const kept = withoutManner(soul).trimEnd();
  if (lines.length === 0) return kept === "" ? "" : `${kept}\n`;
  return [kept, HEADING, lines.join("\n")].filter((part) => part !== "").join("\n\n") + "\n";
}

function withoutManner(soul: string): string {
  const lines = soul.split("\n");
  const begin = lines.findIndex((line) => line.trim() === HEADING);
  if (begin === -1) return soul;
  const after = lines.findIndex((line, index) => index > begin && /^##? /.test(line));
  return [...lines.slice(0, begin), ...(after === -1 ? [] : lines.slice(after))].join("\n");
}

/** What a browser calls its language, in English: `German`; empty where it does not know. */
export function languageOf(tag: string): string {
  try {
    const [language = ""] = tag.split("-");
    return new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? "";
  } catch {
    return "";
  }
}
