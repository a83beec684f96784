import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyNumber, anyText, anyValue } from './arbitrary-values.test-support.ts';
import { compareTexts, compareValues, equalValues, orderText, orderTexts } from './value-order.ts';
import { Binary, Decimal128, ObjectId } from './value.ts';
import type { Value } from './value.ts';

function bytewise(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** A number as a fraction of two integers; NaN and the infinities as what they are. */
function fraction(value: number | bigint | Decimal128): { readonly over: bigint; readonly under: bigint } | number {
  if (typeof value === 'bigint') return { over: value, under: 1n };
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return value;
    let under = 1n;
    let scaled = value;
    for (; !Number.isInteger(scaled); scaled *= 2) under *= 2n;
    return { over: BigInt(scaled), under };
  }
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]\d+))?$/.exec(value.toString());
  if (match === null) return Number(value.toString());
  const digits = BigInt(`${match[1]}${match[2]}${match[3] ?? ''}`);
  const exponent = BigInt(Number(match[4] ?? 0) - (match[3]?.length ?? 0));
  return exponent < 0n ? { over: digits, under: 10n ** -exponent } : { over: digits * 10n ** exponent, under: 1n };
}

/** The order of numbers by exact arithmetic, NaN first. */
function exactOrder(a: number | bigint | Decimal128, b: number | bigint | Decimal128): number {
  const [x, y] = [fraction(a), fraction(b)];
  const rank = (value: typeof x): number => (typeof value === 'object' ? 0 : Number.isNaN(value) ? -2 : Math.sign(value));
  if (typeof x !== 'object' || typeof y !== 'object') return Math.sign(rank(x) - rank(y));
  const [left, right] = [x.over * y.under, y.over * x.under];
  return left < right ? -1 : left > right ? 1 : 0;
}

describe('the one order of values', () => {
  test('the order of types is that of BSON', () => {
    const ordered: Value[] = [null, Number.NaN, -1, 0, 1n, 'a', {}, { a: 1 }, [], [1], new Binary(Buffer.alloc(1))];
    ordered.push(ObjectId.createFromHexString('65f0000000000000000000aa'), false, true, new Date(-5), new Date(0));
    for (const [i, a] of ordered.entries())
      for (const [j, b] of ordered.entries()) expect(Math.sign(compareValues(a, b))).toBe(Math.sign(i - j));
    expect(compareValues(undefined, null)).toBe(0);
  });

  test('it is a total order: reflexive, antisymmetric, transitive', () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, (a, b, c) => {
        expect(compareValues(a, a)).toBe(0);
        expect(Math.sign(compareValues(a, b)) + Math.sign(compareValues(b, a))).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareValues) as [Value, Value, Value];
        expect(compareValues(x, y)).toBeLessThanOrEqual(0);
        expect(compareValues(y, z)).toBeLessThanOrEqual(0);
        expect(compareValues(x, z)).toBeLessThanOrEqual(0);
      }),
      propertyOptions(1_000),
    );
  });

  test('order texts sort by their UTF-8 bytes as the values do, and are equal when these are', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const order = Math.sign(compareValues(a, b));
        expect(bytewise(orderText(a), orderText(b))).toBe(order);
        expect(equalValues(a, b)).toBe(order === 0);
        expect(equalValues(a, a)).toBe(true);
      }),
      propertyOptions(2_000),
    );
  });

  test('numbers of all types compare as exact arithmetic says', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        expect(Math.sign(compareValues(a, b))).toBe(exactOrder(a, b));
        expect(bytewise(orderText(a), orderText(b))).toBe(exactOrder(a, b));
        expect(equalValues(a, b)).toBe(exactOrder(a, b) === 0);
      }),
      propertyOptions(5_000),
    );
  });

  test('texts compare by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(compareTexts(a, b)).toBe(bytewise(a, b));
      }),
      propertyOptions(2_000),
    );
  });

  test('tuples compare part by part, and different ones never share a text', () => {
    const tuples = fc.tuple(fc.array(anyValue, { minLength: 2, maxLength: 2 }), fc.array(anyValue, { minLength: 2, maxLength: 2 }));
    fc.assert(
      fc.property(tuples, ([a, b]) => {
        const order = compareValues(a[0], b[0]) || compareValues(a[1], b[1]);
        expect(bytewise(orderTexts(a), orderTexts(b))).toBe(Math.sign(order));
      }),
      propertyOptions(1_000),
    );
  });

  test('documents compare field by field: type, then name, then value', () => {
    const ordered: Value[] = [{}, { b: 1 }, { b: 1, c: 1 }, { b: 2 }, { c: 0 }, { a: 'x' }, { a: 'y' }, { a: { x: 1 } }];
    for (const [i, a] of ordered.entries())
      for (const [j, b] of ordered.entries()) expect(Math.sign(compareValues(a, b))).toBe(Math.sign(i - j));
  });

  test('a text with half a surrogate pair has the order text of what UTF-8 makes of it', () => {
    expect(orderText('a\ud800')).toBe(orderText('a\ufffd'));
    expect(orderText({ 'a\udc00': 1 })).toBe(orderText({ 'a\ufffd': 1 }));
  });
});
