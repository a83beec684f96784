import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import type { Lane } from '../../core/trigger.ts';
import type { QueueItem, QueueKind, QueuedItem, Store } from '../store.ts';
import { bulkWrite, upsert } from './bulk.ts';
import { RESERVED_PREFIX } from './mongo-collection.ts';
import { LONG_MS } from './mongo-source.ts';
import type { MongoSource } from './mongo-source.ts';
import type { NumberBlocks } from './number-blocks.ts';

interface RowKey {
  readonly kind: QueueKind;
  readonly scope: string;
  readonly key: string;
}

interface QueueRow {
  readonly _id: RowKey;
  readonly kind: QueueKind;
  readonly scope: string;
  /** 1: interactive; 0: bulk. */
  readonly urgency: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly payload: string;
  readonly seq: number;
  /** The `seq` that the row began with. */
  readonly place: number;
}

const BULK = 0;
const INTERACTIVE = 1;
const URGENCY: Readonly<Record<Lane, number>> = { interactive: INTERACTIVE, bulk: BULK };

function rows({ db }: MongoSource): Collection<QueueRow> {
  return db.collection<QueueRow>(`${RESERVED_PREFIX}queue`);
}

/** Along one of them goes each way to take what is due: of all scopes, or of some. */
export async function indexQueue(source: MongoSource): Promise<void> {
  const inOrder = { dueAt: 1, place: 1 } as const;
  await rows(source).createIndexes([
    { name: 'preserve_due', key: { kind: 1, urgency: 1, ...inOrder } },
    { name: 'preserve_due_of_scope', key: { kind: 1, scope: 1, urgency: 1, ...inOrder } },
  ]);
}

function keyOf({ kind, scope, key }: RowKey): RowKey {
  return { kind, scope, key };
}

/** A row that is there keeps its place and gets a new `seq`, so that whoever took what was in it does not complete the new. */
export async function enqueue(source: MongoSource, numbers: NumberBlocks, items: readonly QueueItem[]): Promise<void> {
  if (items.length === 0) return;
  await source.retries.run(async () => {
    let seq = await numbers.next(items.length);
    const operations = items.map((item): AnyBulkWriteOperation<QueueRow> => {
      const { kind, scope, lane, dueAt, attempts, payload } = item;
      const update = {
        $set: { payload, seq },
        $setOnInsert: { kind, scope, place: seq++ },
        $max: { urgency: URGENCY[lane] },
        $min: { dueAt: Math.ceil(dueAt), attempts },
      };
      return { updateOne: { filter: { _id: keyOf(item) }, update, upsert: true } };
    });
    await upsert(rows(source), operations);
  });
}

export async function putBack(source: MongoSource, numbers: NumberBlocks, items: readonly QueuedItem[]): Promise<void> {
  if (items.length === 0) return;
  await source.retries.run(async () => {
    let next = await numbers.next(items.length);
    const operations = items.map((item): AnyBulkWriteOperation<QueueRow> => {
      const { kind, scope, lane, dueAt, attempts, payload, seq } = item;
      const update = {
        $set: { payload, seq: next, urgency: URGENCY[lane], dueAt: Math.ceil(dueAt), attempts },
        $setOnInsert: { kind, scope, place: next++ },
      };
      return { updateOne: { filter: { _id: keyOf(item), seq }, update, upsert: true } };
    });
    // A row that something was put into since is there under another number, so that it cannot be made: it stays as it is.
    await bulkWrite(rows(source), operations);
  });
}

export async function complete(source: MongoSource, items: readonly QueuedItem[]): Promise<void> {
  const operations = items.map((item): AnyBulkWriteOperation<QueueRow> => ({ deleteOne: { filter: { _id: keyOf(item), seq: item.seq } } }));
  await source.retries.run(() => bulkWrite(rows(source), operations));
}

export async function dequeue(source: MongoSource, kind: QueueKind, scope: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await source.retries.run(() => rows(source).deleteMany({ _id: { $in: keys.map((key) => keyOf({ kind, scope, key })) } }));
}

export async function queuedKeys(source: MongoSource, kind: QueueKind, scope: string, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const wanted = { _id: { $in: keys.map((key) => keyOf({ kind, scope, key })) } };
  const found = await source.retries.run(() =>
    rows(source)
      .find(wanted, { projection: { _id: 1 }, maxTimeMS: LONG_MS })
      .toArray(),
  );
  return new Set(found.map(({ _id }) => _id.key));
}

export async function queuedFor(source: MongoSource, kind: QueueKind, scope: string, key: string): Promise<QueuedItem | undefined> {
  const found = await source.retries.run(() => rows(source).findOne({ _id: keyOf({ kind, scope, key }) }));
  return found === null ? undefined : itemOf(found);
}

/** The oldest due items: along an index, one part of it for each kind, scope and lane, which are merged as they are read. */
export async function take(source: MongoSource, { kinds, scopes, lane, now, limit }: Parameters<Store['take']>[0]): Promise<QueuedItem[]> {
  if (kinds.length === 0 || scopes?.length === 0 || limit <= 0) return [];
  const wanted: Filter<QueueRow> = {
    kind: { $in: [...kinds] },
    ...(scopes === undefined ? {} : { scope: { $in: [...scopes] } }),
    urgency: { $in: lane === undefined ? [BULK, INTERACTIVE] : [URGENCY[lane]] },
    dueAt: { $lte: now },
  };
  const options = { sort: { dueAt: 1, place: 1 }, limit, batchSize: limit + 1, maxTimeMS: LONG_MS } as const;
  return (await source.retries.run(() => rows(source).find(wanted, options).toArray())).map(itemOf);
}

function itemOf({ _id: { kind, scope, key }, urgency, dueAt, attempts, payload, seq }: QueueRow): QueuedItem {
  return { kind, scope, key, lane: urgency === INTERACTIVE ? 'interactive' : 'bulk', dueAt, attempts, payload, seq };
}

interface Group {
  readonly _id: { readonly kind: QueueKind; readonly scope: string; readonly urgency: number };
  readonly count: number;
  readonly nextDueAt: number;
}

export async function queued(source: MongoSource): Promise<Awaited<ReturnType<Store['queued']>>> {
  const pipeline = [
    { $group: { _id: { kind: '$kind', scope: '$scope', urgency: '$urgency' }, count: { $sum: 1 }, nextDueAt: { $min: '$dueAt' } } },
  ];
  const options = { hint: 'preserve_due_of_scope', maxTimeMS: LONG_MS };
  const groups = await source.retries.run(() => rows(source).aggregate<Group>(pipeline, options).toArray());
  return groups.map(({ _id: { kind, scope, urgency }, count, nextDueAt }) => ({
    kind,
    scope,
    lane: urgency === INTERACTIVE ? 'interactive' : 'bulk',
    count,
    nextDueAt,
  }));
}
