import { must } from '../core/assert.ts';
import type { Query } from '../core/query.ts';
import type { StoredRecord } from '../core/record.ts';
import type { Value } from '../core/value.ts';
import type { LookupOptions, RecordsOptions, StoreReader } from '../store/store.ts';

/** Reads the store of the test that is running, so that the process of the user's functions need not be started for each. */
export class SwitchedReader implements StoreReader {
  current: StoreReader | undefined;

  records(collection: string, ids: readonly string[], options?: RecordsOptions): Promise<ReadonlyMap<string, StoredRecord>> {
    return this.#reader().records(collection, ids, options);
  }

  lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    options: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    return this.#reader().lookup(collection, tuples, options);
  }

  find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    return this.#reader().find(collection, query);
  }

  iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]> {
    return this.#reader().iterate(collection, query);
  }

  count(collection: string, query: Query): Promise<number> {
    return this.#reader().count(collection, query);
  }

  #reader(): StoreReader {
    return must(this.current, 'Functions of the user run while a pipeline is open');
  }
}
