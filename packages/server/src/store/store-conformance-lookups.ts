import { describe, expect, test } from 'vitest';
import { orderTexts } from '../core/value-order.ts';
import { Binary, Decimal128, ObjectId } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import { collection, found, on, onElements, put, record, remove, tombstone } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

const BIG = 9_007_199_254_740_992;
const objectId = ObjectId.createFromHexString('65f0000000000000000000aa');

/** Values of which those of one row are equal, and those of different rows are not. */
const CLASSES: readonly (readonly Value[])[] = [
  [1, 1n, Decimal128.fromString('1'), Decimal128.fromString('1.00'), Decimal128.fromString('10E-1')],
  ['1'],
  [true],
  [false],
  [0, -0, 0n, Decimal128.fromString('0'), Decimal128.fromString('-0.0')],
  [''],
  [' '],
  ['a'],
  ['A'],
  ['a '],
  ['a\u0000'],
  ['a\u0001'],
  ['it\'s "quoted" \\ back'],
  ['é'],
  ['e\u0301'],
  ['😀'],
  ['x'.repeat(10_000)],
  [0.1],
  [Decimal128.fromString('0.1')],
  [-1.5, Decimal128.fromString('-1.5')],
  [BIG, BigInt(BIG), Decimal128.fromString(String(BIG))],
  [BigInt(BIG) + 1n, Decimal128.fromString('9007199254740993')],
  [1e20, Decimal128.fromString('1E+20')],
  [9_223_372_036_854_775_807n],
  [new Date(0)],
  [new Date(-1)],
  [new Date('2024-05-01T10:00:00Z')],
  ['2024-05-01T10:00:00.000Z'],
  [objectId, ObjectId.createFromHexString('65f0000000000000000000AA')],
  ['65f0000000000000000000aa'],
  [new Binary(Buffer.from([1, 2]), 0)],
  [new Binary(Buffer.from([1, 2]), 4)],
  [
    { a: 1, b: 2 },
    { a: 1n, b: Decimal128.fromString('2') },
  ],
  [{ b: 2, a: 1 }],
  [{}],
];

