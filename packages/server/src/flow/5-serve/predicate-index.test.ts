import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryDocument, arbitraryFilter, arbitraryScalar } from '../../core/query/arbitraries.test-support.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { compileRecordFilter } from '../../core/query/record-query.ts';
import type { Filter } from '../../core/query.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document, Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { PredicateIndex } from './predicate-index.ts';

function recordOf(id: string, document: Document): StoredRecord {
  return new StoredRecord(id, encode(document), 'PUBLIC', '{"createdAt":1,"updatedAt":2}');
}

/** How often each query is visited. */
function visited<Q>(index: PredicateIndex<Q>, record: StoredRecord): Map<Q, number> {
  const visits = new Map<Q, number>();
  index.visit(record, (query) => visits.set(query, (visits.get(query) ?? 0) + 1));
  return visits;
}

function indexOf(filters: Readonly<Record<string, Value>>): PredicateIndex<string> {
  const index = new PredicateIndex<string>();
  for (const [name, filter] of Object.entries(filters)) index.add(name, parseFilter(filter));
  return index;
}

const range: fc.Arbitrary<Filter> = fc
  .tuple(fc.constantFrom(['a'], ['b'], ['a', 'b'], ['_id']), arbitraryScalar, arbitraryScalar)
  .map(([path, from, to]) => ({
    kind: 'and',
    filters: [
      { kind: 'compare', path, operator: '$gte', value: from },
      { kind: 'compare', path, operator: '$lt', value: to },
    ],
  }));

test('every query that matches a document is found, whatever the filters, and none that was removed', () => {
  const property = fc.property(
    fc.array(fc.oneof(arbitraryFilter, range), { minLength: 1, maxLength: 12 }),
    fc.array(arbitraryDocument, { minLength: 1, maxLength: 8 }),
    fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    (filters, documents, removed) => {
      const index = new PredicateIndex<number>();
      const removals = filters.map((filter, i) => index.add(i, filter));
      removals.forEach((remove, i) => removed[i] === true && remove());
      const wrongs: string[] = [];
      documents.forEach((document, n) => {
        const record = recordOf(`r${n}`, document);
        const found = visited(index, record);
        filters.forEach((filter, i) => {
          const isWrong = removed[i] === true ? found.has(i) : compileRecordFilter(filter)(record) && !found.has(i);
          if (isWrong) wrongs.push(`filter ${i} on document ${n}`);
        });
      });
      expect(wrongs).toEqual([]);
    },
  );
  fc.assert(property, propertyOptions(1_000));
});

describe('a document is shown only to', () => {
  const cases: readonly (readonly [string, Record<string, Value>, Document, readonly string[]])[] = [
    ['queries of its value', { one: { a: 1 }, two: { a: 2 } }, { a: 1 }, ['one']],
    ['queries of one of its elements', { x: { tags: 'x' }, z: { tags: 'z' } }, { tags: ['x', 'y'] }, ['x']],
    ['queries of its id', { own: { _id: 'r' }, other: { _id: { $in: ['q', 's'] } } }, {}, ['own']],
    ['queries whose range it lies in', { low: { a: { $lt: 5 } }, middle: { a: { $gte: 5, $lt: 9 } }, high: { a: { $gt: 8 } } }, { a: 7 }, ['middle']],
    ['a branch of its own', { or: { $or: [{ a: 1 }, { b: 2 }] }, other: { $or: [{ a: 3 }, { b: 4 }] } }, { b: 2 }, ['or']],
    ['queries that ask for more', { both: { a: 1, b: 5 }, deep: { 'o.p': 1, $or: [{ a: 9 }, { b: 9 }] } }, { a: 1, b: 2, o: { p: 2 } }, ['both']],
    ['queries that no index can tell', { not: { a: { $ne: 1 } }, null: { b: null }, regex: { c: { $regex: 'x' } } }, { a: 1 }, ['not', 'null', 'regex']],
    ['queries that order texts that are no text otherwise', { low: { a: { $gt: '\ufffe' } }, none: { a: '\ufffe' } }, { a: '\ud800' }, ['low']],
    ['none that matches nothing', { never: { a: { $in: [] } } }, { a: 1 }, []],
  ]; // prettier-ignore

  test.each(cases)('%s', (_, filters, document, expected) => {
    expect([...visited(indexOf(filters), recordOf('r', document)).keys()].sort()).toEqual([...expected].sort());
  });
});

test('of two conditions, that is used which fewer queries share', () => {
  const index = new PredicateIndex<number>();
  for (let i = 0; i < 1_000; i++) index.add(i, parseFilter({ status: 'open', customer: `c${i}` }));
  // The first one had no choice yet.
  expect([...visited(index, recordOf('r', { status: 'open', customer: 'c7' })).keys()]).toEqual([0, 7]);
});
