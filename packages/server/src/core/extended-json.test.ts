import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyScalar } from './arbitrary-values.test-support.ts';
import { fromExtendedJson, parseIsoDate, renderDocument, toExtendedJson } from './extended-json.ts';
import { encode } from './tagged-json.ts';
import { Binary, Decimal128, EJSON, ObjectId, isBinary } from './value.ts';
import type { Value } from './value.ts';

const hex = '65f0000000000000000000aa';

describe('extended JSON', () => {
  test.for<[Value, string]>([
    [{ a: 9_007_199_254_740_991n }, '{"a":9007199254740991}'],
    [{ a: 9_007_199_254_740_992n }, '{"a":{"$numberLong":"9007199254740992"}}'],
    [{ a: 1.5, b: -7n }, '{"a":1.5,"b":-7}'],
    [{ a: new Date('2024-05-01T10:00:00.123Z') }, '{"a":{"$date":"2024-05-01T10:00:00.123Z"}}'],
    [{ a: new Date(-1) }, '{"a":{"$date":{"$numberLong":"-1"}}}'],
    [{ a: Decimal128.fromString('1.50') }, '{"a":{"$numberDecimal":"1.50"}}'],
    [{ a: [ObjectId.createFromHexString(hex)] }, `{"a":[{"$oid":"${hex}"}]}`],
    [{ a: new Binary(Buffer.from([1]), 4) }, '{"a":{"$binary":{"base64":"AQ==","subType":"04"}}}'],
    [{ a: Number.NaN, b: -0 }, '{"a":{"$numberDouble":"NaN"},"b":{"$numberDouble":"-0.0"}}'],
    [{ a: null, b: undefined, c: 'x' } as unknown as Value, '{"a":null,"c":"x"}'],
  ])('for people: %s', ([value, text]) => {
    expect(renderDocument(value as Record<string, Value>)).toBe(text);
  });

  test('canonical text comes back as it was, relaxed text too but for the type of small integers', () => {
    const value = fc.oneof(anyScalar, fc.record({ list: fc.array(anyScalar, { maxLength: 3 }), inner: fc.record({ x: anyScalar }) }));
    fc.assert(
      fc.property(value, (original) => {
        const canonical = toExtendedJson(original, 'canonical');
        expect(encode(fromExtendedJson(JSON.parse(JSON.stringify(canonical)) as Value))).toBe(encode(original));
        const relaxed = JSON.stringify(toExtendedJson(original));
        expect(JSON.stringify(toExtendedJson(fromExtendedJson(JSON.parse(relaxed) as Value)))).toBe(relaxed);
      }),
      propertyOptions(1_000),
    );
  });

  test('the driver reads what is written', () => {
    // The driver wants 16 bytes in a UUID.
    const readable = anyScalar.filter((value) => !isBinary(value) || value.sub_type !== Binary.SUBTYPE_UUID);
    fc.assert(
      fc.property(readable, (value) => {
        const read = EJSON.parse(JSON.stringify({ v: toExtendedJson(value, 'canonical') }), { relaxed: false }) as { v: unknown };
        const back = JSON.parse(EJSON.stringify(read, { relaxed: false })) as Value;
        expect(encode(fromExtendedJson(back))).toBe(encode({ v: value }));
      }),
      propertyOptions(500),
    );
  });

  test('older forms, and objects that are no types, are read too', () => {
    expect(fromExtendedJson({ $binary: 'AQ==', $type: '04' })).toEqual(new Binary(Buffer.from([1]), 4));
    expect(fromExtendedJson({ $uuid: '00000000-0000-0000-0000-0000000000ff' })).toMatchObject({ sub_type: 4 });
    expect(fromExtendedJson({ $date: 1_700_000_000_000 })).toEqual(new Date(1_700_000_000_000));
    expect(fromExtendedJson({ $symbol: 'x' })).toBe('x');
    expect(fromExtendedJson({ a: { $timestamp: { t: 1, i: 2 } } })).toEqual({ a: { $timestamp: { t: 1, i: 2 } } });
    expect(encode(fromExtendedJson(JSON.parse('{"__proto__":{"$numberLong":"1"}}') as Value))).toBe('{"__proto__":{"$long":"1"}}');
  });

  test.for<Value>([
    { $date: 'tomorrow' },
    { $date: '2024-02-31T25:00:00Z' },
    { $date: { $numberLong: '99999999999999999' } },
    { $oid: 'xyz' },
    { $numberLong: '1.5' },
    { $numberLong: '9223372036854775808' },
    { $numberInt: 5 },
    { $numberDouble: '' },
    { $numberDecimal: 'many' },
    { $binary: { base64: '*', subType: '00' } },
    { $oid: hex, more: 1 },
  ])('refused: %j', (json) => {
    expect(() => fromExtendedJson(json)).toThrow(expect.objectContaining({ code: 'INVALID_EXTENDED_JSON' }));
  });

  test.for<[string, string | undefined]>([
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01T10:00', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01 10:00:00.5', '2024-05-01T10:00:00.500Z'],
    ['2024-05-01T10:00:00.123456789Z', '2024-05-01T10:00:00.123Z'],
    ['2024-05-01T10:00:00+0200', '2024-05-01T08:00:00.000Z'],
    ['2024-05-01T10:00:00-05', '2024-05-01T15:00:00.000Z'],
    ['2024-05-01t10:00:00z', '2024-05-01T10:00:00.000Z'],
    ['2024-13-01', undefined],
    ['2024', undefined],
    ['May 1, 2024', undefined],
    ['', undefined],
  ])('the date "%s"', ([text, iso]) => {
    const ms = parseIsoDate(text);
    expect(ms === undefined ? undefined : new Date(ms).toISOString()).toBe(iso);
  });
});
