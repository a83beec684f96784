import { compileRecordFilter, compileRecordSort } from '../../core/query/record-query.ts';
import { sargables } from '../../core/query/sargable.ts';
import { compareSorted } from '../../core/query/sort.ts';
import type { Filter, Query } from '../../core/query.ts';
import { PUBLIC_ONLY } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import { isUnusableIndex } from '../../sqlite/sqlite-error.ts';
import type { ScanSource } from './find.ts';
import { AFTER_ARRAY_MARK, ARRAY_MARK, tupleKey } from './index-keys.ts';
import { stateMask } from './sqlite-collection.ts';
import type { ScanRow, SqliteCollection, SqliteIndex } from './sqlite-collection.ts';
import { SqliteRecord } from './sqlite-record.ts';

/** Rows that are looked at, be they part of the result or not, and how long their texts may be, each and together. */
export const MOST_ROWS = 200;
const MOST_BYTES_OF_ONE = 8_192;
const MOST_CHARACTERS = 131_072;
/** Values that a filter compares with. */
const MOST_OPERANDS = 64;

/** A row, and 1 where the index alone says that it is of the result. */
type CandidateRow = readonly [...ScanRow, number];

/**
 * The same as `findMatching` where few rows decide it: the first ones along the ids, or those that an index has for a filter. Undefined
 * where more would have to be read. The bounds hold whatever is stored and whatever is asked: no order is left to SQLite, which would
 * read all for it, and no pattern is matched.
 */
export function findShort(source: ScanSource, collection: SqliteCollection, query: Query): readonly SqliteRecord[] | undefined {
  const { filter, sort = [], limit = Number.POSITIVE_INFINITY, afterId } = query;
  if (limit <= 0) return [];
  if (filter.kind === 'true') return sort.length === 0 ? alongIds(source, collection, query) : undefined;
  if (afterId !== undefined || operands(filter) > MOST_OPERANDS) return undefined;
  const choice = choiceOf(collection, filter);
  if (choice === undefined) return undefined;
  try {
    return ofIndex(source, collection, query, choice);
  } catch (error) {
    // The index is not there while much is put into the collection.
    if (isUnusableIndex(error)) return undefined;
    throw error;
  }
}

function alongIds({ statements, unit }: ScanSource, { table }: SqliteCollection, query: Query): readonly SqliteRecord[] | undefined {
  const { skip = 0, limit = Number.POSITIVE_INFINITY, afterId, states = PUBLIC_ONLY } = query;
  const mask = stateMask(states);
  const after = afterId === undefined ? [] : [afterId];
  const sql = alongIdsSql(table, after.length > 0);
  // Mostly all rows count; where that is not so, there is a second look.
  for (let most = Math.min(skip + limit, MOST_ROWS); ; most = MOST_ROWS) {
    const rows = statements.all<ScanRow>(sql, ...after, most);
    if (areLong(rows)) return undefined;
    const found = rows.filter(([, , doc, state]) => doc !== null && ((1 << state) & mask) !== 0).slice(skip, skip + limit);
    if (found.length >= limit || rows.length < most)
      return found.map(([id, n, doc, state, meta]) => new SqliteRecord(id, n, doc, state, meta, unit));
    if (most >= MOST_ROWS) return undefined;
  }
}

/** An empty text stands for a long one, which is not read. */
const DOC = `CASE WHEN octet_length(t.doc) <= ${MOST_BYTES_OF_ONE} THEN t.doc WHEN t.doc IS NOT NULL THEN '' END`;

function areLong(rows: readonly (ScanRow | CandidateRow)[]): boolean {
  let characters = 0;
  for (const [, , doc] of rows) {
    if (doc === '') return true;
    characters += doc?.length ?? 0;
  }
  return characters > MOST_CHARACTERS;
}

/** Deleted rows are read and counted, too: else there would be no bound on how many are passed over. */
function alongIdsSql(table: string, isAfter: boolean): string {
  return `SELECT t.id, t.n, ${DOC}, t.state, t.meta FROM ${table} t ${isAfter ? 'WHERE t.id > ? ' : ''}ORDER BY t.id LIMIT ?`;
}

