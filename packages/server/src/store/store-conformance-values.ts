import { describe, expect, test } from 'vitest';
import { decode, encode } from '../core/tagged-json.ts';
import { Binary, Decimal128, ObjectId } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import { collection, on, put, record } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

const VALUES: Readonly<Record<string, Value>> = {
  'a date': new Date('2024-05-01T10:00:00.123Z'),
  'a date before 1970': new Date(-1),
  'the last date': new Date(8.64e15),
  'an ObjectId': ObjectId.createFromHexString('65f0000000000000000000aa'),
  'the greatest long': 9_223_372_036_854_775_807n,
  'the least long': -9_223_372_036_854_775_808n,
  'a long of an everyday size': 7n,
  'a decimal with trailing zeros': Decimal128.fromString('12.50'),
  'a decimal of 34 digits': Decimal128.fromString('1234567890123456789012345678901234'),
  bytes: new Binary(Buffer.from([0, 1, 254, 255]), 0),
  'a UUID': new Binary(Buffer.alloc(16, 7), 4),
  'minus zero': -0,
  infinity: Number.POSITIVE_INFINITY,
  'not a number': Number.NaN,
  'the greatest double': Number.MAX_VALUE,
  'the least double': Number.MIN_VALUE,
  'a fraction': 0.1,
  'text of all kinds': `\u0000\u0001\u001f "quotes" 'single' \\ \u2028 é 😀 \uffff`,
  'a long text': 'x'.repeat(1_000_000),
  'fields that begin with a dollar': { $date: 'no date', $$oid: 1, $: { $long: 'x' } },
  'fields of every object': Object.fromEntries([['__proto__', 1], ['constructor', 2], ['', 3], ['a.b', 4]]) as Document, // prettier-ignore
  'nothing and nulls': { list: [null, [], {}], nothing: null },
  'fields in their order': { b: 1, a: 2, '10': 3, '9': 4 },
};

export function registerValueTests(factory: StoreFactory): void {
  describe('values', () => {
    test.for(Object.entries(VALUES))('exactly as it was: %s', async ([, value]) => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values', [on('v')])]);
      const written = record('1', { v: value, list: [value], inner: { v: value } });
      await put(store, 'values', written);
      const read = (await store.records('values', ['1'])).get('1');
      expect(read?.text).toBe(written.text);
      expect(encode(read?.document as Document)).toBe(written.text);
      expect(read?.document['v']).toEqual(value);
      expect(Object.is(read?.document['v'], -0)).toBe(Object.is(value, -0));
      expect(decode(encode(value))).toEqual(value);
      const looked = await store.lookup('values', [[value]], { fields: ['v'], states: ['PUBLIC'] });
      expect([...looked.values()].flat().map(({ text }) => text)).toEqual([written.text]);
      expect((await store.find('values', { filter: { kind: 'true' } })).map(({ text }) => text)).toEqual([written.text]);
    });
  });
}