export function registerLookupTests(factory: StoreFactory): void {
  describe('look-ups', () => {
    test('equality is that of values, numbers of all types being numbers', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values', [on('v')])]);
      const documents = CLASSES.flatMap((equal, row) => equal.map((v, i) => record(`${row}-${i}`, { v })));
      await put(store, 'values', ...documents);
      const all = CLASSES.flat();
      const result = await store.lookup(
        'values',
        all.map((v) => [v]),
        { fields: ['v'], states: ['PUBLIC'] },
      );
      for (const [row, equal] of CLASSES.entries()) {
        const expected = equal.map((_, i) => `${row}-${i}`);
        for (const value of equal) expect((result.get(orderTexts([value])) ?? []).map(({ id }) => id).sort()).toEqual(expected);
      }
      expect(result.size).toBe(CLASSES.length);
    });

    test('the result is keyed by the order texts of the tuples, without those that match nothing', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('customer')])]);
      await put(store, 'orders', record('1', { customer: 1 }), record('2', { customer: 1n }), record('3', { customer: 2 }));
      const result = await store.lookup('orders', [[1], [2], [3], [1n]], { fields: ['customer'], states: ['PUBLIC'] });
      const filled = [...result].filter(([, records]) => records.length > 0);
      expect(new Map(filled.map(([key, records]) => [key, records.map(({ id }) => id).sort()]))).toEqual(
        new Map([
          [orderTexts([1]), ['1', '2']],
          [orderTexts([2]), ['3']],
        ]),
      );
      expect(result.get(orderTexts([2]))?.[0]?.document).toEqual({ customer: 2 });
      expect((await store.lookup('orders', [], { fields: ['customer'], states: ['PUBLIC'] })).size).toBe(0);
    });

    test('null and absent are found by nothing', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('customer'), on('customer', 'shop')])]);
      await put(
        store,
        'orders',
        record('1', { customer: null, shop: 1 }),
        record('2', { shop: 1 }),
        record('3', { customer: 'null', shop: 1 }),
      );
      expect(await found(store, 'orders', ['customer'], [null])).toEqual([]);
      expect(await found(store, 'orders', ['customer', 'shop'], [null, 1])).toEqual([]);
      expect(await found(store, 'orders', ['customer', 'shop'], ['null', 1])).toEqual(['3']);
      expect(await found(store, 'orders', ['customer'], ['null'])).toEqual(['3']);
    });

    test('tuples of several fields never run into one another', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('pairs', [on('a', 'b')])]);
      const pairs: [Value, Value][] = [
        ['a', 'bc'],
        ['ab', 'c'],
        ['', 'abc'],
        ['abc', ''],
        ['a\u0001', 'b'],
        ['a', '\u0001b'],
        ['a\u0002', 'b'],
        [1, 23],
        [12, 3],
        ['b', 'a'],
      ];
      await put(store, 'pairs', ...pairs.map(([a, b], i) => record(String(i), { a, b })));
      for (const [i, pair] of pairs.entries()) expect(await found(store, 'pairs', ['a', 'b'], pair)).toEqual([String(i)]);
    });

    test('a nested field is found by its dotted path', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('people', [on('address.city')])]);
      await put(
        store,
        'people',
        record('1', { address: { city: 'Rome' } }),
        record('2', { address: 'Rome' }),
        record('3', { city: 'Rome' }),
      );
      expect(await found(store, 'people', ['address.city'], ['Rome'])).toEqual(['1']);
    });

    test('an array is found by its elements, each document once, and by itself', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('posts', [onElements('tags'), onElements('items.sku'), onElements('tags', 'year')])]);
      await put(
        store,
        'posts',
        record('1', { tags: ['a', 'b', 'a'], year: 1 }),
        record('2', { tags: 'a', year: 1 }),
        record('3', { tags: [['a'], null], year: 2 }),
        record('4', { tags: [], items: [{ sku: 1 }, { sku: [2, 3] }, 4, { sku: null }] }),
        record('5', { items: { sku: 1n } }),
      );
      expect(await found(store, 'posts', ['tags'], ['a'])).toEqual(['1', '2']);
      expect(await found(store, 'posts', ['tags'], ['b'])).toEqual(['1']);
      expect(await found(store, 'posts', ['tags'], [['a']])).toEqual(['3']);
      expect(await found(store, 'posts', ['tags'], [['a', 'b', 'a']])).toEqual(['1']);
      expect(await found(store, 'posts', ['tags'], [[]])).toEqual(['4']);
      expect(await found(store, 'posts', ['tags'], [null])).toEqual([]);
      expect(await found(store, 'posts', ['items.sku'], [1])).toEqual(['4', '5']);
      expect(await found(store, 'posts', ['items.sku'], [3])).toEqual(['4']);
      expect(await found(store, 'posts', ['items.sku'], [4])).toEqual([]);
      expect(await found(store, 'posts', ['tags', 'year'], ['a', 1])).toEqual(['1', '2']);
      expect(await found(store, 'posts', ['tags', 'year'], ['b', 2])).toEqual([]);
    });

    test('elements that go are no longer found, elements that come are', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('posts', [onElements('tags')])]);
      const find = (tag: string): Promise<readonly string[]> => found(store, 'posts', ['tags'], [tag]);
      await put(store, 'posts', record('1', { tags: ['a', 'b'] }));
      await put(store, 'posts', record('1', { tags: ['b', 'c'] }));
      expect([await find('a'), await find('b'), await find('c')]).toEqual([[], ['1'], ['1']]);
      await put(store, 'posts', tombstone('1'));
      expect([await find('b'), await find('c')]).toEqual([[], []]);
      await put(store, 'posts', record('1', { tags: ['a'] }));
      expect([await find('a'), await find('b')]).toEqual([['1'], []]);
      await remove(store, 'posts', '1');
      expect(await find('a')).toEqual([]);
    });

    test('a key that moves is found at its new place only', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('customer'), on('shop')])]);
      const steps: [Document, Value, Value][] = [
        [{ customer: 1, shop: 'x' }, 1, 'x'],
        [{ customer: 2, shop: 'x' }, 2, 'x'],
        [{ customer: 2, shop: 'y' }, 2, 'y'],
        [{ shop: 'y' }, null, 'y'],
        [{ customer: 1, shop: null }, 1, null],
      ];
      for (const [document, customer, shop] of steps) {
        await put(store, 'orders', record('o', document));
        for (const value of [1, 2]) expect(await found(store, 'orders', ['customer'], [value])).toEqual(value === customer ? ['o'] : []);
        for (const value of ['x', 'y']) expect(await found(store, 'orders', ['shop'], [value])).toEqual(value === shop ? ['o'] : []);
      }
    });

    test('only documents in the wanted states are found', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('c')])]);
      await put(
        store,
        'orders',
        record('1', { c: 1 }),
        record('2', { c: 1 }, { state: 'DRAFT' }),
        record('3', { c: 1 }, { state: 'DELETED' }),
      );
      expect(await found(store, 'orders', ['c'], [1])).toEqual(['1']);
      expect(await found(store, 'orders', ['c'], [1], ['DRAFT', 'DELETED'])).toEqual(['2', '3']);
      expect(await found(store, 'orders', ['c'], [1], [])).toEqual([]);
      await put(store, 'orders', record('1', { c: 1 }, { state: 'TRASH' }));
      expect(await found(store, 'orders', ['c'], [1])).toEqual([]);
    });

    test('fields and names that mean something to a database are plain names', async () => {
      await using context = await factory();
      const { store } = context;
      const fields = [
        'select',
        'a b',
        'x"y',
        "x'y",
        '$f',
        'ID',
        'id',
        'Id',
        'constructor',
        '__proto__',
        'é',
        'n',
        'doc',
        'state',
        'meta',
        'rowid',
      ];
      await store.define([
        collection(
          'odd',
          fields.map((field) => on(field)),
        ),
      ]);
      for (const field of fields) await put(store, 'odd', record(field, Object.fromEntries([[field, 'here']]) as Document));
      for (const field of fields) expect(await found(store, 'odd', [field], ['here'])).toEqual([field]);
    });

    test('many tuples at once, and many documents under one', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('items', [on('order')])]);
      const records = Array.from({ length: 3_000 }, (_, i) => record(`i${i}`, { order: i % 1_000, n: i }));
      const heap = Array.from({ length: 2_000 }, (_, i) => record(`h${i}`, { order: 'all' }));
      await put(store, 'items', ...records, ...heap);
      const tuples = [...Array.from({ length: 1_500 }, (_, i) => [i]), ['all']];
      const result = await store.lookup('items', tuples, { fields: ['order'], states: ['PUBLIC'] });
      expect(result.get(orderTexts(['all']))?.length).toBe(2_000);
      for (let i = 0; i < 1_500; i++) {
        const ids = (result.get(orderTexts([i])) ?? []).map(({ document }) => document['n']);
        expect(new Set(ids)).toEqual(new Set(i < 1_000 ? [i, i + 1_000, i + 2_000] : []));
        expect(ids.length).toBe(i < 1_000 ? 3 : 0);
      }
    });
  });
}
