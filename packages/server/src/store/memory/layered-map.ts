/** A map as a unit of work sees it: the committed entries, and over them what the unit changed. */
export class LayeredMap<K, V> {
  readonly #committed: Map<K, V>;
  readonly #changes = new Map<K, V | undefined>();

  constructor(committed: Map<K, V>) {
    this.#committed = committed;
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#committed.get(key);
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: K): void {
    this.#changes.set(key, undefined);
  }

  *entries(): Iterable<readonly [K, V]> {
    for (const entry of this.#committed) if (!this.#changes.has(entry[0])) yield entry;
    for (const [key, value] of this.#changes) if (value !== undefined) yield [key, value];
  }

  commit(): void {
    for (const [key, value] of this.#changes) {
      if (value === undefined) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
  }
}
