import { count, Icon, Poll, t, type SectionProps } from "@starpod/page";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chart } from "./Chart";
import { chartOf, type Measure } from "./bars";
import type { CostOverview } from "./protocol";
import { find, isAdmin, known, PERIODS, periodOf, placeOf, REST, type Period } from "./state";
import { Days, Tables } from "./Tables";
import { Today } from "./Today";

/** What was used and what it cost, over a period that the address names. */
export default function View({ path }: SectionProps) {
  const period = periodOf(path[0]);
  const poll = useMemo(() => new Poll(() => find(period), { rest: () => REST }), [period]);
  useEffect(() => poll.watch(), [poll]);
  const [found, problem] = [poll.value.value, poll.problem.value];
  return (
    <div class="desk costs" role="region" aria-label={t("Costs")} tabIndex={0}>
      <Periods here={period} />
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem.message}
        </p>
      )}
      {found === null ? (
        problem === null && <p class="quiet">{t("Looking…")}</p>
      ) : (
        <>
          <Overview overview={found.overview} period={period} />
          <Today today={found.today} />
          {found.overview.total_turns > 0 && <Tables overview={found.overview} />}
        </>
      )}
    </div>
  );
}

function Periods({ here }: { here: Period }) {
  return (
    <nav class="places" aria-label={t("Period")}>
      {(Object.keys(PERIODS) as Period[]).map((period) => (
        <a key={period} href={placeOf(period)} aria-current={period === here ? "page" : undefined}>
          {PERIODS[period]()}
        </a>
      ))}
    </nav>
  );
}

function Overview({ overview, period }: { overview: CostOverview; period: Period }) {
  const priced = overview.total_cost_usd !== null;
  const [chosen, setChosen] = useState<Measure | null>(null);
  const measure = chosen ?? (priced ? "cost" : "tokens");
  const days = overview.by_day;
  const length = period === "all" ? null : Number.parseInt(period, 10);
  const chart = useMemo(() => chartOf(days, measure, length, Date.now()), [days, measure, length]);
  if (overview.total_turns === 0)
    return <p class="quiet">{t("No model was asked for anything in this period.")}</p>;
  return (
    <section aria-labelledby="spending">
      <h2 id="spending">{isAdmin() ? t("Everybody") : t("You")}</h2>
      <Figures overview={overview} />
      <p class="buttons measures" role="group" aria-label={t("What the chart shows")}>
        {(["cost", "tokens"] as const).map((each) => (
          <button
            key={each}
            type="button"
            class="text-button"
            aria-pressed={each === measure}
            onClick={() => setChosen(each)}
          >
            {each === "cost" ? t("Cost") : t("Tokens")}
          </button>
        ))}
      </p>
      <Chart chart={chart} measure={measure} />
      <Days days={days} />
    </section>
  );
}

function Figures({ overview }: { overview: CostOverview }) {
  const tools = overview.by_tool.reduce((sum, { invocations }) => sum + invocations, 0);
  const { total_unpriced: unpriced } = overview;
  return (
    <>
      <dl class="figures-of-costs">
        <Figure name="cost" value={known(overview.total_cost_usd, unpriced)} />
        <Figure name={t("tokens in")} value={count(overview.total_input_tokens)} />
        <Figure name={t("of them cached")} value={count(overview.total_cache_read)} />
        <Figure name={t("tokens out")} value={count(overview.total_output_tokens)} />
        <Figure name={t("calls of models")} value={count(overview.total_turns)} />
        <Figure name={t("calls of tools")} value={count(tools)} />
      </dl>
      {unpriced > 0 && (
        <p class="quiet">
          {t("The price of {unpriced} of {total_turns} calls is not known; what they cost comes on top.", {
            unpriced: count(unpriced),
            total_turns: count(overview.total_turns),
          })}
        </p>
      )}
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
