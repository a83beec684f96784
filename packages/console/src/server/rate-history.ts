const KEPT = 60;

/** The last readings of several rates, to be drawn. */
export class RateHistory {
  readonly #rates = new Map<string, number[]>();

  add(readings: readonly (readonly [name: string, perSecond: number])[]): void {
    for (const [name, perSecond] of readings) {
      const before = this.#rates.get(name) ?? [];
      this.#rates.set(name, [...before.slice(1 - KEPT), perSecond]);
    }
  }

  /** Oldest first; the same array until something is added. */
  of(name: string): readonly number[] {
    return this.#rates.get(name) ?? NONE;
  }
}

const NONE: readonly number[] = [];
