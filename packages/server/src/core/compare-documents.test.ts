import { describe, expect, test } from 'vitest';
import { Decimal128, ObjectId } from './value.ts';
import type { Value } from './value.ts';
import { compareDocuments } from './compare-documents.ts';

const pathsOf = (expected: Value, got: Value): string[] => compareDocuments(expected, got).map(({ path }) => path);

describe('equal documents', () => {
  test.each<[string, Value, Value]>([
    ['fields in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['a date as text', { at: '2024-05-01T10:00:00Z' }, { at: new Date('2024-05-01T10:00:00.000Z') }],
    ['a date as extended JSON', { at: { $date: '2024-05-01T10:00:00Z' } }, { at: new Date('2024-05-01T10:00:00.000Z') }],
    ['an id as text', { id: '5f0000000000000000000001' }, { id: ObjectId.createFromHexString('5f0000000000000000000001') }],
    ['a decimal as text', { total: '12.50' }, { total: Decimal128.fromString('12.50') }],
    ['numbers of two types', { n: 7 }, { n: 7n }],
    ['lists', [1, [2, { a: null }]], [1, [2, { a: null }]]],
  ])('%s', (_, expected, got) => {
    expect(pathsOf(expected, got)).toEqual([]);
  });
});

describe('differences', () => {
  test.each<[string, Value, Value, string[]]>([
    ['a leaf deep in', { orders: [{ total: 1 }, { total: 2 }] }, { orders: [{ total: 1 }, { total: 3 }] }, ['orders[1].total']],
    ['null where a field is absent', { a: null }, {}, ['a']],
    ['a field too many', {}, { a: 1 }, ['a']],
    ['text where a number is expected', { a: 1 }, { a: '1' }, ['a']],
    ['a text that is a date of another day', { at: '2024-05-02' }, { at: new Date('2024-05-01') }, ['at']],
    ['no document', { a: 1 }, null, ['']],
    ['an element that is missing in the middle is one', { l: [1, 2, 3, 4] }, { l: [1, 3, 4] }, ['l[1]']],
    ['an element too many at the beginning is one', [{ a: 1 }], [{ a: 0 }, { a: 1 }], ['[0]']],
  ])('%s', (_, expected, got, paths) => {
    expect(pathsOf(expected, got)).toEqual(paths);
  });
});
