import { duration, jobName, n, Outcome, Sure, t, TextButton, useAttempts, useNow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Act } from "./Jobs";
import type { Explanation, Job, Run } from "./protocol";
import { Runs } from "./Runs";
import { arrivalWords, arrive, editPlace, isOpen, job, LIST, remove, restUntil, runs, why } from "./state";
import { useWatched } from "./watched";
import { Badges, Next, StateWord } from "./words";

const AT_FIRST = 20;
/** Runs among which one that somebody came for is looked for: usually all that are kept. */
const TO_FIND = 100;
const AT_MOST = 500;

interface Shown {
  readonly job: Job;
  readonly runs: readonly Run[];
  readonly why: Explanation;
}

async function read(id: string, limit: number): Promise<Shown> {
  const [found, theirs, explained] = await Promise.all([job(id), runs(id, limit), why(id)]);
  return { job: found, runs: theirs, why: explained };
}

const restOf = ({ job: each, runs: theirs }: Shown) =>
  restUntil(each.running || theirs.some(isOpen), [each.next_run_at, each.retry_at], Date.now());

/** One job: how it stands, and what became of its runs. */
export function JobView({ id, instant }: { id: string; instant: string | null }) {
  const [limit, setLimit] = useState(instant === null ? AT_FIRST : TO_FIND);
  const watched = useWatched(() => read(id, limit), restOf, [limit]);
  const { found: shown } = watched;
  const now = useNow(true, 10_000);
  const attempts = useAttempts();
  useEffect(() => void attempts.attempt(() => Promise.resolve(arrivalWords())), []);
  const act = (what: () => Promise<string>) =>
    void attempts.attempt(async () => {
      const words = await what();
      await watched.look();
      return words;
    });
  const forget = (each: Job) =>
    void attempts.attempt(async () => {
      await remove(each.id);
      arrive(LIST, t("{name} is removed.", { name: each.name }));
      return "";
    });
  const missing = watched.problem?.status === 404;
  const problem = attempts.problem ?? (missing ? null : (watched.problem?.message ?? null));

  return (
    <>
      <Outcome of={{ ...attempts, problem }} />
      {missing && <p class="quiet">{t("There is no such job any more.")}</p>}
      {shown !== null && !missing && (
        <>
          <Facts of={shown.job} now={now} />
          <div class="buttons job-buttons">
            <Act on={shown.job} act={act} />
            {shown.job.builtin === null && (
              <>
                <a class="text-button" href={editPlace(id)}>
                  {t("Edit")}
                  <span class="sr-only"> {shown.job.name}</span>
                </a>
                <Sure sure={t("Remove it and its history")} onSure={() => forget(shown.job)}>
                  {t("Remove")}
                  <span class="sr-only"> {shown.job.name}</span>
                </Sure>
              </>
            )}
          </div>
          <Task of={shown.job} />
          <Why of={shown.why} />
          <Runs runs={shown.runs} instant={instant} now={now} />
          {shown.runs.length >= limit && limit < AT_MOST && (
            <TextButton onClick={() => setLimit(Math.min(AT_MOST, limit * 5))}>
              {t("Show more runs")}
            </TextButton>
          )}
        </>
      )}
    </>
  );
}

function Facts({ of: each, now }: { of: Job; now: number }) {
  return (
    <>
      <h2>
        {jobName(each.name)} <Badges of={each} />
      </h2>
      <p class="entry-facts quiet">
        <span class="job-words">
          {each.words} · {each.timezone}
        </span>
        <Next of={each} now={now} />
      </p>
      {each.last_error !== null && (
        <p class="notice warning" role="note">
          {t("Its last run failed: {error}", { error: each.last_error })}
        </p>
      )}
    </>
  );
}

const MISSED: Readonly<Record<Job["missed"], (job: Job) => string>> = {
  run_once: () => t("makes up for missed times with one run"),
  skip_older_than: ({ missed_secs: secs }) =>
    t("leaves out what is more than {time} late", { time: duration(secs) }),
  all: () => t("makes up for each of the last ten missed times"),
};

/** What it does, and how. */
function Task({ of: each }: { of: Job }) {
  const facts = [
    each.session_mode === "main" ? t("speaks in the main conversation") : t("a conversation for each run"),
    each.max_retries === 0
      ? t("tried once")
      : n(each.max_retries, "tried again once at most", "tried again up to {n} times"),
    t("at most {time}", { time: duration(each.timeout_secs) }),
    MISSED[each.missed](each),
    each.overlap === "queue" ? t("waits for the run before") : t("left out while the run before goes on"),
    ...(each.jitter_secs > 0
      ? [t("up to {time} later, at random", { time: duration(each.jitter_secs) })]
      : []),
    ...(each.budget_usd > 0 ? [t("at most ${usd} a run", { usd: each.budget_usd })] : []),
    ...(each.model === null ? [] : [each.model]),
    ...(each.delete_after_run ? [t("removed after its first run")] : []),
  ];
  return (
    <>
      {each.builtin === null && (
        <pre class="note job-prompt" tabIndex={0} aria-label={t("What it does")}>
          {each.prompt}
        </pre>
      )}
      <details class="more">
        <summary>{t("How it runs")}</summary>
        <p class="entry-facts quiet">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </details>
    </>
  );
}

function Why({ of: explained }: { of: Explanation }) {
  return (
    <section aria-labelledby="why">
      <h2 id="why">{t("Why it runs when it does")}</h2>
      <p>{explained.text}</p>
      <details class="more">
        <summary>{t("Its last and next times")}</summary>
        <Reasons title={t("Next")} reasons={explained.next} />
        <Reasons title={t("Last")} reasons={explained.last} />
      </details>
    </section>
  );
}

interface ReasonsProps {
  readonly title: string;
  readonly reasons: Explanation["next"];
}

function Reasons({ title, reasons }: ReasonsProps) {
  if (reasons.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="reasons" aria-label={t("{title} times", { title })}>
        {reasons.map(({ instant, state, text }) => (
          <li key={instant}>
            <StateWord state={state} />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
