import { missingCollection } from '../missing-collection.ts';
import { compileRecordFilter, sortRecordsBy } from '../../core/query/record-query.ts';
import type { Query } from '../../core/query.ts';
import { PUBLIC_ONLY } from '../../core/record.ts';
import type { StoredRecord } from '../../core/record.ts';
import { compareTexts, orderTexts } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import type { LookupOptions, StoreReader } from '../store.ts';

/** What can be read of a collection: the committed records, or a unit of work's view of them. */
export interface ReadableCollection {
  get(id: string): StoredRecord | undefined;
  records(): Iterable<StoredRecord>;
  withKey(fields: readonly string[], key: string): StoredRecord[];
}

const CHUNK = 500;

/** Reads collections that are maps. */
export class MemoryReader implements StoreReader {
  readonly #find: (collection: string) => ReadableCollection | undefined;

  constructor(find: (collection: string) => ReadableCollection | undefined) {
    this.#find = find;
  }

  async records(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord>> {
    const records = this.#collection(collection);
    const found = new Map<string, StoredRecord>();
    for (const id of ids) {
      const record = records.get(id);
      if (record !== undefined) found.set(id, record);
    }
    return found;
  }

  async lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    { fields, states }: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    const records = this.#collection(collection);
    const found = new Map<string, readonly StoredRecord[]>();
    for (const tuple of tuples) {
      if (tuple.some((value) => value === null || value === undefined)) continue;
      const key = orderTexts(tuple);
      const matching = records.withKey(fields, key).filter(({ state }) => states.includes(state));
      if (matching.length > 0) found.set(key, matching);
    }
    return found;
  }

  async find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    const { sort, skip = 0, limit = Number.POSITIVE_INFINITY } = query;
    return sortRecordsBy(this.#matching(collection, query), sort).slice(skip, skip + limit);
  }

  async *iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]> {
    const found = await this.find(collection, query);
    for (let at = 0; at < found.length; at += CHUNK) yield found.slice(at, at + CHUNK);
  }

  async count(collection: string, query: Query): Promise<number> {
    const { skip = 0, limit = Number.POSITIVE_INFINITY } = query;
    return Math.min(limit, Math.max(0, this.#matching(collection, query).length - skip));
  }

  #matching(collection: string, { filter, afterId, states = PUBLIC_ONLY }: Query): StoredRecord[] {
    const predicate = compileRecordFilter(filter);
    const found: StoredRecord[] = [];
    for (const record of this.#collection(collection).records())
      if (
        !record.isTombstone &&
        states.includes(record.state) &&
        (afterId === undefined || compareTexts(record.id, afterId) > 0) &&
        predicate(record)
      )
        found.push(record);
    return found;
  }

  #collection(name: string): ReadableCollection {
    const collection = this.#find(name);
    if (collection === undefined) throw missingCollection(name);
    return collection;
  }
}
