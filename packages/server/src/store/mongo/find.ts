import type { FindCursor } from 'mongodb';
import { compileRecordFilter, compileRecordSort } from '../../core/query/record-query.ts';
import type { Sort } from '../../core/query/sort.ts';
import { compareSorted } from '../../core/query/sort.ts';
import type { Query } from '../../core/query.ts';
import { PUBLIC_ONLY } from '../../core/record.ts';
import type { State, StoredRecord } from '../../core/record.ts';
import { orderText } from '../../core/value-order.ts';
import type { Document, Value } from '../../core/value.ts';
import { fieldName, serverFilter } from './filter.ts';
import { chunksOf } from './lookup.ts';
import type { Condition, MongoCollection } from './mongo-collection.ts';
import { BAD_VALUE, codeOf } from './mongo-error.ts';
import { OURS, recordOf } from './mongo-record.ts';
import type { MongoRecord } from './mongo-record.ts';
import type { MongoSource } from './mongo-source.ts';
import { TopRecords } from './top-records.ts';

const CHUNK = 500;

/** Ascending by id. */
type ServerSort = [string, 1 | -1][];

interface Planned {
  readonly condition: Condition;
  /** Undefined where the database has no such order. */
  readonly sort: ServerSort | undefined;
  /** Undefined where the condition alone decides. */
  readonly matches: ((record: StoredRecord) => boolean) | undefined;
}

/** Of a tombstone nothing is shown but by its id. */
export function statesCondition({ kind }: MongoCollection, states: readonly State[]): Condition {
  // What other programs write may have no state.
  if (kind === undefined) return { __STATE__: { $in: states.includes('PUBLIC') ? [...states, null] : states } };
  const [only] = states;
  const condition: Condition = { __STATE__: states.length === 1 ? { $eq: only } : { $in: states } };
  if (states.includes('DELETED')) condition[`${OURS}.tombstone`] = null;
  return condition;
}

function planOf(of: MongoCollection, { filter, sort = [], afterId, states = PUBLIC_ONLY }: Query): Planned {
  const { condition, isExact } = serverFilter(filter, of.idField);
  const parts = [statesCondition(of, states), condition];
  if (afterId !== undefined) parts.push({ [of.idField]: { $gt: afterId } });
  return {
    condition: { $and: parts.filter((part) => Object.keys(part).length > 0) },
    sort: serverSort(of, sort),
    matches: isExact ? undefined : compileRecordFilter(filter),
  };
}

/**
 * A field of the document sorts as ours do. On a longer path the database counts what is no object in an array as null, and ours passes it
 * over.
 */
function serverSort({ idField }: MongoCollection, sort: Sort): ServerSort | undefined {
  const terms = new Map<string, 1 | -1>();
  for (const { path, direction } of sort) {
    const name = path.length === 1 ? fieldName(path, idField) : undefined;
    if (name === undefined) return undefined;
    // A list counts by its least element one way, and by its greatest the other way.
    if (terms.has(name) && terms.get(name) !== direction && name !== idField) return undefined;
    if (!terms.has(name)) terms.set(name, direction);
  }
  if (!terms.has(idField)) terms.set(idField, 1);
  return [...terms];
}

/** Records that match, in order. */
export async function findMatching(source: MongoSource, of: MongoCollection, query: Query): Promise<MongoRecord[]> {
  const { limit = Number.POSITIVE_INFINITY, skip = 0, sort = [] } = query;
  if (limit <= 0) return [];
  const plan = planOf(of, query);
  return source.retries.run(async () => {
    if (plan.sort !== undefined) {
      try {
        return await inServerOrder(source, of, query, plan, plan.sort);
      } catch (error) {
        // It has no order for documents with several arrays to sort by.
        if (codeOf(error) !== BAD_VALUE || sort.length < 2) throw error;
      }
    }
    const top = new TopRecords<MongoRecord>(sort, skip + limit);
    const textsOf = compileRecordSort(sort);
    for await (const record of matching(cursorOf(source, of, plan.condition), of, plan))
      top.add({ record, id: record.id, texts: textsOf(record) });
    return top
      .sorted()
      .slice(skip)
      .map(({ record }) => record);
  });
}

async function inServerOrder(
  source: MongoSource,
  of: MongoCollection,
  { skip = 0, limit = Number.POSITIVE_INFINITY }: Query,
  plan: Planned,
  sort: ServerSort,
): Promise<MongoRecord[]> {
  const cursor = cursorOf(source, of, plan.condition).sort(sort).allowDiskUse(true);
  if (plan.matches === undefined) {
    if (skip > 0) cursor.skip(skip);
    if (limit < Number.POSITIVE_INFINITY) cursor.limit(limit).batchSize(limit + 1);
    return (await cursor.toArray()).map((stored) => recordOf(stored, of.kind));
  }
  const found: MongoRecord[] = [];
  let left = skip;
  for await (const record of matching(cursor, of, plan)) {
    if (left-- > 0) continue;
    found.push(record);
    if (found.length >= limit) break;
  }
  return found;
}

