import type { Condition } from './condition.ts';
import { rangeTexts, sargables } from '../../core/query/sargable.ts';
import type { Range } from '../../core/query/sargable.ts';
import type { Filter } from '../../core/query.ts';
import { orderTexts } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import type { SqlValue } from '../../sqlite/statements.ts';
import { isPlainText } from './filter-json.ts';
import { AFTER_ARRAY_MARK, ARRAY_MARK, tupleKey } from './index-keys.ts';
import type { SqliteCollection, SqliteIndex } from './sqlite-collection.ts';

const MOST_KEYS = 10_000;

/** What a filter says of the ids, where it does: the narrowest choice of rows that there is. */
export function idCondition(filter: Filter): Condition | undefined {
  const tests: Condition[] = [];
  for (const atom of sargables(filter)) {
    if (atom.path.length !== 1 || atom.path[0] !== '_id') continue;
    if ('equals' in atom) {
      const ids = atom.equals.filter((value) => typeof value === 'string');
      if (!ids.every(isPlainText)) continue;
      tests.push({ sql: 't.id IN (SELECT value FROM json_each(?))', parameters: [JSON.stringify(ids)] });
    } else if (typeof atom.range.value === 'string' && isPlainText(atom.range.value)) {
      tests.push({ sql: `t.id ${SQL_OPERATORS[atom.range.operator]} ?`, parameters: [atom.range.value] });
    }
  }
  if (tests.length === 0) return undefined;
  return { sql: tests.map(({ sql }) => sql).join(' AND '), parameters: tests.flatMap(({ parameters }) => parameters) };
}

const SQL_OPERATORS = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const;

/** The rows that an index offers for a filter: by the equality of most fields, else by a range. */
export function indexCondition(collection: SqliteCollection, filter: Filter): Condition | undefined {
  const equal = new Map<string, readonly Value[]>();
  const ranges = new Map<string, Range[]>();
  for (const atom of sargables(filter)) {
    const path = atom.path.join('.');
    if ('equals' in atom) equal.set(path, atom.equals);
    else ranges.set(path, [...(ranges.get(path) ?? []), atom.range]);
  }
  const byEquality = collection.indexes
    .filter(({ fields }) => fields.length > 0 && fields.every((field) => equal.has(field)))
    .sort((a, b) => b.fields.length - a.fields.length);
  for (const index of byEquality) {
    const tuples = product(index.fields.map((field) => equal.get(field) as readonly Value[]));
    if (tuples !== undefined) return onIndex(collection, index, '# IN (SELECT value FROM json_each(?))', [keysText(index, tuples)]);
  }
  for (const index of collection.indexes) {
    const bounds = index.fields.length === 1 ? ranges.get(index.fields[0] as string) : undefined;
    if (bounds === undefined) continue;
    // Several bounds may be met by several elements of one array: there only one of them may choose the rows.
    return rangeCondition(collection, index, index.multi ? bounds.slice(0, 1) : bounds);
  }
  return undefined;
}

function product(lists: readonly (readonly Value[])[]): Value[][] | undefined {
  let tuples: Value[][] = [[]];
  for (const list of lists) {
    if (tuples.length * list.length > MOST_KEYS) return undefined;
    tuples = tuples.flatMap((tuple) => list.map((value) => [...tuple, value]));
  }
  return tuples;
}

function keysText({ multi }: SqliteIndex, tuples: readonly Value[][]): string {
  return JSON.stringify(tuples.map((tuple) => (multi ? orderTexts(tuple) : tupleKey(tuple))));
}

function rangeCondition(collection: SqliteCollection, index: SqliteIndex, bounds: readonly Range[]): Condition | undefined {
  const tests: string[] = [];
  const parameters: string[] = [];
  for (const bound of bounds) {
    const { from, to, includesTo } = rangeTexts(bound);
    // From the surrogates on, an index has ill-formed texts in another place than the order of values.
    if (/[\ud800-\uffff]/.test(from + to)) return undefined;
    tests.push(`# >= ? AND # ${includesTo ? '<=' : '<'} ?`);
    parameters.push(from, to);
  }
  return onIndex(collection, index, tests.join(' AND '), parameters);
}

/** `#` stands for the key. Arrays in a column are offered always: their elements are not in the index. */
function onIndex({ table }: SqliteCollection, { multi, place }: SqliteIndex, test: string, parameters: readonly SqlValue[]): Condition {
  const from = multi ? `SELECT n FROM ${place}` : `SELECT n FROM ${table}`;
  const key = multi ? 'key' : place;
  const tests = [test.replaceAll('#', key)];
  if (!multi) tests.push(`${key} >= '${ARRAY_MARK}' AND ${key} < '${AFTER_ARRAY_MARK}'`);
  return { sql: `t.n IN (${tests.map((where) => `${from} WHERE ${where}`).join(' UNION ALL ')})`, parameters };
}
