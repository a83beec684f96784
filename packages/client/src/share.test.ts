import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../server/src/testing/property.ts';
import { share } from './share.ts';

test('equal values are the earlier ones; what differs is new, with what is equal in it kept', () => {
  const previous = { a: { b: [1, { c: new Date(5) }], d: new Uint8Array([1]) }, e: 'x' };
  expect(share(previous, structuredClone(previous))).toBe(previous);
  const next = share(previous, { a: { b: [2, { c: new Date(5) }], d: new Uint8Array([1]) }, e: 'x' }) as typeof previous;
  expect(next).toEqual({ a: { b: [2, { c: new Date(5) }], d: new Uint8Array([1]) }, e: 'x' });
  expect(next.a.b[1]).toBe(previous.a.b[1]);
  expect(next.a.d).toBe(previous.a.d);
  expect(previous.a.b[0]).toBe(1);
});

test.each([
  [{ a: 1 }, { a: 1, b: undefined }],
  [[1, 2], [1]],
  [{ a: 1 }, [1]],
  [new Date(1), new Date(2)],
  [new Uint8Array([1]), new Uint8Array([2])],
  [{ a: null }, { a: {} }],
  [0, -0],
])('%o is not %o', (previous, next) => {
  expect(share(previous, next)).toBe(next);
});

test('what is shared always equals what came, and is the earlier value just where that was equal', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (previous, next) => {
      const copy = structuredClone(next);
      const before = structuredClone(previous);
      expect(share(previous, next)).toEqual(copy);
      expect(previous).toEqual(before);
      expect(share(previous, structuredClone(previous))).toEqual(before);
    }),
    propertyOptions(500),
  );
});
