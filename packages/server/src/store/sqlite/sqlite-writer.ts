import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import { isConstraintError } from '../../sqlite/sqlite-error.ts';
import type { SqlValue } from '../../sqlite/statements.ts';
import type { Commit, ErrorEntry, NewDocument, QueueItem, QueueKind, QueuedItem, RecordWrite, StoreWriter } from '../store.ts';
import { decodeDocument } from '../../core/tagged-json.ts';
import { buildIndex, deferIndexes } from './deferred-indexes.ts';
import { removeErrors, removeErrorsBefore, resolveErrors, saveErrors } from './error-rows.ts';
import { nextSequence, saveFact, savePositions } from './fact-rows.ts';
import { readTombstones } from './find.ts';
import { indexKey, mayDiffer, multiKeys } from './index-keys.ts';
import { complete, dequeue, enqueue, putBack, queuedKeys } from './queue-rows.ts';
import type { RecordRow, SqliteCollection } from './sqlite-collection.ts';
import { stateNumber, stateOf } from './sqlite-collection.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteRecord } from './sqlite-record.ts';

type Match = Parameters<StoreWriter['resolveErrors']>[0];

/** One unit of work on the writing connection. */
export class SqliteWriter extends SqliteReader implements StoreWriter {
  /** Ids that this unit has written, by collection: what it read of them before may be old. */
  readonly #written = new Map<string, Set<string>>();
  readonly #deltas: RecordDelta[] = [];
  readonly #replaced = new Set<string>();

  async write(collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> {
    return this.read(collection, (of) => {
      let written = this.#written.get(collection);
      if (written === undefined) this.#written.set(collection, (written = new Set()));
      const refused: string[] = [];
      for (const write of writes) {
        if (!this.#writeOne(of, write, written)) refused.push(write.id);
        else written.add(write.id);
      }
      return refused;
    });
  }

  async insertNew(collection: string, documents: readonly NewDocument[]): Promise<readonly number[]> {
    return this.read(collection, ({ insertNewSql, columns, multis, indexes }) => {
      const statement = this.source.statements.get(insertNewSql);
      const refused: number[] = [];
      for (const [at, { id, text, meta, indexed }] of documents.entries()) {
        const keys = indexes.length === 0 ? NO_FIELDS : decodeDocument(indexed);
        const values: SqlValue[] = [id, PUBLIC, meta, text];
        for (const { paths } of columns) values.push(indexKey(keys, paths));
        const { changes, lastInsertRowid } = statement.run(...values);
        if (changes === 0) refused.push(at);
        else for (const { place, paths } of multis) this.#addKeys(place, Number(lastInsertRowid), multiKeys(keys, paths));
      }
      return refused;
    });
  }

  async deferIndexes(collection: string): Promise<void> {
    this.read(collection, (of) => deferIndexes(this.source.statements, of));
  }

  async buildIndex(collection: string): Promise<boolean> {
    return this.read(collection, (of) => buildIndex(this.source.statements, of));
  }

  async tombstones(
    collection: string,
    options: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    return this.read(collection, (of) => readTombstones(this.source, of, options));
  }

  async enqueue(items: readonly QueueItem[]): Promise<void> {
    this.guarded(() => enqueue(this.source.statements, items));
  }

  async putBack(items: readonly QueuedItem[]): Promise<void> {
    this.guarded(() => putBack(this.source.statements, items));
  }

  async complete(items: readonly QueuedItem[]): Promise<void> {
    this.guarded(() => complete(this.source.statements, items));
  }

  async dequeue(kind: QueueKind, scope: string, keys: readonly string[]): Promise<void> {
    this.guarded(() => dequeue(this.source.statements, kind, scope, keys));
  }

  async queuedKeys(kind: QueueKind, scope: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.guarded(() => queuedKeys(this.source.statements, kind, scope, keys));
  }

  async saveErrors(entries: readonly ErrorEntry[]): Promise<void> {
    this.guarded(() => saveErrors(this.source.statements, entries));
  }

  async resolveErrors(match: Match, at: number): Promise<void> {
    this.guarded(() => resolveErrors(this.source.statements, match, at));
  }

  async removeErrors(ids: readonly string[]): Promise<void> {
    this.guarded(() => removeErrors(this.source.statements, ids));
  }

  async removeErrorsBefore(kind: ErrorEntry['kind'], before: number, limit: number): Promise<number> {
    return this.guarded(() => removeErrorsBefore(this.source.statements, { kind, before, limit }));
  }

  async savePositions(group: string, offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
    this.guarded(() => savePositions(this.source.statements, group, offsets));
  }

  async saveFact(name: string, value: string | null): Promise<void> {
    this.guarded(() => saveFact(this.source.statements, name, value));
  }

  announce(deltas: readonly RecordDelta[], replaced: readonly string[] = []): void {
    for (const delta of deltas) this.#deltas.push(delta);
    for (const name of replaced) this.#replaced.add(name);
  }

  /** To be called last: numbers what was announced, as part of the unit of work. Null where nothing was. */
  close(): Commit | null {
    if (this.#deltas.length === 0 && this.#replaced.size === 0) return null;
    const sequence = this.guarded(() => nextSequence(this.source.statements));
    return { sequence, deltas: this.#deltas, replaced: [...this.#replaced] };
  }

  /** False when the stored record is no longer the previous one. */
  #writeOne(collection: SqliteCollection, { id, previous, next }: RecordWrite, written: ReadonlySet<string>): boolean {
    if (previous === null) return next === null ? this.#stored(collection, id) === undefined : this.#insert(collection, id, next);
    const n = this.#rowOf(collection, id, previous, written);
    if (n === undefined) return false;
    if (next === null) this.#remove(collection, n, previous);
    else this.#update(collection, n, previous, next);
    return true;
  }

  /** The row of a record, if it still is as it was read. What this unit read, and did not write since, is. */
  #rowOf(collection: SqliteCollection, id: string, previous: StoredRecord, written: ReadonlySet<string>): number | undefined {
    if (previous instanceof SqliteRecord && previous.unit === this.source.unit && !written.has(id)) return previous.n;
    const row = this.#stored(collection, id);
    if (row === undefined) return undefined;
    const [, n, doc, state, meta] = row;
    return doc === previous.text && meta === previous.meta && stateOf(state) === previous.state ? n : undefined;
  }

  #stored({ recordSql }: SqliteCollection, id: string): RecordRow | undefined {
    return this.source.statements.first<RecordRow>(recordSql, id);
  }

  #insert({ insertSql, columns, multis }: SqliteCollection, id: string, next: StoredRecord): boolean {
    const { statements } = this.source;
    const values: SqlValue[] = [id, stateNumber(next.state), next.meta, next.text];
    for (const { paths } of columns) values.push(next.isTombstone ? null : indexKey(next.document, paths));
    let n: number;
    try {
      n = Number(statements.get(insertSql).run(...values).lastInsertRowid);
    } catch (error) {
      if (isConstraintError(error)) return false;
      throw error;
    }
    for (const { place, paths } of multis) this.#addKeys(place, n, keysOf(next, paths));
    return true;
  }

