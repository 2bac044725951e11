import { Poll, useApp, type ApiError } from "@starpod/page";
import { useEffect, useMemo, useRef } from "preact/hooks";

interface Watched<T> {
  /** The last answer, perhaps to inputs that were others; null before the first. */
  readonly found: T | null;
  /** Whether it is that of the present inputs. */
  readonly present: boolean;
  readonly problem: ApiError | null;
  /** Asks now. */
  readonly look: () => Promise<void>;
}

/**
 * Something that is asked for while somebody looks, and at once when its inputs are others or a run has ended.
 *
 * @param rest milliseconds until the answer may be another.
 */
export function useWatched<T>(
  ask: () => Promise<T>,
  rest: (value: T) => number,
  inputs: readonly unknown[],
): Watched<T> {
  const poll = useMemo(() => new Poll(ask, { rest }), [...inputs]);
  useEffect(() => poll.watch(), [poll]);
  const app = useApp();
  useEffect(() => app.onNotification(({ source }) => void (source === "cron" && poll.look())), [app, poll]);
  const last = useRef<T | null>(null);
  const value = poll.value.value;
  if (value !== null) last.current = value;
  return {
    found: last.current,
    present: value !== null,
    problem: poll.problem.value,
    look: () => poll.look(),
  };
}
