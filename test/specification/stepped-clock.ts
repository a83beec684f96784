import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { START } from './start.ts';

/** A clock that stands still until a test moves it: who sleeps wakes when its time has come, or when he gives up. */
export class SteppedClock extends ManualClock {
  readonly #sleepers = new Set<{ readonly dueAt: number; readonly wake: () => void }>();

  constructor() {
    super(START);
  }

  override advance(ms: number): void {
    super.advance(ms);
    for (const { dueAt, wake } of this.#sleepers) if (dueAt <= this.now()) wake();
  }

  /** Waits for work; meanwhile the clock goes as fast as real time. */
  async during(work: Promise<void>): Promise<void> {
    let isDone = false;
    const ended = work.finally(() => (isDone = true));
    await Promise.all([ended, until(() => isDone, this)]);
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const sleeper = {
        dueAt: this.now() + ms,
        wake: (): void => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }
}

/** Resolves once the condition holds. Meanwhile the clock goes as fast as real time, or so many times faster. */
export async function until(condition: () => boolean | Promise<boolean>, clock: ManualClock, speed = 1): Promise<void> {
  for (let last = performance.now(); !(await condition()); await setImmediate()) {
    const elapsedMs = Math.floor(performance.now() - last);
    if (elapsedMs > 0) clock.advance(elapsedMs * speed);
    last += elapsedMs;
  }
}