interface Choice {
  readonly index: SqliteIndex;
  readonly keys: readonly string[];
  /** Nothing but these keys is asked for. */
  readonly isWhole: boolean;
}

function ofIndex(
  { statements, unit }: ScanSource,
  { table }: SqliteCollection,
  { filter, sort = [], skip = 0, limit = Number.POSITIVE_INFINITY, states = PUBLIC_ONLY }: Query,
  { index, keys, isWhole }: Choice,
): readonly SqliteRecord[] | undefined {
  const mask = stateMask(states);
  const matches = compileRecordFilter(filter);
  const textsOf = compileRecordSort(sort);
  const found: { readonly record: SqliteRecord; readonly id: string; readonly texts: readonly string[] }[] = [];
  const rows = statements.all<CandidateRow>(ofIndexSql(table, index.place), JSON.stringify(keys), MOST_ROWS + 1);
  if (rows.length > MOST_ROWS || areLong(rows)) return undefined;
  for (const [id, n, doc, state, meta, isOfKey] of rows) {
    if (doc === null || ((1 << state) & mask) === 0) continue;
    const record = new SqliteRecord(id, n, doc, state, meta, unit);
    if ((isWhole && isOfKey === 1) || matches(record)) found.push({ record, id, texts: textsOf(record) });
  }
  return found
    .sort((a, b) => compareSorted(a, b, sort))
    .slice(skip, skip + limit)
    .map(({ record }) => record);
}

/** Arrays are candidates always: their elements are not in the index. An index that is not there is an error, not a walk through all. */
function ofIndexSql(table: string, place: string): string {
  const from = `FROM ${table} INDEXED BY ${table}_${place} WHERE ${place}`;
  const wanted = `SELECT n, 1 AS is_of_key ${from} IN (SELECT value FROM json_each(?))`;
  const arrays = `SELECT n, 0 ${from} >= '${ARRAY_MARK}' AND ${place} < '${AFTER_ARRAY_MARK}'`;
  return `SELECT t.id, t.n, ${DOC}, t.state, t.meta, c.is_of_key FROM (${wanted} UNION ALL ${arrays} LIMIT ?) c CROSS JOIN ${table} t ON t.n = c.n`;
}

/** The index on most fields that the filter wants to equal few values. */
function choiceOf({ columns }: SqliteCollection, filter: Filter): Choice | undefined {
  const equal = new Map<string, readonly Value[]>();
  for (const atom of sargables(filter)) if ('equals' in atom) equal.set(atom.path.join('.'), atom.equals);
  let best: Choice | undefined;
  for (const index of columns) {
    if (index.fields.length <= (best?.index.fields.length ?? 0)) continue;
    let tuples: Value[][] = [[]];
    for (const field of index.fields) {
      const values = equal.get(field) ?? [];
      tuples = tuples.length * values.length > MOST_ROWS ? [] : tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
    }
    if (tuples.length === 0 || tuples.flat().some(Array.isArray)) continue;
    const keys = new Set(tuples.map(tupleKey).filter((key) => key !== null));
    const isWhole = index.fields.length === 1 && isEquality(filter);
    best = { index, keys: [...keys], isWhole };
  }
  return best;
}

function isEquality(filter: Filter): boolean {
  return filter.kind === 'in' || (filter.kind === 'compare' && filter.operator === '$eq');
}

/** Infinite where the time that it takes to evaluate the filter has no bound. */
function operands(filter: Filter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return filter.filters.reduce((sum, part) => sum + operands(part), 1);
    case 'not':
    case 'elemMatch':
      return operands(filter.filter) + 1;
    case 'in':
    case 'nin':
    case 'all':
      return filter.values.length + 1;
    case 'regex':
      return Number.POSITIVE_INFINITY;
    default:
      return 1;
  }
}
