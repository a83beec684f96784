import type { Clock } from '../core/clock.ts';

/** A clock that passes only when someone sleeps, or when a test says so: waiting takes no time. */
export class ManualClock implements Clock {
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms;
  }
}
