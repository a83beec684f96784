import type { StoredRecord } from '../../core/record.ts';
import type { ErrorEntry, NewDocument, QueueItem, QueueKind, QueuedItem, RecordWrite, StoreWriter } from '../store.ts';
import { buildIndex, deferIndexes } from './deferred-indexes.ts';
import { removeErrors, removeErrorsBefore, resolveErrors, saveErrors } from './error-rows.ts';
import { saveFact, savePositions } from './fact-rows.ts';
import { readTombstones } from './find.ts';
import { chunksOf } from './lookup.ts';
import { MongoReader } from './mongo-reader.ts';
import type { MongoSource } from './mongo-source.ts';
import type { NumberBlocks } from './number-blocks.ts';
import { complete, dequeue, enqueue, putBack, queuedKeys } from './queue-rows.ts';
import { insertDocuments, writeRecords } from './write-records.ts';

const MOST_WRITES = 1_000;

/** Every call is done, and seen by everybody, when it returns: a unit of work is no more than their order. */
export class MongoWriter extends MongoReader implements StoreWriter {
  readonly #numbers: NumberBlocks;

  constructor(source: MongoSource, numbers: NumberBlocks) {
    super(source);
    this.#numbers = numbers;
  }

  async write(collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> {
    const of = await this.collection(collection);
    const refused: string[] = [];
    for (const round of roundsOf(writes))
      for (const chunk of chunksOf(round, MOST_WRITES)) refused.push(...(await writeRecords(this.source, of, chunk)));
    return refused;
  }

  async insertNew(collection: string, documents: readonly NewDocument[]): Promise<readonly number[]> {
    return insertDocuments(this.source, await this.collection(collection), documents);
  }

  async deferIndexes(collection: string): Promise<void> {
    const { name } = await this.collection(collection);
    await this.source.retries.run(() => deferIndexes(this.source.db, name));
  }

  async buildIndex(collection: string): Promise<boolean> {
    const { name } = await this.collection(collection);
    return this.source.retries.run(() => buildIndex(this.source.db, name));
  }

  async tombstones(
    collection: string,
    options: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    return readTombstones(this.source, await this.collection(collection), options);
  }

  enqueue(items: readonly QueueItem[]): Promise<void> {
    return enqueue(this.source, this.#numbers, items);
  }

  putBack(items: readonly QueuedItem[]): Promise<void> {
    return putBack(this.source, this.#numbers, items);
  }

  complete(items: readonly QueuedItem[]): Promise<void> {
    return complete(this.source, items);
  }

  dequeue(kind: QueueKind, scope: string, keys: readonly string[]): Promise<void> {
    return dequeue(this.source, kind, scope, keys);
  }

  queuedKeys(kind: QueueKind, scope: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return queuedKeys(this.source, kind, scope, keys);
  }

  saveErrors(entries: readonly ErrorEntry[]): Promise<void> {
    return saveErrors(this.source, entries);
  }

  resolveErrors(match: Parameters<StoreWriter['resolveErrors']>[0], at: number): Promise<void> {
    return resolveErrors(this.source, match, at);
  }

  removeErrors(ids: readonly string[]): Promise<void> {
    return removeErrors(this.source, ids);
  }

  removeErrorsBefore(kind: ErrorEntry['kind'], before: number, limit: number): Promise<number> {
    return removeErrorsBefore(this.source, { kind, before, limit });
  }

  savePositions(group: string, offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
    return savePositions(this.source, group, offsets);
  }

  saveFact(name: string, value: string | null): Promise<void> {
    return saveFact(this.source, name, value);
  }

  /** Who wants to know listens to the messages that the stages hand over: they tell of all processes. */
  announce(): void {
    return undefined;
  }
}

/** Several writes of one id are done one after the other. */
function roundsOf(writes: readonly RecordWrite[]): readonly (readonly RecordWrite[])[] {
  if (new Set(writes.map(({ id }) => id)).size === writes.length) return writes.length === 0 ? [] : [writes];
  const rounds: RecordWrite[][] = [];
  const counts = new Map<string, number>();
  for (const write of writes) {
    const round = counts.get(write.id) ?? 0;
    counts.set(write.id, round + 1);
    (rounds[round] ??= []).push(write);
  }
  return rounds;
}
