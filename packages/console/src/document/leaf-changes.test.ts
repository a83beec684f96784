import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../../server/src/testing/property.ts';
import { leafChanges } from './leaf-changes.ts';

const changes = (before: unknown, after: unknown): Record<string, string> => Object.fromEntries(leafChanges(before, after));

describe('changed leaves', () => {
  test.each<[string, unknown, unknown, Record<string, string>]>([
    ['a changed leaf', { a: 1, b: { c: 'x' } }, { a: 1, b: { c: 'y' } }, { 'b.c': 'change' }],
    ['a new field', { a: 1 }, { a: 1, b: { c: 1, d: 2 } }, { 'b.c': 'enter', 'b.d': 'enter' }],
    ['a field that is gone marks its object', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: 'change' }],
    ['a leaf that became an object', { a: 1 }, { a: { b: 1 } }, { 'a.b': 'enter' }],
    ['an element in front', { a: [{ x: 1 }, { x: 2 }] }, { a: [{ x: 0 }, { x: 1 }, { x: 2 }] }, { 'a[0].x': 'enter' }],
    ['an element in the middle', { a: [1, 2, 4] }, { a: [1, 2, 3, 4] }, { 'a[2]': 'enter' }],
    ['an element that is gone marks its list', { a: [1, 2, 3] }, { a: [1, 3] }, { a: 'change' }],
    ['a leaf of an element', { a: [{ x: 1, y: 1 }, { x: 2 }] }, { a: [{ x: 1, y: 2 }, { x: 2 }] }, { 'a[0].y': 'change' }],
    ['a date', { a: new Date(1) }, { a: new Date(2) }, { a: 'change' }],
    ['an equal date', { a: new Date(1) }, { a: new Date(1) }, {}],
    ['a large integer', { a: 9_007_199_254_740_993n }, { a: 9_007_199_254_740_995n }, { a: 'change' }],
    ['null and text', { a: null }, { a: 'null' }, { a: 'change' }],
    ['a name with a dot', { 'a.b': 1 }, { 'a.b': 2 }, { '["a.b"]': 'change' }],
  ])('%s', (_name, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });

  test('equal documents have none, others have some', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), value, { noNullPrototype: true }),
        fc.dictionary(fc.string(), value, { noNullPrototype: true }),
        (before, after) => {
          expect(leafChanges(before, structuredClone(before)).size).toBe(0);
          const isEqual = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
          expect(leafChanges(before, after).size > 0).toBe(!isEqual);
        },
      ),
      propertyOptions(300),
    );
  });
});

/** The order of fields means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([name, child]) => [name, sorted(child)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
