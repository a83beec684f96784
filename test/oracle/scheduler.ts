import { setImmediate } from 'node:timers/promises';

interface Waiting {
  readonly process: string;
  readonly go: () => void;
}

/** Lets one call after the other go on, of whichever process, as a seed decides: so that an interleaving can be played again. */
export class Scheduler {
  #state: number;
  #waiting: Waiting[] = [];
  readonly #held = new Set<string>();
  readonly #failing = new Map<string, number>();

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** Resolves when it is the process's turn. */
  turn(process: string): Promise<void> {
    return new Promise((go) => this.#waiting.push({ process, go }));
  }

  /** It gets no turn until it is released: one that was stopped, or is dead. */
  hold(process: string): void {
    this.#held.add(process);
  }

  release(process: string): void {
    this.#held.delete(process);
  }

  /** So many of its next calls may fail, before or after they have their effect. */
  letFail(process: string, calls: number): void {
    this.#failing.set(process, calls);
  }

  fails(process: string): boolean {
    const left = this.#failing.get(process) ?? 0;
    if (left === 0) return false;
    this.#failing.set(process, left - 1);
    return this.random(3) === 0;
  }

  /** Some turns; fewer where nobody waits. */
  async play(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) {
      await setImmediate();
      const ready = this.#waiting.filter(({ process }) => !this.#held.has(process));
      const next = ready[this.random(ready.length || 1)];
      if (next === undefined) continue;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.go();
    }
  }

  /** From 0 to below `below`. */
  random(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }
}
