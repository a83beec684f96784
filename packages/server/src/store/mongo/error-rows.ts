import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import { Binary } from '../../core/value.ts';
import type { ErrorEntry, ErrorQuery, Store, StoreWriter } from '../store.ts';
import { upsert } from './bulk.ts';
import { RESERVED_PREFIX } from './mongo-collection.ts';
import { LONG_MS } from './mongo-source.ts';
import type { MongoSource } from './mongo-source.ts';

interface ErrorRow extends Omit<ErrorEntry, 'id' | 'key' | 'value' | 'headers'> {
  readonly _id: string;
  readonly key: Binary | null;
  readonly value: Binary | null;
  /** Text (JSON): their names may be anything. */
  readonly headers: string;
  /** When it was resolved, or else made. */
  readonly agedAt: number;
}

function rows({ db }: MongoSource): Collection<ErrorRow> {
  return db.collection<ErrorRow>(`${RESERVED_PREFIX}errors`);
}

export async function indexErrors(source: MongoSource): Promise<void> {
  await rows(source).createIndexes([
    { name: 'preserve_order', key: { resolvedAt: 1, createdAt: 1, _id: 1 } },
    { name: 'preserve_identifier', key: { view: 1, resolvedAt: 1, identifier: 1 } },
    { name: 'preserve_age', key: { kind: 1, agedAt: 1 } },
  ]);
}

export async function saveErrors(source: MongoSource, entries: readonly ErrorEntry[]): Promise<void> {
  const operations = entries.map(({ id, ...entry }): AnyBulkWriteOperation<ErrorRow> => ({
    replaceOne: { filter: { _id: id }, replacement: rowOf(entry), upsert: true },
  }));
  await source.retries.run(() => upsert(rows(source), operations));
}

function rowOf({ key, value, headers, ...entry }: Omit<ErrorEntry, 'id'>): Omit<ErrorRow, '_id'> {
  return {
    ...entry,
    key: key === null ? null : new Binary(key),
    value: value === null ? null : new Binary(value),
    headers: JSON.stringify(headers),
    agedAt: entry.resolvedAt ?? entry.createdAt,
  };
}

function entryOf({ _id: id, key, value, headers, agedAt: _agedAt, ...entry }: ErrorRow): ErrorEntry {
  return {
    id,
    ...entry,
    key: key === null ? null : key.value(),
    value: value === null ? null : value.value(),
    headers: JSON.parse(headers) as Record<string, string>,
  };
}

/** Called for every batch of builds that went well: quick where there is nothing to resolve, which is nearly always. */
export async function resolveErrors(source: MongoSource, match: Parameters<StoreWriter['resolveErrors']>[0], at: number): Promise<void> {
  const wanted: Filter<ErrorRow> =
    'ids' in match
      ? { _id: { $in: [...match.ids] }, resolvedAt: null }
      : { kind: 'single-view', view: match.view, resolvedAt: null, identifier: { $in: [...match.identifiers] } };
  await source.retries.run(async () => {
    const open = await rows(source).findOne('ids' in match ? wanted : { view: match.view, resolvedAt: null }, { projection: { _id: 1 } });
    if (open !== null) await rows(source).updateMany(wanted, { $set: { resolvedAt: at, agedAt: at } });
  });
}

export async function removeErrors(source: MongoSource, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await source.retries.run(() => rows(source).deleteMany({ _id: { $in: [...ids] } }));
}

export async function removeErrorsBefore(
  source: MongoSource,
  { kind, before, limit }: { readonly kind: ErrorEntry['kind']; readonly before: number; readonly limit: number },
): Promise<number> {
  return source.retries.run(async () => {
    const isOld = { kind, agedAt: { $lt: before } };
    const old = await rows(source)
      .find(isOld, { sort: { agedAt: 1 }, limit, projection: { _id: 1 } })
      .toArray();
    if (old.length === 0) return 0;
    return (await rows(source).deleteMany({ ...isOld, _id: { $in: old.map(({ _id }) => _id) } })).deletedCount;
  });
}

export async function readErrors(source: MongoSource, query: ErrorQuery): Promise<ErrorEntry[]> {
  if (query.limit !== undefined && query.limit <= 0) return [];
  const conditions: Filter<ErrorRow>[] = query.all === true ? [] : [{ resolvedAt: null }];
  if (query.ids !== undefined) conditions.push({ _id: { $in: [...query.ids] } });
  for (const field of ['kind', 'view', 'projection', 'code'] as const) {
    const wanted = query[field];
    if (wanted !== undefined) conditions.push({ [field]: { $eq: wanted } });
  }
  if (query.after !== undefined) {
    const { createdAt, id } = query.after;
    conditions.push({ $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: id } }] });
  }
  const options = { sort: { createdAt: 1, _id: 1 }, limit: query.limit ?? 0, maxTimeMS: LONG_MS, allowDiskUse: true } as const;
  const found = await source.retries.run(() =>
    rows(source)
      .find(conditions.length === 0 ? {} : { $and: conditions }, options)
      .toArray(),
  );
  return found.map(entryOf);
}

interface Group {
  readonly _id: { readonly kind: ErrorEntry['kind']; readonly scope: string; readonly code: string };
  readonly count: number;
}

export async function countErrors(source: MongoSource): Promise<Awaited<ReturnType<Store['countErrors']>>> {
  const scope = { $ifNull: ['$view', { $ifNull: ['$projection', ''] }] };
  const pipeline = [{ $match: { resolvedAt: null } }, { $group: { _id: { kind: '$kind', scope, code: '$code' }, count: { $sum: 1 } } }];
  const groups = await source.retries.run(() => rows(source).aggregate<Group>(pipeline, { maxTimeMS: LONG_MS }).toArray());
  return groups.map(({ _id, count }) => ({ ..._id, count }));
}
