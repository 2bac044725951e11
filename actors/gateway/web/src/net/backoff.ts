/** How long to wait before connecting again. Pure. */

const FIRST = 500;
const CAP = 30_000;

/**
 * Delay in milliseconds before the next try, between half and all of 0.5 s · 2ⁿ (at most 30 s), so that many pages
 * which lost the same daemon do not come back in the same instant.
 *
 * @param failures tries that failed since the last connection.
 * @param random in [0, 1).
 */
export function delayBefore(failures: number, random: number): number {
  const whole = Math.min(CAP, FIRST * 2 ** Math.min(failures, 16));
  return whole / 2 + (whole / 2) * random;
}
