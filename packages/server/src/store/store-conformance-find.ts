import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileFilter } from '../core/query/compile-filter.ts';
import { arbitraryDocument, arbitraryFilter } from '../core/query/arbitraries.test-support.ts';
import { parseFilter } from '../core/query/parse-filter.ts';
import { sortRecords } from '../core/query/sort.ts';
import type { Filter } from '../core/query.ts';
import { Decimal128, ObjectId } from '../core/value.ts';
import type { Value } from '../core/value.ts';
import { propertyOptions } from '../testing/property.ts';
import { collection, on, onElements, put, record } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

const ALL: Filter = { kind: 'true' };

const PEOPLE = [
  record('a', { name: 'Ann', age: 30, tags: ['x', 'y'], address: { city: 'Rome' }, born: new Date('1990-01-01') }),
  record('b', { name: 'Bob', age: 40n, tags: [], address: { city: 'Oslo' }, born: null }),
  record('c', { name: 'Cid', age: Decimal128.fromString('50.5'), tags: 'x', address: [{ city: 'Rome' }, { city: 'Bern' }] }),
  record('d', {
    name: null,
    age: '40',
    orders: [
      { total: 5, n: 1 },
      { total: 50, n: 9 },
    ],
  }),
  record('e', { owner: ObjectId.createFromHexString('65f0000000000000000000aa'), orders: [{ total: 20, n: 5 }] }),
];

/** Filter and the ids that it finds. */
const TABLE: readonly (readonly [Value, string])[] = [
  [{}, 'abcde'],
  [{ name: 'Ann' }, 'a'],
  [{ name: null }, 'de'],
  [{ name: { $ne: null } }, 'abc'],
  [{ name: { $exists: false } }, 'e'],
  [{ age: 40 }, 'b'],
  [{ age: { $gte: 40 } }, 'bc'],
  [{ age: { $lt: 40.5 } }, 'ab'],
  [{ age: { $gt: '4' } }, 'd'],
  [{ age: { $in: [30n, '40'] } }, 'ad'],
  [{ age: { $nin: [30, 40] } }, 'cde'],
  [{ tags: 'x' }, 'ac'],
  [{ tags: ['x', 'y'] }, 'a'],
  [{ tags: [] }, 'b'],
  [{ tags: { $size: 2 } }, 'a'],
  [{ tags: { $all: ['y', 'x'] } }, 'a'],
  [{ 'tags.1': 'y' }, 'a'],
  [{ 'address.city': 'Rome' }, 'ac'],
  [{ 'address.city': null }, 'de'],
  [{ address: { city: 'Oslo' } }, 'b'],
  [{ orders: { $elemMatch: { total: { $gt: 10 }, n: { $lt: 9 } } } }, 'e'],
  [{ 'orders.total': { $gt: 10 }, 'orders.n': { $lt: 9 } }, 'de'],
  [{ born: { $lt: { $date: '2000-01-01T00:00:00Z' } } }, 'a'],
  [{ owner: { $oid: '65f0000000000000000000aa' } }, 'e'],
  [{ name: { $regex: '^[ab]', $options: 'i' } }, 'ab'],
  [{ $or: [{ name: 'Ann' }, { age: { $gt: 45 } }] }, 'ac'],
  [{ $nor: [{ name: 'Ann' }, { tags: 'x' }] }, 'bde'],
  [{ age: { $not: { $gte: 40 } } }, 'ade'],
];

function idsOf(records: readonly { readonly id: string }[]): string {
  return records.map(({ id }) => id).join('');
}

