import type { Query } from '../../core/query.ts';
import type { State, StoredRecord } from '../../core/record.ts';
import type { ErrorEntry, ErrorQuery, QueueKind, QueuedItem, ShortReader, Snapshot, SnapshotReader, Store } from '../store.ts';
import { countErrors, readErrors } from './error-rows.ts';
import { readFact, readFacts, readPositions } from './fact-rows.ts';
import { findShort } from './find-short.ts';
import { MongoReader } from './mongo-reader.ts';
import { OURS } from './mongo-record.ts';
import { queued, queuedFor, take } from './queue-rows.ts';
import { sampleRecords } from './sample.ts';

/** Everything that can be read of a store. */
export class MongoStoreReader extends MongoReader implements ShortReader, SnapshotReader {
  async findShort(collection: string, query: Query): Promise<readonly StoredRecord[] | undefined> {
    return findShort(this.source, await this.collection(collection), query);
  }

  /** Without a number: commits of many processes have none. */
  async snapshot(collection: string, query: Query): Promise<Snapshot> {
    return { sequence: 0, records: await this.find(collection, query) };
  }

  async countAt(collection: string): Promise<{ readonly sequence: number; readonly count: number }> {
    return { sequence: 0, count: await this.count(collection, { filter: { kind: 'true' } }) };
  }

  async countDeletedKeys(collection: string): Promise<number> {
    const { documents } = await this.collection(collection);
    const { retries, maxQueryMs: maxTimeMS } = this.source;
    return retries.run(() => documents.countDocuments({ __STATE__: 'DELETED', [`${OURS}.tombstone`]: true }, { maxTimeMS }));
  }

  collections(): Promise<readonly string[]> {
    return this.source.catalog.names();
  }

  async sample(
    collection: string,
    options: { readonly states: readonly State[]; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    return sampleRecords(this.source, await this.collection(collection), options);
  }

  take(options: Parameters<Store['take']>[0]): Promise<readonly QueuedItem[]> {
    return take(this.source, options);
  }

  queued(): ReturnType<Store['queued']> {
    return queued(this.source);
  }

  queuedFor(kind: QueueKind, scope: string, key: string): Promise<QueuedItem | undefined> {
    return queuedFor(this.source, kind, scope, key);
  }

  errors(query: ErrorQuery): Promise<readonly ErrorEntry[]> {
    return readErrors(this.source, query);
  }

  countErrors(): ReturnType<Store['countErrors']> {
    return countErrors(this.source);
  }

  positions(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    return readPositions(this.source, group);
  }

  fact(name: string): Promise<string | null> {
    return readFact(this.source, name);
  }

  facts(prefix: string): Promise<ReadonlyMap<string, string>> {
    return readFacts(this.source, prefix);
  }
}
