import { compileRecordFilter, compileRecordSort } from '../../core/query/record-query.ts';
import { compareSorted } from '../../core/query/sort.ts';
import type { Sort } from '../../core/query/sort.ts';
import type { Query } from '../../core/query.ts';
import { PUBLIC_ONLY } from '../../core/record.ts';
import { isMalformedJson } from '../../sqlite/sqlite-error.ts';
import type { SqlValue, Statements } from '../../sqlite/statements.ts';
import { idCondition, indexCondition } from './filter-index.ts';
import type { Condition } from './condition.ts';
import { jsonCondition } from './filter-json.ts';
import { stateMask } from './sqlite-collection.ts';
import type { ScanRow, SqliteCollection } from './sqlite-collection.ts';
import { SqliteRecord } from './sqlite-record.ts';
import { TopRecords } from './top-records.ts';
import type { Sorted } from './top-records.ts';

export interface ScanSource {
  readonly statements: Statements;
  readonly unit: number;
}

const CHUNK = 500;

/** Records that match, in order. */
export function findMatching(source: ScanSource, collection: SqliteCollection, query: Query): SqliteRecord[] {
  const { sort, skip = 0, limit = Number.POSITIVE_INFINITY } = query;
  if (limit <= 0) return [];
  return tolerant((useJson) => {
    if (sort !== undefined && sort.length > 0) {
      const top = new TopRecords<SqliteRecord>(sort, skip + limit);
      const textsOf = compileRecordSort(sort);
      for (const record of scan(source, collection, query, useJson)) top.add({ record, id: record.id, texts: textsOf(record) });
      return top
        .sorted()
        .slice(skip)
        .map(({ record }) => record);
    }
    const found: SqliteRecord[] = [];
    let left = skip;
    for (const record of scan(source, collection, query, useJson, 'byId')) {
      if (left-- > 0) continue;
      found.push(record);
      if (found.length >= limit) break;
    }
    return found;
  });
}

export function countMatching(source: ScanSource, collection: SqliteCollection, query: Query): number {
  const { skip = 0, limit = Number.POSITIVE_INFINITY } = query;
  const all = tolerant((useJson) => {
    if (query.filter.kind === 'true' && query.afterId === undefined) {
      const sql = `SELECT count(*) FROM ${collection.table} t WHERE t.doc IS NOT NULL AND ((1 << t.state) & ?) <> 0`;
      return source.statements.first<[number]>(sql, stateMask(query.states ?? PUBLIC_ONLY))?.[0] ?? 0;
    }
    let count = 0;
    for (const _ of scan(source, collection, query, useJson)) count++;
    return count;
  });
  return Math.min(limit, Math.max(0, all - skip));
}

/** The same as `findMatching`, in chunks, each read by itself. */
export function iterateMatching(source: ScanSource, collection: SqliteCollection, query: Query): Iterator<SqliteRecord[], void> {
  const { sort = [], filter } = query;
  const isById = sort.length === 0 && (idCondition(filter) !== undefined || indexCondition(collection, filter) === undefined);
  return isById ? iterateById(source, collection, query) : iteratePlaces(source, collection, query);
}

/** Page after page along the ids. */
function* iterateById(source: ScanSource, collection: SqliteCollection, query: Query): Iterator<SqliteRecord[], void> {
  let { skip = 0, limit: left = Number.POSITIVE_INFINITY, afterId } = query;
  while (left > 0) {
    const limit = Math.min(CHUNK, left);
    const page = findMatching(source, collection, { ...query, skip, limit, afterId });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    left -= limit;
    skip = 0;
    afterId = page.at(-1)?.id;
  }
}

/**
 * First which rows there are (ids alone stay in memory), then the rows: one
 * that no longer matches when its turn comes is passed over.
 */
