import type { Clock } from '../../core/clock.ts';

/** An answer that is costly to find, kept for a while; those who ask meanwhile wait for the same one. A failure is not kept. */
export class Remembered<T> {
  readonly #find: () => Promise<T>;
  readonly #ms: number;
  readonly #clock: Clock;
  #answer: Promise<T> | undefined;
  #until = 0;

  constructor(find: () => Promise<T>, { ms, clock }: { readonly ms: number; readonly clock: Clock }) {
    this.#find = find;
    this.#ms = ms;
    this.#clock = clock;
  }

  get(): Promise<T> {
    if (this.#answer !== undefined && this.#clock.now() < this.#until) return this.#answer;
    const answer = this.#find();
    this.#answer = answer;
    this.#until = Number.POSITIVE_INFINITY;
    answer.then(
      () => (this.#until = this.#clock.now() + this.#ms),
      () => (this.#answer = undefined),
    );
    return answer;
  }
}
