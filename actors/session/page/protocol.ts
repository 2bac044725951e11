/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

export interface UserSums {
  total_cost_usd: number | null;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_read: number;
  total_cache_write: number;
  total_turns: number;
  total_unpriced: number;
  user_id: string;
}

export interface ModelSums {
  total_cost_usd: number | null;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_read: number;
  total_cache_write: number;
  total_turns: number;
  total_unpriced: number;
  model: string;
}

export interface PurposeSums {
  total_cost_usd: number | null;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_read: number;
  total_cache_write: number;
  total_turns: number;
  total_unpriced: number;
  /** What the models were asked for: a :data:`Purpose`. */
  purpose: string;
}

export interface ModelOfDay {
  model: string;
  /** As `total_cost_usd`. */
  cost_usd: number | null;
  /** Of prompts and answers. */
  tokens: number;
  /** Calls whose price is not known. */
  unpriced: number;
}

export interface Day {
  /** `YYYY-MM-DD`, UTC. */
  date: string;
  by_model: ModelOfDay[];
  total_cost_usd: number | null;
}

export interface ToolUse {
  tool_name: string;
  invocations: number;
  errors: number;
}

/** The dearest first, days in order. */
export interface CostOverview {
  total_cost_usd: number | null;
  total_input_tokens: number;
  total_output_tokens: number;
  total_cache_read: number;
  total_cache_write: number;
  total_turns: number;
  total_unpriced: number;
  by_user: UserSums[];
  by_model: ModelSums[];
  by_purpose: PurposeSums[];
  by_day: Day[];
  by_tool: ToolUse[];
}

/** What a user has used since midnight, and what they may use; a limit that is null is none. */
export interface Today {
  /** When the day ends, in the zone in which it is counted. */
  until: string;
  tokens: number;
  tokens_limit: number | null;
  /** US dollars, of the calls whose price is known; null where it is known of none. */
  cost_usd: number | null;
  usd_limit: number | null;
  /** Calls whose price is not known; the limit of US dollars does not count them. */
  unpriced: number;
}
