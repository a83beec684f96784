import { readPositions } from '../../sqlite/read-positions.ts';
import type { Query } from '../../core/query.ts';
import type { State, StoredRecord } from '../../core/record.ts';
import type { ErrorEntry, ErrorQuery, QueueKind, QueuedItem, ShortReader, Snapshot, SnapshotReader, Store } from '../store.ts';
import { countErrors, readErrors } from './error-rows.ts';
import { readFact, readFacts, readSequence } from './fact-rows.ts';
import { findMatching } from './find.ts';
import { findShort } from './find-short.ts';
import { queued, queuedFor, take } from './queue-rows.ts';
import { sampleRecords } from './sample.ts';
import { SqliteReader } from './sqlite-reader.ts';

/** Everything that can be read of a store. */
export class SqliteStoreReader extends SqliteReader implements ShortReader, SnapshotReader {
  async findShort(collection: string, query: Query): Promise<readonly StoredRecord[] | undefined> {
    return this.read(collection, (of) => findShort(this.source, of, query));
  }

  /** In one read transaction, which ends before this returns. */
  async snapshot(collection: string, query: Query): Promise<Snapshot> {
    const { statements } = this.source;
    return this.read(collection, (of) => {
      statements.run('BEGIN');
      try {
        return { sequence: readSequence(statements), records: findMatching(this.source, of, query) };
      } finally {
        statements.run('ROLLBACK');
      }
    });
  }

  async collections(): Promise<readonly string[]> {
    return this.guarded(() => this.source.catalog.names());
  }

  async sample(
    collection: string,
    options: { readonly states: readonly State[]; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    return this.read(collection, (of) => sampleRecords(this.source, of, options));
  }

  async take(options: Parameters<Store['take']>[0]): Promise<readonly QueuedItem[]> {
    return this.guarded(() => take(this.source.statements, options));
  }

  async queued(): ReturnType<Store['queued']> {
    return this.guarded(() => queued(this.source.statements));
  }

  async queuedFor(kind: QueueKind, scope: string, key: string): Promise<QueuedItem | undefined> {
    return this.guarded(() => queuedFor(this.source.statements, kind, scope, key));
  }

  async errors(query: ErrorQuery): Promise<readonly ErrorEntry[]> {
    return this.guarded(() => readErrors(this.source.statements, query));
  }

  async countErrors(): ReturnType<Store['countErrors']> {
    return this.guarded(() => countErrors(this.source.statements));
  }

  async positions(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    return this.guarded(() => readPositions(this.source.statements, group));
  }

  async fact(name: string): Promise<string | null> {
    return this.guarded(() => readFact(this.source.statements, name));
  }

  async facts(prefix: string): Promise<ReadonlyMap<string, string>> {
    return this.guarded(() => readFacts(this.source.statements, prefix));
  }
}