export function registerFindTests(factory: StoreFactory): void {
  describe('find', () => {
    test('filters mean what the language says, with indexes and without', async () => {
      await using context = await factory();
      const { store } = context;
      const indexes = [on('name'), on('age'), onElements('tags'), onElements('address.city'), on('owner'), onElements('orders.total')];
      await store.define([collection('plain'), collection('indexed', indexes)]);
      for (const name of ['plain', 'indexed']) {
        await put(store, name, ...PEOPLE);
        for (const [json, ids] of TABLE) {
          const query = { filter: parseFilter(json) };
          const found = await store.find(name, query);
          const chunks = await Array.fromAsync(store.iterate(name, query));
          const result = { ids: idsOf(found), count: await store.count(name, query), iterated: idsOf(chunks.flat()) };
          expect({ name, json, ...result }).toEqual({ name, json, ids, count: ids.length, iterated: ids });
        }
      }
    });

    test('a random filter finds what its predicate accepts, in order, whatever the indexes', async () => {
      await using context = await factory();
      const { store } = context;
      const indexes = [onElements('a'), onElements('b'), onElements('a.b'), onElements('c', 'a')];
      let round = 0;
      const property = fc.asyncProperty(
        fc.array(arbitraryDocument, { maxLength: 12 }),
        fc.array(arbitraryFilter, { minLength: 1, maxLength: 6 }),
        fc.array(fc.record({ path: fc.constantFrom(['a'], ['b'], ['a', 'b']), direction: fc.constantFrom(1 as const, -1 as const) }), {
          maxLength: 2,
        }),
        fc.record({ skip: fc.nat(4), limit: fc.nat(6) }),
        async (documents, filters, sort, { skip, limit }) => {
          const name = `random${++round}`;
          await store.define([collection(name, round % 2 === 0 ? indexes : [])]);
          const records = documents.map((document, i) => record(`r${i}`, document));
          await put(store, name, ...records);
          for (const filter of filters) {
            const predicate = compileFilter(filter);
            const expected = sortRecords(
              records.filter(({ document }) => predicate(document)),
              sort,
            ).map(({ id }) => id);
            const found = await store.find(name, { filter, sort });
            expect(found.map(({ id }) => id)).toEqual(expected);
            const page = await store.find(name, { filter, sort, skip, limit });
            const expectedPage = expected.slice(skip, skip + limit);
            expect(page.map(({ id }) => id)).toEqual(expectedPage);
            const short = await store.findShort(name, { filter, sort, skip, limit });
            expect(short?.map(({ id }) => id) ?? expectedPage).toEqual(expectedPage);
            expect(await store.count(name, { filter })).toBe(expected.length);
          }
          await store.drop(name);
        },
      );
      await fc.assert(property, propertyOptions(60));
    });

    test('documents are sorted by the one order of values, ties by id', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values', [on('v')])]);
      const ascending: (Value | undefined)[] = [[], null, -5n, Decimal128.fromString('0.1'), 1, 'B', 'a', '\uffff', '😀', { a: 1 }];
      ascending.push(ObjectId.createFromHexString('65f0000000000000000000aa'), false, true, new Date(0));
      const records = ascending.map((v, i) => record(`k${String(i).padStart(2, '0')}`, v === undefined ? {} : { v }));
      await put(store, 'values', ...records.toReversed(), record('k01b', {}));
      const ids = records.map(({ id }) => id);
      const sorted = async (direction: 1 | -1): Promise<string[]> =>
        (await store.find('values', { filter: ALL, sort: [{ path: ['v'], direction }] })).map(({ id }) => id);
      expect(await sorted(1)).toEqual(ids.toSpliced(2, 0, 'k01b'));
      const descending = ids.toReversed();
      expect(await sorted(-1)).toEqual(descending.toSpliced(descending.indexOf('k01') + 1, 0, 'k01b'));
    });

    test('a list sorts by its least element upwards and by its greatest downwards, also by both', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values')]);
      await put(store, 'values', record('a', { v: 1 }), record('b', { v: [1, 3] }), record('c', { v: [0, 2] }));
      const sorted = async (...directions: readonly (1 | -1)[]): Promise<string> =>
        idsOf(await store.find('values', { filter: ALL, sort: directions.map((direction) => ({ path: ['v'], direction })) }));
      expect([await sorted(1), await sorted(-1), await sorted(1, -1)]).toEqual(['cab', 'bca', 'cba']);
    });

    test('without a sort, documents come in order of their ids, and pages cover all of them once', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values')]);
      const ids = ['Z', 'a', 'b', 'é', '\uffff', '😀', '1', '10', '2'];
      await put(store, 'values', ...ids.map((id) => record(id, {})));
      const paged: string[] = [];
      for (let skip = 0; skip < 12; skip += 2)
        paged.push(...(await store.find('values', { filter: ALL, skip, limit: 2 })).map(({ id }) => id));
      expect(paged).toEqual(['1', '10', '2', 'Z', 'a', 'b', 'é', '\uffff', '😀']);
      expect(await store.find('values', { filter: ALL, limit: 0 })).toEqual([]);
      expect(await store.count('values', { filter: ALL, skip: 7, limit: 5 })).toBe(2);
    });

    test('after a document, in the order of ids, come those that were not seen yet', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values', [on('even')])]);
      const ids = ['', '1', '10', '2', 'Z', 'a', 'b', 'é', '\uffff', '😀'];
      await put(store, 'values', ...ids.map((id, i) => record(id, { even: i % 2 === 0 }, { state: i % 3 === 0 ? 'DELETED' : 'PUBLIC' })));
      const all = { filter: ALL, states: ['PUBLIC', 'DELETED'] } as const;
      const [deleted, even] = [{ ...all, states: ['DELETED'] } as const, { ...all, filter: parseFilter({ even: true }) }];
      for (let at = 0; at < ids.length; at++) {
        const after = { afterId: ids[at] };
        const expected = ids.slice(at + 1);
        expect((await store.find('values', { ...all, ...after })).map(({ id }) => id)).toEqual(expected);
        expect((await store.find('values', { ...all, ...after, skip: 1, limit: 2 })).map(({ id }) => id)).toEqual(expected.slice(1, 3));
        expect((await store.find('values', { ...deleted, ...after })).map(({ id }) => id)).toEqual(
          expected.filter((id) => ids.indexOf(id) % 3 === 0),
        );
        expect((await store.find('values', { ...even, ...after })).map(({ id }) => id)).toEqual(
          expected.filter((id) => ids.indexOf(id) % 2 === 0),
        );
        expect(await store.count('values', { ...all, ...after })).toBe(expected.length);
        const iterated = await Array.fromAsync(store.iterate('values', { ...all, ...after }));
        expect(iterated.flat().map(({ id }) => id)).toEqual(expected);
      }
    });

    test('all of a collection is iterated in order, a part of it too', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('many')]);
      const ids = Array.from({ length: 2_500 }, (_, i) => `m${String(i).padStart(5, '0')}`);
      await put(store, 'many', ...ids.map((id, i) => record(id, { i })));
      for (const page of [{}, { skip: 3, limit: 1_000 }, { skip: 700 }, { limit: 500 }, { limit: 0 }, { skip: 9_999 }]) {
        const { skip = 0, limit = ids.length } = page;
        const chunks = await Array.fromAsync(store.iterate('many', { filter: ALL, ...page }));
        expect(chunks.flat().map(({ id }) => id)).toEqual(ids.slice(skip, skip + limit));
        expect(chunks.some((chunk) => chunk.length === 0)).toBe(false);
      }
    });

    test('only PUBLIC documents are found unless other states are asked for', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values', [on('v')])]);
      await put(
        store,
        'values',
        record('1', { v: 1 }),
        record('2', { v: 1 }, { state: 'DRAFT' }),
        record('3', { v: 1 }, { state: 'TRASH' }),
      );
      const filter = parseFilter({ v: 1 });
      const ids = async (query: { states?: readonly ('PUBLIC' | 'DRAFT' | 'TRASH' | 'DELETED')[] }): Promise<string> =>
        (await store.find('values', { filter, ...query })).map(({ id }) => id).join('');
      expect([await ids({}), await ids({ states: ['DRAFT', 'PUBLIC'] }), await ids({ states: [] })]).toEqual(['1', '12', '']);
      expect(await store.count('values', { filter, states: ['DRAFT', 'TRASH'] })).toBe(2);
    });

    test('many documents are iterated in chunks, in order, while others write', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('many', [on('even')])]);
      const records = Array.from({ length: 6_000 }, (_, i) => record(`m${String(i).padStart(5, '0')}`, { i, even: i % 2 === 0 }));
      await put(store, 'many', ...records);
      const seen: string[] = [];
      let chunks = 0;
      for await (const chunk of store.iterate('many', { filter: parseFilter({ even: true }) })) {
        expect(chunk.length).toBeGreaterThan(0);
        seen.push(...chunk.map(({ id }) => id));
        await put(store, 'many', record(`w${chunks++}`, { even: false }), record('m00000', { i: -1, even: true }));
      }
      expect(chunks).toBeGreaterThan(1);
      expect(seen).toEqual(records.filter((_, i) => i % 2 === 0).map(({ id }) => id));
      for await (const chunk of store.iterate('many', { filter: ALL, sort: [{ path: ['i'], direction: -1 }], limit: 3 }))
        expect(chunk.map(({ document }) => document['i'])).toEqual([5_999, 5_998, 5_997]);
    });
  });
}
