import { away, dated, t } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { ownZone, scheduleOf, zoneOf, type Draft } from "./draft";
import type { Previewed } from "./protocol";
import { preview } from "./state";

/** Id of the element that says when it would run, or why it would not. */
export const PREVIEW = "preview";
/** Milliseconds for which nobody must have written before one asks. */
const PAUSE = 400;

export interface Seen {
  readonly shown: Previewed | null;
  /** Why it would never run; empty while it would. */
  readonly problem: string;
}

/** When a draft would run, asked for after each change. What was known stays until the answer. */
export function usePreview(draft: Draft): Seen {
  const [seen, setSeen] = useState<Seen>({ shown: null, problem: "" });
  const schedule = scheduleOf(draft);
  const zone = zoneOf(draft);
  useEffect(() => {
    if (schedule === null) return setSeen({ shown: null, problem: "" });
    let current = true;
    const ask = () =>
      preview(schedule, zone).then(
        (shown) => current && setSeen({ shown, problem: "" }),
        (error: unknown) =>
          current &&
          setSeen({ shown: null, problem: error instanceof Error ? error.message : String(error) }),
      );
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [JSON.stringify(schedule), zone]);
  return seen;
}

/** The next instants, on the clock of the job's zone. */
export function Preview({ of: { shown, problem } }: { of: Seen }) {
  const now = new Date();
  return (
    <div id={PREVIEW} class="wide preview" role="status">
      {problem !== "" && <p class="error">{problem}</p>}
      {shown !== null && (
        <>
          <p>
            {t("Runs {words}", { words: shown.words })} <span class="quiet">({shown.timezone})</span>
          </p>
          <ol aria-label={t("Next runs")}>
            {shown.instants.map((instant) => (
              <li key={instant}>
                <Instant at={new Date(instant)} zone={shown.timezone} now={now} />
              </li>
            ))}
          </ol>
        </>
      )}
      {shown === null && problem === "" && <p class="quiet">{t("Here is said when it would run.")}</p>}
    </div>
  );
}

function Instant({ at, zone, now }: { at: Date; zone: string; now: Date }) {
  return (
    <time dateTime={at.toISOString()}>
      {dated(at, now, zone)}{" "}
      <span class="quiet">
        {away(at, now)}
        {zone !== ownZone() && t(", {at} for you", { at: dated(at, now) })}
      </span>
    </time>
  );
}
