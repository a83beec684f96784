/** Whether fresh changes are coming in: while they do, bulk work takes small steps. */
export class Traffic {
  readonly #monotonicNow: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(monotonicNow: () => number = () => performance.now()) {
    this.#monotonicNow = monotonicNow;
  }

  /** A fresh change, or a document that one asked for, was worked on. */
  note(): void {
    this.#last = this.#monotonicNow();
  }

  get isFlowing(): boolean {
    return this.#monotonicNow() - this.#last < STILL_FLOWING_MS;
  }
}

const STILL_FLOWING_MS = 500;
