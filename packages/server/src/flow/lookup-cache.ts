import { LRUCache } from 'lru-cache';
import type { RecordDelta } from '../core/record-delta.ts';
import { StoredRecord } from '../core/record.ts';
import type { State } from '../core/record.ts';
import { orderTexts } from '../core/value-order.ts';
import { isNil } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import type { Plan } from '../plan/plan.ts';
import type { LookupOptions, StoreReader } from '../store/store.ts';

/** What a cached document is reckoned to take beside its text, and an entry beside its documents: bytes. */
const RECORD_BYTES = 150;
const ENTRY_BYTES = 200;

/** Look-ups by the same fields, in the same states, of one collection. */
interface Bucket {
  /** Begins the keys of the cache. */
  readonly prefix: string;
  readonly fields: readonly string[];
}

/**
 * Keeps what look-ups found, decoded, across units of work: a rebuild reads the forty rows of a document to find that one of them has
 * changed. It holds documents of a store that only this pipeline writes. Every change passes as a delta, which drops the entries of
 * its old and its new key; a unit of work that fails drops everything, since reads within it have seen what was never committed.
 */
export class LookupCache {
  readonly #entries: LRUCache<string, readonly StoredRecord[]>;
  readonly #buckets = new Map<string, Map<string, Bucket>>();
  /** By collection: what the keys of records by id begin with. */
  readonly #byId = new Map<string, string>();
  /** Collection and fields whose look-ups are by one key per document. */
  readonly #single = new Set<string>();
  #prefixes = 0x100;

  constructor(plan: Plan, maxBytes: number) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (records) => records.reduce((sum, { document }) => sum + sizeOf(document), ENTRY_BYTES),
    });
    for (const { name, indexes } of plan.collections.values()) {
      for (const { fields, multi } of indexes) if (!multi) this.#single.add(`${name}/${fields.join(',')}`);
    }
  }

  /** Bytes in use, as reckoned. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The same reads, through the cache where they can be: records by id, and (with `lookups`) what look-ups find. */
  reader(inner: StoreReader, options: { readonly lookups: boolean } = { lookups: true }): StoreReader {
    return {
      records: (collection, ids, wanted) =>
        wanted?.documentsOnly === true ? this.#records(inner, collection, ids) : inner.records(collection, ids),
      find: (collection, query) => inner.find(collection, query),
      iterate: (collection, query) => inner.iterate(collection, query),
      count: (collection, query) => inner.count(collection, query),

      lookup: (collection, tuples, wanted) =>
        options.lookups ? this.#lookup(inner, collection, tuples, wanted) : inner.lookup(collection, tuples, wanted),
    };
  }

  /** Forgets every look-up that would find one of the changed documents, as it was or as it is. */
  invalidate(deltas: readonly RecordDelta[]): void {
    for (const { collection, id, before, after } of deltas) {
      const byId = this.#byId.get(collection);
      if (byId !== undefined) this.#entries.delete(byId + id);
      const buckets = this.#buckets.get(collection);
      if (buckets === undefined) continue;
      for (const bucket of buckets.values()) {
        if (before !== null) this.#forget(bucket, before.document);
        if (after !== null) this.#forget(bucket, after.document);
      }
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #forget({ prefix, fields }: Bucket, document: Document): void {
    const tuple = fields.map((field) => document[field]);
    if (!tuple.some(isNil)) this.#entries.delete(prefix + orderTexts(tuple));
  }

  async #records(inner: StoreReader, collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord>> {
    let prefix = this.#byId.get(collection);
    if (prefix === undefined) this.#byId.set(collection, (prefix = String.fromCharCode(this.#prefixes++)));
    const found = new Map<string, StoredRecord>();
    const missing: string[] = [];
    for (const id of ids) {
      const records = this.#entries.get(prefix + id);
      if (records === undefined) missing.push(id);
      else if (records[0] !== undefined) found.set(id, records[0]);
    }
    if (missing.length === 0) return found;
    const read = await inner.records(collection, missing);
    for (const id of missing) {
      const record = read.get(id);
      const kept = record === undefined || record.isTombstone ? undefined : withoutText(record);
      this.#entries.set(prefix + id, kept === undefined ? [] : [kept]);
      if (kept !== undefined) found.set(id, kept);
    }
    return found;
  }

  async #lookup(
    inner: StoreReader,
    collection: string,
    tuples: readonly (readonly Value[])[],
    options: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    if (options.documentsOnly !== true || !this.#single.has(`${collection}/${options.fields.join(',')}`))
      return inner.lookup(collection, tuples, options);
    const { prefix } = this.#bucketOf(collection, options.fields, options.states);
    const found = new Map<string, readonly StoredRecord[]>();
    const missing: (readonly Value[])[] = [];
    for (const tuple of tuples) {
      const key = orderTexts(tuple);
      const records = this.#entries.get(prefix + key);
      if (records === undefined) missing.push(tuple);
      else if (records.length > 0) found.set(key, records);
    }
    if (missing.length === 0) return found;
    const read = await inner.lookup(collection, missing, options);
    for (const tuple of missing) {
      const key = orderTexts(tuple);
      const records = (read.get(key) ?? []).map(withoutText);
      this.#entries.set(prefix + key, records);
      if (records.length > 0) found.set(key, records);
    }
    return found;
  }

  #bucketOf(collection: string, fields: readonly string[], states: readonly State[]): Bucket {
    let buckets = this.#buckets.get(collection);
    if (buckets === undefined) this.#buckets.set(collection, (buckets = new Map()));
    const name = `${fields.join(',')}/${states.join(',')}`;
    let bucket = buckets.get(name);
    if (bucket === undefined) buckets.set(name, (bucket = { prefix: String.fromCharCode(this.#prefixes++), fields }));
    return bucket;
  }
}

/** The document alone, decoded: its text would double what it takes. */
function withoutText({ id, state, document }: StoredRecord): StoredRecord {
  return new StoredRecord(id, '', state, '', document);
}

/** Bytes of a flat document, roughly: exact enough for a limit. */
function sizeOf(document: Document): number {
  let bytes = RECORD_BYTES;
  for (const field in document) {
    const value = document[field];
    bytes += typeof value === 'string' ? 32 + value.length : typeof value === 'object' && value !== null ? 256 : 16;
  }
  return bytes;
}
