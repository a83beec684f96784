const LONGEST_MS = 60_000;

/** Delay before the next attempt, after `attempts` have failed: it doubles from `delayMs` up to a minute. */
export function backoffMs(attempts: number, delayMs: number): number {
  return Math.min(LONGEST_MS, delayMs * 2 ** Math.max(0, attempts - 1));
}
