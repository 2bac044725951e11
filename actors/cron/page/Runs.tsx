import { dated, duration, n, rich, routeHash, t, toSession } from "@starpod/page";
import { useEffect, useRef } from "preact/hooks";
import type { Attempt, Run } from "./protocol";
import { Moment, StateWord } from "./words";

interface RunsProps {
  readonly runs: readonly Run[];
  /** That of the run somebody came for. */
  readonly instant: string | null;
  readonly now: number;
}

/** What became of each instant, the latest first. */
export function Runs({ runs, instant, now }: RunsProps) {
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">{t("Runs")}</h2>
      {runs.length === 0 ? (
        <p class="quiet">{t("None yet.")}</p>
      ) : (
        <ol class="entries runs" aria-label={t("Runs, the latest first")}>
          {runs.map((run) => (
            <Row key={run.id} run={run} sought={run.instant === instant} now={now} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row({ run, sought, now }: { run: Run; sought: boolean; now: number }) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (sought) row.current?.scrollIntoView({ block: "center" });
  }, [sought]);
  return (
    <li ref={row} class={sought ? "sought" : undefined} aria-current={sought ? "true" : undefined}>
      <span class="entry-name">
        <StateWord state={run.state} /> <Moment at={run.instant} now={now} />
      </span>
      <span class="entry-facts quiet">
        <Facts of={run} now={now} />
      </span>
      {run.session !== null && (
        <span class="buttons">
          <a class="text-button" href={routeHash(toSession(run.session))}>
            {t("Conversation")}
            <span class="sr-only">
              {" "}
              {t("of {name}", { name: dated(new Date(run.instant), new Date(now)) })}
            </span>
          </a>
        </span>
      )}
      {run.summary !== "" && <p class="run-summary">{run.summary}</p>}
      {run.error !== null && <p class="run-summary error">{run.error}</p>}
      {run.attempts.length > 1 && <Attempts of={run.attempts} now={now} />}
    </li>
  );
}

function Facts({ of: run, now }: { of: Run; now: number }) {
  const waits = run.state === "retrying" && <Moment at={run.due_at} now={now} />;
  return (
    <>
      {run.manual && <span>{t("asked for by hand")}</span>}
      {run.why !== "" && <span>{run.why}</span>}
      {run.collapsed_into !== null && (
        <span>
          {t("the run of {when} stands for it", {
            when: dated(new Date(run.collapsed_into), new Date(now)),
          })}
        </span>
      )}
      {waits !== false && <span>{rich("next attempt {when}", { when: waits })}</span>}
      {run.started_at !== null && run.ended_at !== null && (
        <span>{t("took {time}", { time: duration(secondsBetween(run.started_at, run.ended_at)) })}</span>
      )}
      {run.attempts.length > 1 && <span>{n(run.attempts.length, "{n} attempt", "{n} attempts")}</span>}
    </>
  );
}

const secondsBetween = (start: string, end: string) =>
  Math.max(0, Date.parse(end) - Date.parse(start)) / 1000;

function Attempts({ of: attempts, now }: { of: readonly Attempt[]; now: number }) {
  return (
    <details class="more run-summary">
      <summary>{t("Its attempts")}</summary>
      <ol class="reasons attempts" aria-label={t("Attempts")}>
        {attempts.map((attempt) => (
          <li key={attempt.n}>
            <time dateTime={attempt.started_at}>{dated(new Date(attempt.started_at), new Date(now))}</time>
            <span>{attempt.outcome ?? t("running")}</span>
            <span>
              {attempt.error} <a href={routeHash(toSession(attempt.session))}>{t("its conversation")}</a>
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
