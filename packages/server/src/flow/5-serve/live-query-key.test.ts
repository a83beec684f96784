import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryFilter } from '../../core/query/arbitraries.test-support.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseProjection } from '../../core/query/projection.ts';
import type { Filter } from '../../core/query.ts';
import type { Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { liveQueryKey } from './live-query-key.ts';
import type { LiveQuerySpec } from './live.ts';

function key(where: Value, more: Partial<LiveQuerySpec> = {}): string {
  return liveQueryKey({ collection: 'things', filter: parseFilter(where), ...more });
}

const A = { path: ['a'], direction: 1 } as const;
const B = { path: ['b'], direction: -1 } as const;

describe('one key', () => {
  test.each<[string, string, string]>([
    ['conditions in another order', key({ a: 1, b: 2 }), key({ b: 2, a: 1 })],
    ['alternatives in another order', key({ $or: [{ a: 1 }, { b: 2 }] }), key({ $or: [{ b: 2 }, { a: 1 }] })],
    ['a condition that is said twice', key({ $and: [{ a: 1 }, { a: 1 }] }), key({ $and: [{ a: 1 }] })],
    ['no sort, and one by nothing', key({}), key({}, { sort: [] })],
    ['selected fields in another order', key({}, { select: parseProjection('a,b.c') }), key({}, { select: parseProjection('b.c,a') })],
  ])('for %s', (_, one, other) => {
    expect(one).toBe(other);
  });

  test('for a filter whose parts are in another order, whatever they are', () => {
    fc.assert(
      fc.property(arbitraryFilter, (filter) => {
        expect(liveQueryKey({ collection: 'things', filter: turned(filter) })).toBe(liveQueryKey({ collection: 'things', filter }));
      }),
      propertyOptions(200),
    );
  });
});

describe('another key', () => {
  test.each<[string, string, string]>([
    ['for another collection', key({}), key({}, { collection: 'others' })],
    ['for a text and a number', key({ a: 1 }), key({ a: '1' })],
    ['for an and and an or', key({ $and: [{ a: 1 }, { b: 2 }] }), key({ $or: [{ a: 1 }, { b: 2 }] })],
    ['for a condition and its opposite', key({ a: { $gt: 1 } }), key({ a: { $not: { $gt: 1 } } })],
    ['for a dotted path and one field whose name it is', key({ 'a.b': 1 }), key({ a: { $elemMatch: { b: 1 } } })],
    ['for a limit', key({}, { limit: 1 }), key({})],
    ['for another limit', key({}, { limit: 1 }), key({}, { limit: 2 })],
    ['for a limit of nothing', key({}, { limit: 0 }), key({})],
    ['for an order', key({}, { sort: [A] }), key({})],
    ['for another direction', key({}, { sort: [A] }), key({}, { sort: [{ ...A, direction: -1 }] })],
    ['for terms of an order that change places', key({}, { sort: [A, B] }), key({}, { sort: [B, A] })],
    ['for chosen fields', key({}, { select: parseProjection('a') }), key({})],
    ['for fields chosen and left out', key({}, { select: parseProjection('a') }), key({}, { select: parseProjection('-a') })],
    ['for a field and one within it', key({}, { select: parseProjection('a') }), key({}, { select: parseProjection('a.b') })],
  ])('%s', (_, one, other) => {
    expect(one).not.toBe(other);
  });
});

/** The same, read from its end. */
function turned(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return { ...filter, filters: filter.filters.map(turned).reverse() };
    case 'not':
    case 'elemMatch':
      return { ...filter, filter: turned(filter.filter) };
    default:
      return filter;
  }
}
