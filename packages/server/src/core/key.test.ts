import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyNumber, anyValue } from './arbitrary-values.test-support.ts';
import { canonical, idOf, identifierText, keyOf, keyText } from './key.ts';
import { encode } from './tagged-json.ts';
import { equalValues } from './value-order.ts';
import { Decimal128, ObjectId } from './value.ts';
import type { Document, Value } from './value.ts';

describe('keys', () => {
  test.for<[Document, string]>([
    [{ id: 7 }, '7'],
    [{ id: 'a=b&c' }, 'a=b&c'],
    [{ id: -0 }, '0'],
    [{ id: 1e21 }, '1000000000000000000000'],
    [{ id: 0.5 }, '0.5'],
    [{ id: true }, 'true'],
    [{ id: new Date(0) }, '1970-01-01T00:00:00.000Z'],
    [{ id: ObjectId.createFromHexString('65f0000000000000000000aa') }, '65f0000000000000000000aa'],
    [{ id: Decimal128.fromString('12.50') }, '12.5'],
    [{ b: 'x', a: 1 }, 'a=1&b=x'],
    [{ b: 'a=1&b=x', a: 'é' }, 'a=%C3%A9&b=a%3D1%26b%3Dx'],
    [{ id: { b: 1, a: 2 } }, '{"a":2,"b":1}'],
    [{ id: 'a\ud800' }, 'a\ufffd'],
    [{ a: '\ud800', b: 1 }, 'a=%EF%BF%BD&b=1'],
  ])('the id of %j is %s', ([key, id]) => {
    expect(idOf(key)).toBe(id);
  });

  test('equal numbers of all types have one text', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        expect(!equalValues(a, b) || keyText(a) === keyText(b)).toBe(true);
      }),
      propertyOptions(3_000),
    );
    const same: Value[] = [1, 1n, Decimal128.fromString('1.0'), Decimal128.fromString('10E-1')];
    expect(new Set(same.map(keyText))).toEqual(new Set(['1']));
    expect(keyText(Decimal128.fromString('9007199254740993.0'))).toBe(keyText(9_007_199_254_740_993n));
    expect(keyText(Decimal128.fromString('0.1250'))).toBe(keyText(0.125));
  });

  test('different tuples of texts have different ids', () => {
    const part = fc.string({ unit: 'grapheme', maxLength: 3 });
    fc.assert(
      fc.property(part, part, part, part, (a, b, c, d) => {
        expect(idOf({ a, b }) === idOf({ a: c, b: d })).toBe(a === c && b === d);
      }),
      propertyOptions(500),
    );
  });

  test('a key needs all its fields', () => {
    expect(keyOf({ a: 1, b: 2, c: 3 }, ['b', 'a'])).toEqual({ b: 2, a: 1 });
    expect(keyOf({ a: 1, b: null }, ['a', 'b'])).toBe(undefined);
    expect(keyOf({ a: 1 }, ['a', 'b'])).toBe(undefined);
    expect(keyOf({ a: 1 }, ['constructor'])).toBe(undefined);
  });

  test('canonical documents have their fields sorted at every depth, and lose none', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const once = canonical(value);
        expect(encode(canonical(once))).toBe(encode(once));
        expect(encode(once).split('').sort()).toEqual(encode(value).split('').sort());
      }),
      propertyOptions(500),
    );
    expect(encode(canonical({ b: 1, a: [{ d: 1, c: undefined, b: 2 }] }))).toBe('{"a":[{"b":2,"d":1}],"b":1}');
  });

  test('identifiers that say the same have one text', () => {
    expect(identifierText({ b: 1, a: 2n })).toBe(identifierText({ a: 2, b: Decimal128.fromString('1.0') }));
    expect(identifierText({ a: '1' })).not.toBe(identifierText({ a: 1 }));
    expect(identifierText({ a: '\ud800' })).toBe(identifierText({ a: '\ufffd' }));
  });
});
