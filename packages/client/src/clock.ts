/** Time and chance, as parameters: tests drive them. */
export interface Clock {
  /** ms that only ever grow; where they begin means nothing. */
  now(): number;
  /** Calls back once, after `ms`, unless the timer is stopped before. */
  after(ms: number, callback: () => void): Timer;
}

export interface Timer {
  stop(): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { stop: () => clearTimeout(timer) };
  },
};
