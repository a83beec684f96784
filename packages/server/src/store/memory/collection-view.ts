import type { StoredRecord } from '../../core/record.ts';
import { MemoryCollection } from './memory-collection.ts';

/** A collection as a unit of work sees it: the committed records, and over them what the unit wrote. */
export class CollectionView {
  readonly #committed: MemoryCollection;
  readonly #written: MemoryCollection;
  readonly #changed = new Set<string>();

  constructor(committed: MemoryCollection) {
    this.#committed = committed;
    this.#written = new MemoryCollection(committed.definition);
  }

  get(id: string): StoredRecord | undefined {
    return (this.#changed.has(id) ? this.#written : this.#committed).get(id);
  }

  /** Null removes. */
  put(id: string, record: StoredRecord | null): void {
    this.#changed.add(id);
    if (record === null) this.#written.delete(id);
    else this.#written.set(record);
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.#committed.records()) if (!this.#changed.has(record.id)) yield record;
    yield* this.#written.records();
  }

  withKey(fields: readonly string[], key: string): StoredRecord[] {
    const committed = this.#committed.withKey(fields, key).filter(({ id }) => !this.#changed.has(id));
    return [...committed, ...this.#written.withKey(fields, key)];
  }

  commit(): void {
    for (const id of this.#changed) {
      const record = this.#written.get(id);
      if (record === undefined) this.#committed.delete(id);
      else this.#committed.set(record);
    }
  }
}
