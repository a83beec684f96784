import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyDocument } from './arbitrary-values.test-support.ts';
import { applyPatch, reversePatch } from './reverse-patch.ts';
import { decodeDocument, encode } from './tagged-json.ts';
import type { Document } from './value.ts';

/** Two documents that have much in common. */
const pair = fc.tuple(anyDocument, anyDocument, fc.array(fc.nat(20), { maxLength: 8 })).map(([a, b, picks]): [Document, Document] => {
  const fields = Object.keys(a);
  const changed: Document = { ...a };
  for (const pick of picks) {
    const field = fields[pick % (fields.length || 1)];
    if (field !== undefined) Object.defineProperty(changed, field, { value: Object.values(b)[pick % 3] ?? null, enumerable: true });
  }
  return [
    { items: [a, b, a], x: a },
    { items: [a, changed, a], x: changed, ...(picks.length % 2 === 0 ? b : {}) },
  ];
});

const line = (item: number, amount: number): Document => ({ item, name: `article number ${item}`, amount, tags: ['a', 'b'] });

test('applying a patch gives the document before, to the letter', () => {
  fc.assert(
    fc.property(fc.oneof(pair, fc.tuple(anyDocument, anyDocument)), fc.boolean(), ([a, b], swap) => {
      const [before, after] = swap ? [b, a] : [a, b];
      const patch = reversePatch(before, after);
      const back = patch === null ? before : applyPatch(decodeDocument(encode(after)), patch);
      expect(encode(back)).toBe(encode(before));
    }),
    propertyOptions(1_000),
  );
});

test('a change of one field of one element is told in few letters', () => {
  const lines = Array.from({ length: 12 }, (_, item) => line(item, 1));
  const before = { id: 7, lines, total: 12 };
  const after = { id: 7, lines: lines.map((each, i) => (i === 5 ? line(5, 2) : each)), total: 13 };
  const patch = reversePatch(before, after) ?? '';
  expect(patch).toBe('[1,{"lines":[2,5,6,[[1,{"amount":[0,1]}]]],"total":[0,12]}]');
  expect(applyPatch(after, patch)).toEqual(before);
});

test.each([
  ['a field that came', { a: 'x'.repeat(50) }, { a: 'x'.repeat(50), b: 1 }],
  ['a field that went', { a: 'x'.repeat(50), b: 1 }, { a: 'x'.repeat(50) }],
  ['another order', { a: 'x'.repeat(50), b: 1 }, { b: 1, a: 'x'.repeat(50) }],
  ['an element that came', { a: ['x'.repeat(50)] }, { a: ['x'.repeat(50), 2] }],
  ['an element that went', { a: ['x'.repeat(50), 2] }, { a: ['x'.repeat(50)] }],
  ['a null that was a value', { a: 'x'.repeat(50), b: 0 }, { a: 'x'.repeat(50), b: null }],
  ['a zero with a sign', { a: 'x'.repeat(50), b: -0 }, { a: 'x'.repeat(50), b: 0 }],
  ['nothing', { a: 'x'.repeat(50) }, { a: 'x'.repeat(50) }],
])('%s is told by a patch', (_, before, after) => {
  const patch = reversePatch(before, after);
  expect(encode(applyPatch(after, patch ?? ''))).toBe(encode(before));
});

test('where all is different there is no patch', () => {
  expect(reversePatch({ a: 1 }, { b: 'something else altogether' })).toBeNull();
});
