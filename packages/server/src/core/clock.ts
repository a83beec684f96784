/** Time, as a parameter: tests drive it, nothing else reads it. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Resolves when the work is done, or after `ms`, whichever is first. Nothing is left behind that would keep a process from ending. */
export async function within(clock: Clock, ms: number, work: Promise<unknown> | undefined): Promise<void> {
  const isDone = new AbortController();
  try {
    await Promise.race([work, clock.sleep(ms, isDone.signal)]);
  } finally {
    isDone.abort();
  }
}
