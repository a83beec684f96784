import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { isRefused, toLogError } from './client-errors.ts';

const RETRY_MS = 250;

export interface RetryOptions {
  readonly clock: Clock;
  /** After this long the last failure is thrown. */
  readonly forMs: number;
  /** What cannot be done then, as "Topics cannot be listed". */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/** Does what brokers may fail in for a while, again and again. What they refuse is thrown at once. */
export async function retry<T>({ clock, forMs, doing, signal }: RetryOptions, work: () => Promise<T>): Promise<T> {
  const until = clock.now() + forMs;
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError || isRefused(error) || clock.now() >= until || signal?.aborted === true) throw toLogError(error, doing);
      await clock.sleep(RETRY_MS, signal);
    }
}