function cursorOf({ maxQueryMs }: MongoSource, { documents }: MongoCollection, condition: Condition): FindCursor<Document> {
  return documents.find<Document>(condition, { maxTimeMS: maxQueryMs });
}

async function* matching(cursor: FindCursor<Document>, of: MongoCollection, { matches }: Planned): AsyncGenerator<MongoRecord> {
  for await (const stored of cursor) {
    const record = recordOf(stored, of.kind);
    if (matches === undefined || matches(record)) yield record;
  }
}

export async function countMatching(source: MongoSource, of: MongoCollection, query: Query): Promise<number> {
  const { skip = 0, limit = Number.POSITIVE_INFINITY } = query;
  const plan = planOf(of, query);
  const all = await source.retries.run(async () => {
    if (plan.matches === undefined) return of.documents.countDocuments(plan.condition, { maxTimeMS: source.maxQueryMs });
    let count = 0;
    for await (const _ of matching(cursorOf(source, of, plan.condition), of, plan)) count++;
    return count;
  });
  return Math.min(limit, Math.max(0, all - skip));
}

/** The same as `findMatching`, in chunks, each read by itself. */
export function iterateMatching(of: MongoCollection, query: Query, waiting: MongoSource): AsyncIterable<MongoRecord[]> {
  const source = { ...waiting, maxQueryMs: waiting.maxScanMs };
  const isById = (query.sort ?? []).length === 0 && query.filter.kind === 'true';
  return isById ? iterateById(source, of, query) : iteratePlaces(source, of, query);
}

/** Page after page along the ids. */
async function* iterateById(source: MongoSource, of: MongoCollection, query: Query): AsyncGenerator<MongoRecord[]> {
  let { skip = 0, limit: left = Number.POSITIVE_INFINITY, afterId } = query;
  while (left > 0) {
    const limit = Math.min(CHUNK, left);
    const page = await findMatching(source, of, { ...query, skip, limit, afterId });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    left -= limit;
    skip = 0;
    afterId = page.at(-1)?.id;
  }
}

/**
 * First which documents there are (ids alone stay in memory), then the documents: one that no longer matches when its turn comes is passed
 * over.
 */
async function* iteratePlaces(source: MongoSource, of: MongoCollection, query: Query): AsyncGenerator<MongoRecord[]> {
  const { sort = [], skip = 0, limit = Number.POSITIVE_INFINITY, filter, states = PUBLIC_ONLY } = query;
  const ids = (await sortedIds(source, of, query, sort)).slice(skip, skip + limit);
  const matches = compileRecordFilter(filter);
  for (const chunk of chunksOf(ids, CHUNK)) {
    if (chunk.length === 0) return;
    const condition = { $and: [statesCondition(of, states), { _id: { $in: chunk } }] };
    const found = await source.retries.run(() =>
      cursorOf(source, of, condition)
        .batchSize(CHUNK + 1)
        .toArray(),
    );
    const byId = new Map(found.map((stored) => [placeText(stored['_id']), recordOf(stored, of.kind)]));
    const records = chunk.map((id) => byId.get(placeText(id))).filter((record) => record !== undefined && matches(record));
    if (records.length > 0) yield records as MongoRecord[];
  }
}

function placeText(place: Value | undefined): string {
  return typeof place === 'string' ? place : orderText(place);
}

/** What the documents are told apart by in the database, in the order of the query. */
async function sortedIds(source: MongoSource, of: MongoCollection, query: Query, sort: Sort): Promise<(Value | undefined)[]> {
  const plan = planOf(of, query);
  const textsOf = compileRecordSort(sort);
  return source.retries.run(async () => {
    if (plan.matches === undefined && sort.length === 0) {
      const cursor = cursorOf(source, of, plan.condition)
        .sort({ [of.idField]: 1 })
        .allowDiskUse(true);
      return (await cursor.project<Document>({ _id: 1 }).toArray()).map(({ _id }) => _id);
    }
    const places: { readonly id: string; readonly texts: readonly string[]; readonly place: Value | undefined }[] = [];
    for await (const stored of cursorOf(source, of, plan.condition)) {
      const record = recordOf(stored, of.kind);
      if (plan.matches === undefined || plan.matches(record)) places.push({ id: record.id, texts: textsOf(record), place: stored['_id'] });
    }
    return places.sort((a, b) => compareSorted(a, b, sort)).map(({ place }) => place);
  });
}

/** Tombstones in the order of their ids. */
export async function readTombstones(
  source: MongoSource,
  of: MongoCollection,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<MongoRecord[]> {
  const condition = { __STATE__: 'DELETED', [`${OURS}.tombstone`]: true, ...(after === null ? {} : { [of.idField]: { $gt: after } }) };
  const cursor = (): FindCursor<Document> =>
    cursorOf(source, of, condition)
      .sort({ [of.idField]: 1 })
      .limit(limit)
      .batchSize(limit + 1);
  return (await source.retries.run(() => cursor().toArray())).map((stored) => recordOf(stored, of.kind));
}