  #update(collection: SqliteCollection, n: number, previous: StoredRecord, next: StoredRecord): void {
    const { statements } = this.source;
    let changed = 'state,meta';
    const values: SqlValue[] = [stateNumber(next.state), next.meta];
    if (previous.text !== next.text) {
      changed = 'state,meta,doc';
      values.push(next.text);
      for (const { place, paths } of collection.columns) {
        if (!previous.isTombstone && !next.isTombstone && !mayDiffer(previous.document, next.document, paths)) continue;
        const key = next.isTombstone ? null : indexKey(next.document, paths);
        if (key === (previous.isTombstone ? null : indexKey(previous.document, paths))) continue;
        changed += `,${place}`;
        values.push(key);
      }
      for (const { place, paths } of collection.multis) {
        const old = keysOf(previous, paths);
        const now = keysOf(next, paths);
        this.#removeKeys(place, n, old.difference(now));
        this.#addKeys(place, n, now.difference(old));
      }
    }
    values.push(n);
    statements.get(collection.updateSql(changed)).run(...values);
  }

  #remove({ deleteSql, multis }: SqliteCollection, n: number, previous: StoredRecord): void {
    for (const { place, paths } of multis) this.#removeKeys(place, n, keysOf(previous, paths));
    this.source.statements.run(deleteSql, n);
  }

  /** Keys may be there where a document was not what its index says: a repair sets both right. */
  #addKeys(place: string, n: number, keys: ReadonlySet<string>): void {
    for (const key of keys) this.source.statements.run(`INSERT OR IGNORE INTO ${place} (key, n) VALUES (?, ?)`, key, n);
  }

  #removeKeys(place: string, n: number, keys: ReadonlySet<string>): void {
    for (const key of keys) this.source.statements.run(`DELETE FROM ${place} WHERE key = ? AND n = ?`, key, n);
  }
}

const PUBLIC = stateNumber('PUBLIC');
const NO_FIELDS = {};
const NO_KEYS: Set<string> = new Set();

function keysOf(record: StoredRecord, paths: Parameters<typeof multiKeys>[1]): Set<string> {
  return record.isTombstone ? NO_KEYS : multiKeys(record.document, paths);
}
