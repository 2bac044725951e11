import { Poll, t } from "@starpod/page";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Health, Instance, Sample } from "./protocol";
import { health, healthWords, history, line, memory, percent, spanWords, withSample } from "./state";

/** Milliseconds between two looks. */
const LOOK = 5000;
const WIDTH = 160;
const HEIGHT = 28;

/** How an instance is now, and how it was: what the monitor saw, and what came since somebody looks. */
export function HealthView({ of: { id, status } }: { readonly of: Instance }) {
  const runs = status === "running";
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const poll = useMemo(
    () =>
      new Poll<Health>(() => health(id), {
        rest: () => LOOK,
        take: (found) => setSamples((kept) => withSample(kept, { at: Date.now() / 1000, health: found })),
      }),
    [id],
  );
  useEffect(() => {
    history(id).then(setSamples, () => undefined);
  }, [id]);
  useEffect(() => (runs ? poll.watch() : undefined), [poll, runs]);
  const now = runs ? poll.value.value : null;
  const problem = runs ? poll.problem.value : null;
  return (
    <section aria-label={t("Health")}>
      <h2>{t("Health")}</h2>
      {!runs && <p class="quiet">{t("It does not run, so there is nothing to measure.")}</p>}
      {problem !== null && <p role="status">{problem.message}</p>}
      {now !== null && problem === null && (
        <ul class="entry-facts quiet" aria-label={t("Health now")}>
          {healthWords(now, Date.now()).map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      {samples.length > 1 && (
        <div class="curves">
          <Curve
            title={t("Processor")}
            values={samples.map((each) => each.health.cpu_percent)}
            word={percent}
          />
          <Curve
            title={t("Working memory")}
            values={samples.map((each) => each.health.memory_mb)}
            word={memory}
          />
        </div>
      )}
    </section>
  );
}

interface CurveProps {
  readonly title: string;
  readonly values: readonly number[];
  readonly word: (value: number) => string;
}

function Curve({ title, values, word }: CurveProps) {
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        <polyline points={line(values, WIDTH, HEIGHT)} />
      </svg>
      <figcaption class="quiet">
        {title}: {spanWords(values, word)}
      </figcaption>
    </figure>
  );
}
