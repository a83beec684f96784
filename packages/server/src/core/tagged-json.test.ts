import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyDocument, anyValue } from './arbitrary-values.test-support.ts';
import { decode, decodeDocument, encode } from './tagged-json.ts';
import { Binary, Decimal128, ObjectId } from './value.ts';
import type { Document, Value } from './value.ts';

describe('documents as text', () => {
  test('every value comes back exactly: type, digits, order of fields', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = encode(value);
        const back = decode(text);
        expect(shape(back)).toEqual(shape(value));
        expect(encode(back)).toBe(text);
      }),
      propertyOptions(3_000),
    );
  });

  test('what is encoded and what is decoded are not changed by it', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const before = shape(document);
        decodeDocument(encode(document));
        expect(shape(document)).toEqual(before);
      }),
      propertyOptions(500),
    );
  });

  test.for<[string, Value, string]>([
    ['a date', new Date(5), '{"$date":5}'],
    ['a long', 7n, '{"$long":"7"}'],
    ['a decimal', Decimal128.fromString('12.50'), '{"$decimal":"12.50"}'],
    ['an ObjectId', ObjectId.createFromHexString('65f0000000000000000000aa'), '{"$oid":"65f0000000000000000000aa"}'],
    ['bytes', new Binary(Buffer.from([1, 2]), 4), '{"$binary":"AQI=","$type":4}'],
    ['minus zero', -0, '{"$number":"-0"}'],
    ['no number', Number.NaN, '{"$number":"NaN"}'],
    ['infinity', -Infinity, '{"$number":"-Infinity"}'],
    ['fields with a dollar', { $date: 5, a: 1, $$b: 2 }, '{"$$date":5,"a":1,"$$$b":2}'],
    ['a plain document', { a: [1, 'x', null, { b: true }] }, '{"a":[1,"x",null,{"b":true}]}'],
  ])('the text of %s', ([, value, text]) => {
    expect(encode(value)).toBe(text);
    expect(shape(decode(text))).toEqual(shape(value));
  });

  test('a user\'s "$date" stays one beside a later field with a dollar', () => {
    const document: Document = { a: { $date: 5 }, d: new Date(1), $b: 1 };
    expect(shape(decode(encode(document)))).toEqual(shape(document));
  });

  test('undefined is absent in an object and null in a list', () => {
    expect(encode({ a: undefined, b: [undefined, 1n] as unknown as Value[], $c: undefined })).toBe('{"b":[null,{"$long":"1"}]}');
    expect(encode({ a: undefined, b: [undefined] as unknown as Value[] })).toBe('{"b":[null]}');
  });

  test('an invalid date is refused', () => {
    expect(() => encode({ a: new Date(Number.NaN) })).toThrow('An invalid Date cannot be stored');
  });

  test('half a surrogate pair is escaped, and so comes back', () => {
    expect(encode('a\ud800')).toBe('"a\\ud800"');
    expect(decode('"a\\ud800"')).toBe('a\ud800');
  });
});

/** A value with the types and the order of fields that `toEqual` does not look at. */
function shape(value: Value | undefined): unknown {
  if (typeof value === 'number') return Object.is(value, -0) ? ['number', '-0'] : ['number', String(value)];
  if (typeof value !== 'object' || value === null) return [typeof value, value];
  if (Array.isArray(value)) return ['array', ...value.map(shape)];
  if (value instanceof Date) return ['date', value.getTime()];
  const { _bsontype: type } = value as { _bsontype?: string };
  if (type === 'Binary') return [type, (value as Binary).sub_type, (value as Binary).toString('hex')];
  if (type !== undefined) return [type, (value as Decimal128 | ObjectId).toString()];
  return ['document', ...Object.entries(value).map(([field, item]) => [field, shape(item as Value)])];
}
