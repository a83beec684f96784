import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyDocument } from '../../server/src/core/arbitrary-values.test-support.ts';
import { fromExtendedJson, renderDocument } from '../../server/src/core/extended-json.ts';
import { isBinary, isDecimal, isDocument, isObjectId } from '../../server/src/core/value.ts';
import type { Value } from '../../server/src/core/value.ts';
import { propertyOptions } from '../../server/src/testing/property.ts';
import { encodeValue, parseExtendedJson } from './extended-json.ts';

test.each([
  ['{"$date":"2026-01-02T03:04:05.678Z"}', new Date('2026-01-02T03:04:05.678Z')],
  ['{"$date":{"$numberLong":"-62135596800001"}}', new Date(-62135596800001)],
  ['{"$numberLong":"9007199254740993"}', 9007199254740993n],
  ['{"$numberLong":"42"}', 42],
  ['{"$numberDecimal":"1.50"}', '1.50'],
  ['{"$oid":"65a1b2c3d4e5f60718293a4b"}', '65a1b2c3d4e5f60718293a4b'],
  ['{"$numberDouble":"-0.0"}', -0],
  ['{"$numberDouble":"-Infinity"}', Number.NEGATIVE_INFINITY],
  ['{"$numberDouble":"NaN"}', Number.NaN],
  ['{"$binary":{"base64":"AQL/","subType":"00"}}', new Uint8Array([1, 2, 255])],
  ['[{"a":{"$date":"1970-01-01T00:00:00Z"}},null,1.5,"x",true]', [{ a: new Date(0) }, null, 1.5, 'x', true]],
])('%s is read', (text, value) => {
  expect(parseExtendedJson(text)).toEqual(value);
});

test.each([
  '{"$date":"never"}',
  '{"$numberLong":"x"}',
  '{"$binary":{"base64":"%"}}',
  '{"$else":1}',
  '{"a":1,"$date":"1970-01-01T00:00:00Z"}',
])('what is no typed value stays what it is: %s', (text) => {
  expect(parseExtendedJson(text)).toEqual(JSON.parse(text));
});

test('a field called __proto__ is a field, and nobody gets a prototype from it', () => {
  const document = parseExtendedJson('{"__proto__":{"$date":"1970-01-01T00:00:00Z"},"a":{"__proto__":{"b":1}}}') as Record<string, unknown>;
  expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(document, '__proto__')?.value).toEqual(new Date(0));
  expect(JSON.stringify(encodeValue(document))).toBe('{"__proto__":{"$date":"1970-01-01T00:00:00.000Z"},"a":{"__proto__":{"b":1}}}');
});

test('values of a where keep their types on the way to the server', () => {
  const bytes = new Uint8Array([0, 255, 7]);
  const where = {
    at: { $gte: new Date(0) },
    long: 2n ** 62n,
    minusZero: -0,
    none: undefined,
    list: [null, Number.NaN],
    bytes,
    like: /^a/i,
  };
  expect(JSON.parse(JSON.stringify(encodeValue(where)))).toEqual({
    at: { $gte: { $date: '1970-01-01T00:00:00.000Z' } },
    long: { $numberLong: '4611686018427387904' },
    minusZero: { $numberDouble: '-0.0' },
    list: [null, { $numberDouble: 'NaN' }],
    bytes: { $binary: { base64: 'AP8H', subType: '00' } },
    like: { $regex: '^a', $options: 'i' },
  });
});

test('large binaries are encoded', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  expect(parseExtendedJson(JSON.stringify(encodeValue(bytes)))).toEqual(bytes);
});

/** A value of the server as the client shows it. */
function shown(value: Value | undefined): unknown {
  if (isDecimal(value)) return value.toString();
  if (isObjectId(value)) return value.toHexString();
  if (isBinary(value)) return new Uint8Array(value.value());
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(shown);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, content]) => [field, shown(content)]));
}

test('every document of the server arrives as what it is, and is the same after a round trip', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      // A field of the user that is called `$date` cannot be told from a date.
      fc.pre(!hasDollar(document));
      const text = renderDocument(document);
      const received = parseExtendedJson(text);
      expect(received).toEqual(shown(fromExtendedJson(JSON.parse(text) as Value)));
      expect(parseExtendedJson(JSON.stringify(encodeValue(received)))).toEqual(received);
    }),
    propertyOptions(500),
  );
});

function hasDollar(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasDollar);
  return isDocument(value) && Object.entries(value).some(([field, content]) => field.startsWith('$') || hasDollar(content));
}
