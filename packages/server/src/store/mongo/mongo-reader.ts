import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document, Value } from '../../core/value.ts';
import { missingCollection } from '../missing-collection.ts';
import type { LookupOptions, RecordsOptions, StoreReader } from '../store.ts';
import { countMatching, findMatching, iterateMatching, statesCondition } from './find.ts';
import { keysOf } from './index-keys.ts';
import { chunksOf, wantedBy } from './lookup.ts';
import type { Condition, MongoCollection } from './mongo-collection.ts';
import { OURS, recordOf } from './mongo-record.ts';
import type { MongoRecord } from './mongo-record.ts';
import { LONG_MS } from './mongo-source.ts';
import type { MongoSource } from './mongo-source.ts';

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();
const MOST_IDS = 5_000;

/** All that a record of ours has beside its fields, its id and its state: of short rows more than half. */
const DOCUMENTS_ONLY = Object.fromEntries(
  [...[...METADATA_FIELDS].filter((field) => field !== '_id' && field !== '__STATE__'), `${OURS}.meta`, `${OURS}.rev`, `${OURS}.was`].map(
    (field) => [field, 0] as const,
  ),
);

/** Reads what a majority of the servers keeps. */
export class MongoReader implements StoreReader {
  readonly source: MongoSource;

  constructor(source: MongoSource) {
    this.source = source;
  }

  async records(
    collection: string,
    ids: readonly string[],
    { documentsOnly = false }: RecordsOptions = {},
  ): Promise<ReadonlyMap<string, StoredRecord>> {
    const of = await this.collection(collection);
    if (ids.length === 0) return NOTHING;
    const found = new Map<string, MongoRecord>();
    for (const some of chunksOf([...new Set(ids)], MOST_IDS))
      for (const stored of await this.#read(of, { [of.idField]: { $in: some } }, documentsOnly)) {
        const record = recordOf(stored, of.kind);
        found.set(record.id, record);
      }
    return found;
  }

  async lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    { fields, states, documentsOnly = false }: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    const of = await this.collection(collection);
    const { keys, conditions } = wantedBy(tuples, fields, of);
    const paths = fields.map((field) => field.split('.'));
    const found = new Map<string, MongoRecord[]>();
    const isInState = statesCondition(of, states);
    // A document may be found by two conditions, under one key.
    const seen = conditions.length > 1 ? new Set<string>() : undefined;
    for (const condition of conditions)
      for (const stored of await this.#read(of, { $and: [condition, isInState] }, documentsOnly)) {
        const record = recordOf(stored, of.kind);
        if (seen?.has(record.id) === true) continue;
        seen?.add(record.id);
        for (const key of keysOf(record.document, paths)) {
          if (!keys.has(key)) continue;
          const group = found.get(key);
          if (group === undefined) found.set(key, [record]);
          else group.push(record);
        }
      }
    return found;
  }

  async find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    return findMatching(this.source, await this.collection(collection), query);
  }

  async *iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]> {
    yield* iterateMatching(await this.collection(collection), query, this.source);
  }

  async count(collection: string, query: Query): Promise<number> {
    return countMatching(this.source, await this.collection(collection), query);
  }

  /** Throws UNKNOWN_COLLECTION. */
  protected async collection(name: string): Promise<MongoCollection> {
    const collection = await this.source.catalog.get(name);
    if (collection === undefined) throw missingCollection(name);
    return collection;
  }

  /** In one answer, as far as an answer holds them. */
  async #read({ documents, kind }: MongoCollection, condition: Condition, documentsOnly: boolean): Promise<Document[]> {
    // Elsewhere fields of these names are like any others.
    const projection = documentsOnly && kind !== undefined ? { projection: DOCUMENTS_ONLY } : {};
    const options = { maxTimeMS: LONG_MS, batchSize: MOST_BATCH, ...projection };
    return this.source.retries.run(() => documents.find<Document>(condition, options).toArray());
  }
}

/** The server ends an answer at 16 MB; without a number it ends the first one after 101 documents. */
const MOST_BATCH = 100_000;
