import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { anyDocument } from './arbitrary-values.test-support.ts';
import { plainJson, plainText } from './plain-json.ts';
import { Binary, Decimal128, ObjectId } from './value.ts';

test('types that JSON lacks become text', () => {
  const text = plainText({
    date: new Date('2024-05-01T10:00:00.5Z'),
    id: ObjectId.createFromHexString('65f0000000000000000000aa'),
    small: 12n,
    large: 9_007_199_254_740_993n,
    price: Decimal128.fromString('12.50'),
    bytes: new Binary(Buffer.from([1, 2, 255]), 0),
    nan: Number.NaN,
    nothing: null,
    absent: undefined,
    list: [1, new Date(0), { inner: 2n }],
  });
  expect(JSON.parse(text)).toEqual({
    date: '2024-05-01T10:00:00.500Z',
    id: '65f0000000000000000000aa',
    small: 12,
    large: '9007199254740993',
    price: '12.50',
    bytes: 'AQL/',
    nan: 'NaN',
    nothing: null,
    list: [1, '1970-01-01T00:00:00.000Z', { inner: 2 }],
  });
});

test('a document that is plain is not copied', () => {
  const document = { a: 1, b: ['x', { c: null }] };
  expect(plainJson(document)).toBe(document);
});

test('any document becomes JSON with its fields in their order', () => {
  const property = fc.property(anyDocument, (document) => {
    const names = Object.keys(document).filter((name) => document[name] !== undefined);
    expect(Object.keys(JSON.parse(plainText(document)) as object)).toEqual(names);
  });
  fc.assert(property, propertyOptions(300));
});
