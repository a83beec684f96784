/** Of topics and groups: what stands before them on the brokers, and nowhere else. */
export class TopicNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** As the brokers know it. */
  real(name: string): string {
    return this.#prefix + name;
  }

  /** As everyone else knows it; undefined where it is not one of ours. */
  ours(real: string): string | undefined {
    return real.startsWith(this.#prefix) && real.length > this.#prefix.length ? real.slice(this.#prefix.length) : undefined;
  }
}
