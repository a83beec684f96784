export interface Backoff {
  /** Bound of the first wait, ms. */
  readonly firstMs: number;
  /** Bound of every wait, ms. */
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures before: anything up to a bound that doubles each time ("full jitter"), so that the clients of
 * a server that comes back do not come all at once.
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: Backoff, random: () => number): number {
  return Math.floor(random() * Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30)));
}
