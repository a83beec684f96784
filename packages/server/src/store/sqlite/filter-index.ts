import type { Filter } from '../../core/query.ts';
import { kindOf, orderText } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import type { SqlValue } from '../../sqlite/statements.ts';
import { AFTER_ARRAY_MARK, ARRAY_MARK, tupleKey } from './index-keys.ts';
import type { SqliteCollection, SqliteIndex } from './sqlite-collection.ts';
import { storableText } from './storable-text.ts';
import { orderTexts } from '../../core/value-order.ts';

/** A condition on `t`, a collection's table: it holds for every document that the filter matches, and perhaps for others. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

type Comparison = Extract<Filter, { kind: 'compare' }>;
interface Atoms {
  /** Any of these values, by path. */
  readonly equal: Map<string, readonly Value[]>;
  readonly ranges: Map<string, Comparison[]>;
}

const MOST_KEYS = 10_000;

/** The rows that an index offers for a filter: by the equality of most fields, else by a range. */
export function indexCondition(collection: SqliteCollection, filter: Filter): Condition | undefined {
  const atoms: Atoms = { equal: new Map(), ranges: new Map() };
  collect(filter, atoms);
  if (atoms.equal.size === 0 && atoms.ranges.size === 0) return undefined;
  const byEquality = collection.indexes
    .filter(({ fields }) => fields.length > 0 && fields.every((field) => atoms.equal.has(field)))
    .sort((a, b) => b.fields.length - a.fields.length);
  for (const index of byEquality) {
    const tuples = product(index.fields.map((field) => atoms.equal.get(field) as readonly Value[]));
    if (tuples !== undefined) return onIndex(collection, index, '# IN (SELECT value FROM json_each(?))', [keysText(index, tuples)]);
  }
  for (const index of collection.indexes) {
    const ranges = index.fields.length === 1 ? atoms.ranges.get(index.fields[0] as string) : undefined;
    // Several bounds may be met by several elements of one array: only one of them may choose the rows then.
    const [range] = ranges ?? [];
    if (ranges === undefined || range === undefined) continue;
    const used = index.multi ? [range] : ranges;
    return onIndex(collection, index, used.map(() => '# >= ? AND # <= ?').join(' AND '), used.flatMap(boundsOf));
  }
  return undefined;
}

/** Atoms that all must hold. Null is in no index. */
function collect(filter: Filter, atoms: Atoms): void {
  if (filter.kind === 'and') for (const part of filter.filters) collect(part, atoms);
  else if (filter.kind === 'in' && !filter.values.includes(null)) atoms.equal.set(filter.path.join('.'), filter.values);
  else if (filter.kind === 'compare' && filter.value !== null && filter.operator !== '$ne') {
    const path = filter.path.join('.');
    if (filter.operator === '$eq') atoms.equal.set(path, [filter.value]);
    else atoms.ranges.set(path, [...(atoms.ranges.get(path) ?? []), filter]);
  }
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
  return JSON.stringify(tuples.map((tuple) => (multi ? storableText(orderTexts(tuple)) : tupleKey(tuple))));
}

/** The least and the greatest key within the operand's type; bounds count as inclusive. */
function boundsOf({ operator, value }: Comparison): [string, string] {
  const text = orderText(value);
  const rank = orderText(value).slice(0, 1);
  const bound = storableText(text);
  // An ill-formed bound has no place in the order of the index: then the whole type is offered.
  const isPlain = bound === text;
  if (operator === '$gt' || operator === '$gte') return [isPlain ? text : rank, String.fromCharCode(rank.charCodeAt(0) + 1)];
  return [rank, isPlain && kindOf(value) !== 'array' ? text : String.fromCharCode(rank.charCodeAt(0) + 1)];
}

/** `#` stands for the key. Arrays in a column, and escaped keys, are offered always: their elements are not in the index's order. */
function onIndex({ table }: SqliteCollection, { multi, place }: SqliteIndex, test: string, parameters: readonly SqlValue[]): Condition {
  const from = multi ? `SELECT n FROM ${place}` : `SELECT n FROM ${table}`;
  const key = multi ? 'key' : place;
  const tests = [test.replaceAll('#', key), `${key} >= '\uffff'`];
  if (!multi) tests.push(`${key} >= '${ARRAY_MARK}' AND ${key} < '${AFTER_ARRAY_MARK}'`);
  return { sql: `t.n IN (${tests.map((where) => `${from} WHERE ${where}`).join(' UNION ALL ')})`, parameters };
}
