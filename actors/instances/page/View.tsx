import { clock, Outcome, Poll, rich, t, useAttempts } from "@starpod/page";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Create } from "./Create";
import { Down } from "./Down";
import { Entry } from "./Entry";
import { Notices } from "./Notices";
import type { Overview } from "./protocol";
import { SetUp } from "./SetUp";
import { look } from "./state";

/** Milliseconds between two looks at all instances. */
const LOOK = 5000;

/** What a hosting backend runs, and what can be done with it. */
export default function View() {
  const poll = useMemo(() => new Poll<Overview>(look, { rest: () => LOOK }), []);
  const attempts = useAttempts();
  const [asOf, setAsOf] = useState<Date | null>(null);
  const known = useRef<Overview | null>(null);
  useEffect(() => poll.watch(), [poll]);
  const seen = poll.value.value;
  const problem = poll.problem.value;
  useEffect(() => {
    if (seen === null || seen.trouble !== null) return;
    known.current = seen;
    setAsOf(new Date());
  }, [seen]);

  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      await poll.look();
      return words;
    });
  return (
    <div class="desk instances" role="region" aria-label={t("Instances")} tabIndex={0}>
      <Outcome of={attempts} />
      {problem !== null && (
        <p class="notice warning" role="alert">
          {problem.message}
        </p>
      )}
      {seen === null && problem === null && <p class="quiet">{t("Looking…")}</p>}
      {seen?.trouble === "not_set_up" && <SetUp reason={seen.reason} />}
      {seen !== null && seen.trouble !== null && seen.trouble !== "not_set_up" && (
        <Down of={seen} known={known.current} asOf={asOf} />
      )}
      {seen?.trouble === null && (
        <>
          <p class="quiet">
            {rich("Agents that run at {url}, as of {time}.", {
              url: <code>{seen.url}</code>,
              time: clock(asOf ?? new Date()),
            })}
          </p>
          {seen.instances.length === 0 ? (
            <p>
              {rich(
                "None yet. {deploy} sends an agent of yours there and starts it; the form below starts one that is there, or an empty one.",
                { deploy: <code>starpod deploy AGENT</code> },
              )}
            </p>
          ) : (
            <ul class="entries" aria-label={t("Instances")}>
              {seen.instances.map((each) => (
                <Entry key={each.id} of={each} attempt={attempt} />
              ))}
            </ul>
          )}
          <Create attempt={attempt} />
          <Notices of={seen} />
        </>
      )}
    </div>
  );
}
