import { account, n, Outcome, routeHash, t, toSection, useAttempts, visible } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { InForce, RuleInForce } from "./protocol";
import { inForce } from "./state";

const DECISIONS = {
  allow: () => t("Allowed"),
  deny: () => t("Denied"),
  ask: () => t("Asked about"),
} as const;

/** What is decided without asking anybody. */
export function Rules() {
  const [found, setFound] = useState<InForce | null>(null);
  const attempts = useAttempts();
  useEffect(() => {
    void attempts.attempt(async () => {
      setFound(await inForce());
      return "";
    });
  }, []);
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">{t("Rules")}</h2>
      <p class="quiet">
        {t("The first that fits a call decides. Whoever runs this agent changes them, in its settings.")}
      </p>
      {account.value?.role === "admin" && (
        <p>
          <a href={routeHash(toSection("settings", "permissions"))}>{t("Change the rules")}</a>
        </p>
      )}
      <Outcome of={attempts} />
      {found !== null && (
        <>
          <ol class="rules" aria-label={t("Rules")}>
            {found.rules.map((rule, index) => (
              <li key={index}>
                <b class={rule.decision}>{DECISIONS[rule.decision]()}</b>{" "}
                <code>
                  {visible(rule.tool)}
                  {rule.pattern !== "" && ` ${visible(rule.pattern)}`}
                </code>{" "}
                <span class="quiet">{circumstances(rule)}</span>
              </li>
            ))}
          </ol>
          <dl class="defaults">
            <dt>{t("Where no rule fits")}</dt>
            <dd>
              {t(
                "Reading, keeping notes and schedules, and changing files in the agent’s home are allowed. Anything else is asked about.",
              )}
            </dd>
            <dt>{t("After words of others")}</dt>
            <dd>
              {found.outside === "ask"
                ? t(
                    "Changes are asked about once the agent has read pages, mails or files, unless a rule is about that.",
                  )
                : t("Nothing more is asked about than otherwise.")}
            </dd>
            <dt>{t("Who is asked")}</dt>
            <dd>
              {found.asks_on.length === 0
                ? t("Nobody: what would be asked about is denied.")
                : t("Whoever speaks with the agent {channel}. Elsewhere it is denied.", {
                    channel: found.asks_on.map(channel).join(t(" or ")),
                  })}{" "}
              {t("No answer within {time} is a denial.", {
                time: span(found.expires_minutes),
              })}
            </dd>
          </dl>
        </>
      )}
    </section>
  );
}

const CHANNELS: Readonly<Record<string, () => string>> = {
  main: () => t("in the page or a terminal"),
  telegram: () => t("by Telegram"),
};
const channel = (name: string) => CHANNELS[name]?.() ?? t("by {name}", { name });

function span(minutes: number): string {
  if (minutes % 1440 === 0) return n(minutes / 1440, "{n} day", "{n} days");
  if (minutes % 60 === 0) return n(minutes / 60, "{n} hour", "{n} hours");
  return n(minutes, "{n} minute", "{n} minutes");
}

function circumstances({ channel: where, role, outside }: RuleInForce): string {
  return [
    where !== "" && channel(where),
    role !== null && t("for the role {role}", { role }),
    outside === true && t("where words of others were read"),
    outside === false && t("where no words of others were read"),
  ]
    .filter((text) => text !== false)
    .join(", ");
}
