import { beginWith, jobName, n, Outcome, rich, t, TextButton, useAttempts, useNow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Job } from "./protocol";
import { arrivalWords, enable, isAdmin, jobs, NEW, placeOf, restUntil, runNow, showsOwn } from "./state";
import { useWatched } from "./watched";
import { Badges, Last, Next } from "./words";

/** Jobs that are drawn before somebody asks for more. */
const SHOWN = 100;

/** What the agent does by itself. */
export function Jobs() {
  const builtin = showsOwn.value;
  const { found, problem, look } = useWatched(
    () => jobs(builtin),
    (each) =>
      restUntil(
        each.some(({ running }) => running),
        each.flatMap((job) => [job.next_run_at, job.retry_at]),
        Date.now(),
      ),
    [builtin],
  );
  const attempts = useAttempts();
  useEffect(() => void attempts.attempt(() => Promise.resolve(arrivalWords())), []);
  const act = (what: () => Promise<string>) =>
    void attempts.attempt(async () => {
      const words = await what();
      await look();
      return words;
    });

  return (
    <>
      <Outcome of={{ ...attempts, problem: attempts.problem ?? problem?.message ?? null }} />
      {found !== null && (found.length === 0 ? <Nothing /> : <List jobs={found} act={act} />)}
      <OwnJobs />
    </>
  );
}

/** Whether an admin sees what the agent does of itself, too. */
export function OwnJobs() {
  if (!isAdmin()) return null;
  return (
    <label class="switch quiet">
      <input
        type="checkbox"
        role="switch"
        checked={showsOwn.value}
        onChange={(event) => {
          showsOwn.value = event.currentTarget.checked;
        }}
      />
      {t("Show the agent’s own jobs, such as its heartbeat")}
    </label>
  );
}

function Nothing() {
  return (
    <div class="schedule-empty">
      <h2>{t("Nothing is scheduled")}</h2>
      <p class="quiet">
        {rich(
          "The agent can work at a time you choose, once or again and again, and tells you what came of it. {job}, or simply ask for it in a conversation: “remind me every Monday at 9 to water the plants”.",
          { job: <a href={NEW}>{t("Make a job")}</a> },
        )}
      </p>
      <TextButton onClick={() => beginWith(t("Remind me every Monday at 9 to "))}>
        {t("Ask the agent")}
      </TextButton>
    </div>
  );
}

interface ListProps {
  readonly jobs: readonly Job[];
  readonly act: (what: () => Promise<string>) => void;
}

function List({ jobs, act }: ListProps) {
  const now = useNow(true, 10_000);
  const [all, setAll] = useState(false);
  const shown = all ? jobs : jobs.slice(0, SHOWN);
  return (
    <>
      <ul class="entries" aria-label={t("Jobs")}>
        {shown.map((job) => (
          <Row key={job.id} job={job} now={now} act={act} />
        ))}
      </ul>
      {shown.length < jobs.length && (
        <TextButton onClick={() => setAll(true)}>
          {n(jobs.length, "Show all", "Show all {n} jobs")}
        </TextButton>
      )}
    </>
  );
}

function Row({ job, now, act }: { job: Job; now: number; act: ListProps["act"] }) {
  return (
    <li class={job.enabled ? undefined : "over"}>
      <span class="entry-name">
        <a href={placeOf(job.id)}>{jobName(job.name)}</a> <Badges of={job} />
      </span>
      <span class="entry-facts quiet">
        <span class="job-words">
          {job.words} · {job.timezone}
        </span>
        <Next of={job} now={now} />
        <Last of={job} now={now} />
      </span>
      <Act on={job} act={act} />
    </li>
  );
}

/** What may be done with a job at once. */
export function Act({ on: job, act }: { on: Job; act: ListProps["act"] }) {
  const title = jobName(job.name);
  const name = <span class="sr-only"> {title}</span>;
  return (
    <span class="buttons">
      <TextButton
        onClick={() =>
          act(async () => {
            await runNow(job.id);
            return t("{title} begins.", { title });
          })
        }
      >
        {t("Run now")}
        {name}
      </TextButton>
      {job.builtin === null && (
        <TextButton
          onClick={() =>
            act(async () => {
              const { enabled } = await enable(job.id, !job.enabled);
              return enabled
                ? t("{title} runs at its times again.", { title })
                : t("{title} is paused.", { title });
            })
          }
        >
          {job.enabled ? t("Pause") : t("Resume")}
          {name}
        </TextButton>
      )}
    </span>
  );
}
