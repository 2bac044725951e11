import { Outcome, useAttempts, visible } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { InForce, RuleInForce } from "./protocol";
import { inForce } from "./state";

const DECISIONS = { allow: "Allowed", deny: "Denied", ask: "Asked about" } as const;

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
      <h2 id="rules">Rules</h2>
      <p class="quiet">
        The first that fits a call decides. Whoever runs this agent changes them, in its settings.
      </p>
      <Outcome of={attempts} />
      {found !== null && (
        <>
          <ol class="rules" aria-label="Rules">
            {found.rules.map((rule, index) => (
              <li key={index}>
                <b class={rule.decision}>{DECISIONS[rule.decision]}</b>{" "}
                <code>
                  {visible(rule.tool)}
                  {rule.pattern !== "" && ` ${visible(rule.pattern)}`}
                </code>{" "}
                <span class="quiet">{circumstances(rule)}</span>
              </li>
            ))}
          </ol>
          <dl class="defaults">
            <dt>Where no rule fits</dt>
            <dd>
              Reading, keeping notes and schedules, and changing files in the agent’s home are allowed.
              Anything else is asked about.
            </dd>
            <dt>After words of others</dt>
            <dd>
              {found.outside === "ask"
                ? "Changes are asked about once the agent has read pages, mails or files, unless a rule is about that."
                : "Nothing more is asked about than otherwise."}
            </dd>
            <dt>Who is asked</dt>
            <dd>
              {found.asks_on.length === 0
                ? "Nobody: what would be asked about is denied."
                : `Whoever speaks with the agent ${found.asks_on.map(channel).join(" or ")}. Elsewhere it is denied.`}{" "}
              No answer within {span(found.expires_minutes)} is a denial.
            </dd>
          </dl>
        </>
      )}
    </section>
  );
}

const CHANNELS: Readonly<Record<string, string>> = {
  main: "in the page or a terminal",
  telegram: "by Telegram",
};
const channel = (name: string) => CHANNELS[name] ?? `by ${name}`;

function span(minutes: number): string {
  const [count, unit] =
    minutes % 1440 === 0
      ? [minutes / 1440, "day"]
      : minutes % 60 === 0
        ? [minutes / 60, "hour"]
        : [minutes, "minute"];
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
}

function circumstances({ channel: where, role, outside }: RuleInForce): string {
  return [
    where !== "" && channel(where),
    role !== null && `for the role ${role}`,
    outside === true && "where words of others were read",
    outside === false && "where no words of others were read",
  ]
    .filter((text) => text !== false)
    .join(", ");
}
