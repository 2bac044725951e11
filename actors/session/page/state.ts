/** What the page asks of the ledger, and how costs are said: what has no known price is never told as nothing. */

import { account, cost, request, routeHash, t, toSection } from "@starpod/page";
import type { CostOverview, Today } from "./protocol";

/** By what the address and the gateway call them. */
export const PERIODS = {
  "7d": () => t("7 days"),
  "30d": () => t("30 days"),
  "90d": () => t("90 days"),
  all: () => t("All"),
} as const;
export type Period = keyof typeof PERIODS;

/** Milliseconds for which figures are left as they are. */
export const REST = 30_000;

export const isAdmin = () => account.value?.role === "admin";

export const periodOf = (place: string | undefined): Period =>
  place !== undefined && place in PERIODS ? (place as Period) : "30d";
export const placeOf = (period: Period) => routeHash(toSection("costs", period));

export interface Found {
  readonly overview: CostOverview;
  readonly today: Today;
}

export async function find(period: Period): Promise<Found> {
  const [overview, today] = await Promise.all([
    request<CostOverview>(`/api/settings/costs?period=${period}`),
    request<Today>("/api/settings/costs/today"),
  ]);
  return { overview, today };
}

/** What is known of a cost: $1.20, at least $1.20, unknown. `unpriced` is how many calls have no known price. */
export function known(usd: number | null, unpriced: number): string {
  if (usd === null) return t("unknown");
  return unpriced === 0 ? cost(usd) : t("at least {usd}", { usd: cost(usd) });
}
