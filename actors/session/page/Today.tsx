import { clock, cost, count, t } from "@starpod/page";
import type { Today as TodayData } from "./protocol";
import { known } from "./state";

/** What is used of the day's limits. */
export function Today({ today }: { today: TodayData }) {
  const { cost_usd, usd_limit, tokens, tokens_limit, unpriced } = today;
  return (
    <section class="today" aria-labelledby="today">
      <h2 id="today">
        {t("Your day")}{" "}
        <small class="quiet">{t("until {time}", { time: clock(new Date(today.until)) })}</small>
      </h2>
      <Use
        name={t("Cost")}
        words={known(cost_usd, unpriced)}
        used={cost_usd ?? 0}
        limit={usd_limit}
        say={cost}
      />
      <Use name={t("Tokens")} words={count(tokens)} used={tokens} limit={tokens_limit} say={count} />
      {usd_limit !== null && unpriced > 0 && (
        <p class="quiet">{t("The limit of money does not count calls whose price is not known.")}</p>
      )}
    </section>
  );
}

interface UseProps {
  readonly name: string;
  readonly words: string;
  readonly used: number;
  readonly limit: number | null;
  readonly say: (amount: number) => string;
}

function Use({ name, words, used, limit, say }: UseProps) {
  return (
    <p class="use">
      <span>
        {name}: {words}{" "}
        {limit === null ? (
          <span class="quiet">{t("without a limit")}</span>
        ) : (
          t("of {name}", { name: say(limit) })
        )}
      </span>
      {limit !== null && (
        <progress
          class={used >= limit ? "full" : undefined}
          max={limit}
          value={Math.min(used, limit)}
          aria-label={t("{name} used of the day's limit", { name })}
        />
      )}
    </p>
  );
}
