/** How often values lay where, since the start. */
export interface DistributionReading {
  /** Upper bounds, ascending; each belongs to the class below it. */
  readonly bounds: readonly number[];
  /** Of each class; the last has what is above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts values by classes that are fixed from the start, so that it costs little however many there are. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++;
    (this.#counts[at] as number)++;
    this.#sum += value;
  }

  read(): DistributionReading {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
