import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyDocument } from '../../../core/arbitrary-values.test-support.ts';
import { plainJson } from '../../../core/plain-json.ts';
import { STATES, StoredRecord } from '../../../core/record.ts';
import { encode } from '../../../core/tagged-json.ts';
import type { Document } from '../../../core/value.ts';
import { propertyOptions } from '../../../testing/property.ts';
import { renderDocument, shownDocument } from './documents.ts';
import { plainTextOf } from './plain-text.ts';

const META = JSON.stringify({ identifier: '{"createdAt":1,"updatedAt":2}', createdAt: 1_700_000_000_000, updatedAt: 1_700_000_000_001 });
const VIEW = { kind: 'view', form: 'plain', projection: undefined } as const;

test('a document made from its text is the one that is made from its values', () => {
  fc.assert(
    fc.property(anyDocument, fc.string(), fc.constantFrom(...STATES), (document, id, state) => {
      const record = new StoredRecord(id, encode(document), state, META);
      expect(JSON.parse(renderDocument(record, VIEW))).toEqual(JSON.parse(JSON.stringify(plainJson(shownDocument(record, VIEW)))));
    }),
    propertyOptions(1_000, 50_000),
  );
});

test.each<[string, Document, boolean]>([
  ['nothing', {}, true],
  ['dates', { a: 1, b: ['x', null], c: { d: new Date(-1) } }, true],
  ['a text that looks like a date', { a: '{"$date":1}' }, true],
  ['another type', { a: 1n }, false],
  ['a field that is called like a type', { $date: 1 }, false],
  ['a field with $', { a: 1, $b: 2 }, false],
  ['a field that is called like one of ours', { a: { _id: 'own' } }, false],
])('a document with %s goes the short way or not', (_, document, isShort) => {
  expect(plainTextOf(new StoredRecord('1', encode(document), 'PUBLIC', META)) !== undefined).toBe(isShort);
});

test.each(['{"updatedAt":-1.5,"createdAt":2}', '{"createdAt":-2,"updatedAt":-1}', '{"createdAt": 5, "updatedAt": 6}'])(
  'times are found however they are written (%s)',
  (meta) => {
    const { createdAt, updatedAt } = JSON.parse(meta) as { readonly createdAt: number; readonly updatedAt: number };
    const text = renderDocument(new StoredRecord('1', '{}', 'PUBLIC', meta), VIEW);
    expect(JSON.parse(text)).toMatchObject({ createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() });
  },
);

test('a field of a view that is called timestamp is the own of the view', () => {
  const record = new StoredRecord('1', encode({ timestamp: 'noon' }), 'PUBLIC', META);
  expect(JSON.parse(renderDocument(record, VIEW))).toMatchObject({ timestamp: 'noon' });
});
