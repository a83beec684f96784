import { must } from '../../core/assert.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { CollectionDefinition, IndexDefinition } from '../store.ts';
import { indexKeys } from './index-keys.ts';

interface Index {
  readonly definition: IndexDefinition;
  readonly ids: Map<string, Set<string>>;
}

/** The records of one collection and the indexes over them. Tombstones are kept, but are in no index. */
export class MemoryCollection {
  readonly definition: CollectionDefinition;
  readonly #records = new Map<string, StoredRecord>();
  readonly #indexes: readonly Index[];

  constructor(definition: CollectionDefinition, records: Iterable<StoredRecord> = []) {
    this.definition = definition;
    this.#indexes = definition.indexes.map((index) => ({ definition: index, ids: new Map() }));
    for (const record of records) this.set(record);
  }

  get(id: string): StoredRecord | undefined {
    return this.#records.get(id);
  }

  records(): Iterable<StoredRecord> {
    return this.#records.values();
  }

  set(record: StoredRecord): void {
    this.delete(record.id);
    this.#records.set(record.id, record);
    if (record.isTombstone) return;
    for (const { definition, ids } of this.#indexes)
      for (const key of indexKeys(record.document, definition)) {
        const found = ids.get(key);
        if (found === undefined) ids.set(key, new Set([record.id]));
        else found.add(record.id);
      }
  }

  delete(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#records.delete(id);
    if (record.isTombstone) return;
    for (const { definition, ids } of this.#indexes)
      for (const key of indexKeys(record.document, definition)) {
        const found = must(ids.get(key), `An indexed key of ${id} is in the index`);
        found.delete(id);
        if (found.size === 0) ids.delete(key);
      }
  }

  /** Records that the index of these fields finds under a key. */
  withKey(fields: readonly string[], key: string): StoredRecord[] {
    const wanted = JSON.stringify(fields);
    const index = this.#indexes.find(({ definition }) => JSON.stringify(definition.fields) === wanted);
    const ids = must(index, `Collection "${this.definition.name}" has an index on ${wanted}`).ids.get(key) ?? [];
    return Array.from(ids, (id) => this.#records.get(id) as StoredRecord);
  }
}
