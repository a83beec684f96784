import type { Query } from '../../core/query.ts';
import { StoredRecord } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import type { LookupOptions, StoreReader } from '../../store/store.ts';
import type { Asker } from './asker.ts';
import type { RecordText } from './protocol.ts';

/** Reads through the engine: for stores that only it can reach. */
export class RemoteReader implements StoreReader {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async records(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord>> {
    const records = recordsOf(await this.#asker.ask('records', [collection, [...ids]]));
    return new Map(records.map((record) => [record.id, record]));
  }

  async lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    options: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    const text = await this.#asker.ask('lookup', [collection, tuples as Value[][], options as unknown as Value]);
    return new Map((JSON.parse(text) as [string, RecordText[]][]).map(([key, records]) => [key, records.map(recordOf)]));
  }

  async find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    return recordsOf(await this.#asker.ask('find', [collection, query as unknown as Value]));
  }

  async *iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]> {
    yield await this.find(collection, query);
  }

  async count(collection: string, query: Query): Promise<number> {
    return Number(await this.#asker.ask('count', [collection, query as unknown as Value]));
  }
}

function recordsOf(text: string): StoredRecord[] {
  return (JSON.parse(text) as RecordText[]).map(recordOf);
}

function recordOf(record: RecordText): StoredRecord {
  return new StoredRecord(...record);
}