function* iteratePlaces(source: ScanSource, collection: SqliteCollection, query: Query): Iterator<SqliteRecord[], void> {
  const { sort = [], skip = 0, limit = Number.POSITIVE_INFINITY } = query;
  const places = tolerant((useJson) => placesOf(source, collection, query, sort, useJson)).slice(skip, skip + limit);
  const matches = compileRecordFilter(query.filter);
  const sql = `${collection.scanSql} AND t.n IN (SELECT value FROM json_each(?))`;
  for (let at = 0; at < places.length; at += CHUNK) {
    const chunk = places.slice(at, at + CHUNK);
    const ns = JSON.stringify(chunk.map(({ n }) => n));
    const rows = new Map(source.statements.all<ScanRow>(sql, stateMask(query.states ?? PUBLIC_ONLY), ns).map((row) => [row[1], row]));
    const records: SqliteRecord[] = [];
    for (const { id, n } of chunk) {
      const row = rows.get(n);
      const record = row === undefined ? undefined : recordOf(row, source.unit);
      if (record !== undefined && record.id === id && matches(record)) records.push(record);
    }
    if (records.length > 0) yield records;
  }
}

interface Place {
  readonly id: string;
  readonly n: number;
}

function placesOf(source: ScanSource, collection: SqliteCollection, query: Query, sort: Sort, useJson: boolean): readonly Place[] {
  const textsOf = compileRecordSort(sort);
  const places: (Sorted<null> & Place)[] = [];
  for (const record of scan(source, collection, query, useJson, sort.length === 0 ? 'byId' : 'anyOrder'))
    places.push({ record: null, id: record.id, n: record.n, texts: textsOf(record) });
  return sort.length === 0 ? places : places.sort((a, b) => compareSorted(a, b, sort));
}

/** Tombstones in the order of their ids. */
export function readTombstones(
  { statements, unit }: ScanSource,
  { tombstonesSql }: SqliteCollection,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): SqliteRecord[] {
  const sql = `${tombstonesSql}${after === null ? '' : ' AND t.id > ?'} ORDER BY t.id LIMIT ?`;
  return statements.all<ScanRow>(sql, ...(after === null ? [limit] : [after, limit])).map((row) => recordOf(row, unit));
}

/** SQL chooses candidates, the compiled filter decides. Ends its read when the loop over it ends. */
function* scan(
  { statements, unit }: ScanSource,
  collection: SqliteCollection,
  { filter, afterId, states = PUBLIC_ONLY }: Query,
  useJson: boolean,
  order: 'byId' | 'anyOrder' = 'anyOrder',
): Iterable<SqliteRecord> {
  const byId = idCondition(filter);
  const index = byId === undefined ? indexCondition(collection, filter) : undefined;
  const json = useJson ? jsonCondition(filter) : undefined;
  const conditions: Condition[] = [];
  if (byId !== undefined) conditions.push(byId);
  if (index !== undefined) conditions.push(index);
  if (json !== undefined) conditions.push(json);
  // The sign keeps SQLite from walking along the ids when an index offers fewer rows.
  const id = index === undefined ? 't.id' : '+t.id';
  if (afterId !== undefined) conditions.push({ sql: `${id} > ?`, parameters: [afterId] });
  const orderBy = order === 'anyOrder' ? '' : ` ORDER BY ${id}`;
  const isDeletedOnly = states.length === 1 && states[0] === 'DELETED';
  const begin = isDeletedOnly ? collection.scanDeletedSql : collection.scanSql;
  const sql = [begin, ...conditions.map((condition) => condition.sql)].join(' AND ') + orderBy;
  const parameters: SqlValue[] = conditions.flatMap((condition) => condition.parameters);
  if (!isDeletedOnly) parameters.unshift(stateMask(states));
  const matches = compileRecordFilter(filter);
  for (const row of statements.get(sql).iterate(...parameters) as unknown as Iterable<ScanRow>) {
    const record = recordOf(row, unit);
    if (filter.kind === 'true' || matches(record)) yield record;
  }
}

function recordOf([id, n, doc, state, meta]: ScanRow, unit: number): SqliteRecord {
  return new SqliteRecord(id, n, doc, state, meta, unit);
}

/** Documents may be nested deeper than SQLite's JSON functions go: then the compiled filter does all the work. */
function tolerant<T>(work: (useJson: boolean) => T): T {
  try {
    return work(true);
  } catch (error) {
    if (!isMalformedJson(error)) throw error;
    return work(false);
  }
}
