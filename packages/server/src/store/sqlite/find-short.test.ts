import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { arbitraryDocument, arbitraryFilter } from '../../core/query/arbitraries.test-support.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import type { Filter, Query } from '../../core/query.ts';
import { STATES } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import { propertyOptions } from '../../testing/property.ts';
import { collection, on, onElements, put, record, remove, tombstone } from '../store-conformance-support.ts';
import { MOST_ROWS } from './find-short.ts';
import { SqliteStore } from './sqlite-store.ts';

const ALL: Filter = { kind: 'true' };

let folder: DataFolder;
let file: EmbeddedFile;
let store: SqliteStore;

beforeAll(async () => {
  folder = await DataFolder.make();
  file = openEmbedded({ folder: folder.path });
  store = new SqliteStore(file);
  await store.define([collection('many', [on('few'), on('lot'), on('few', 'lot'), onElements('tags')]), collection('huge')]);
  const many = Array.from({ length: 1_000 }, (_, i) =>
    record(String(i).padStart(5, '0'), { i, few: i >> 3, lot: i % 2, tags: [i % 3], text: `t${i}` }),
  );
  await put(store, 'many', ...many);
  await put(store, 'huge', ...Array.from({ length: 20 }, (_, i) => record(`h${i + 10}`, { text: 'x'.repeat(20_000) })));
});

afterAll(async () => {
  await file[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function shortIds(name: string, query: Query): Promise<string[] | undefined> {
  return (await store.findShort(name, query))?.map(({ id }) => id);
}

describe('a short read', () => {
  test('gives what find gives, or nothing at all, whatever is asked', async () => {
    let answered = 0;
    let round = 0;
    const scalar = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y', '', null, true, Number.NaN, 1n, [1], []));
    const equality: fc.Arbitrary<Filter> = fc.oneof(
      fc.record({ kind: fc.constant('compare'), path: fc.constantFrom(['a'], ['b']), operator: fc.constant('$eq'), value: scalar }),
      fc.record({ kind: fc.constant('in'), path: fc.constantFrom(['a'], ['b']), values: fc.array<Value>(scalar, { maxLength: 3 }) }),
    ) as fc.Arbitrary<Filter>;
    const conjunction = fc
      .array(fc.oneof(equality, arbitraryFilter), { minLength: 2, maxLength: 3 })
      .map((filters) => ({ kind: 'and', filters }) as const);
    const query = fc.record(
      {
        filter: fc.oneof(fc.constant(ALL), equality, conjunction, arbitraryFilter),
        sort: fc.constantFrom([], [{ path: ['b'], direction: -1 as const }], [{ path: ['updatedAt'], direction: 1 as const }]),
        skip: fc.nat(3),
        limit: fc.nat(5),
        afterId: fc.constantFrom(undefined, 'r1', '\uffff'),
        states: fc.subarray([...STATES], { minLength: 1 }),
      },
      { requiredKeys: ['filter'] },
    ) as fc.Arbitrary<Query>;
    const anyone = fc.tuple(arbitraryDocument, fc.constantFrom(...STATES));
    await fc.assert(
      fc.asyncProperty(fc.array(anyone, { maxLength: 12 }), fc.array(query, { minLength: 4, maxLength: 8 }), async (documents, queries) => {
        const name = `random${++round}`;
        await store.define([collection(name, [on('a'), on('b'), on('b', 'a'), onElements('c')])]);
        const ids = ['r1', '\uffff', '😀', 'r10', 'r2', '', 'Z', 'é', 'a', 'b', 'c', 'd'];
        const meta = (i: number): string => `{"identifier":"{}","createdAt":1,"updatedAt":${i % 4}}`;
        await put(store, name, ...documents.map(([document, state], i) => record(ids[i] as string, document, { state, meta: meta(i) })));
        await remove(store, name, 'r2', 'Z');
        for (const each of queries) {
          const short = await shortIds(name, each);
          if (short === undefined) continue;
          answered++;
          expect(short).toEqual((await store.find(name, each)).map(({ id }) => id));
        }
        await store.drop(name);
      }),
      propertyOptions(150, 3_000),
    );
    expect(answered).toBeGreaterThan(round);
  });

  test.each<[string, Query, number]>([
    ['the first ones', { filter: ALL, limit: 25 }, 25],
    ['a page further on', { filter: ALL, limit: 100, skip: 100 }, 100],
    ['what is behind an id', { filter: ALL, limit: 25, afterId: '00990' }, 9],
    ['an equality', { filter: parseFilter({ few: 7 }) }, 8],
    ['several values', { filter: parseFilter({ few: { $in: [1, 2, 3] } }), sort: [{ path: ['i'], direction: -1 }], limit: 9 }, 9],
    ['an equality and more', { filter: parseFilter({ few: 7, i: { $gt: 60 } }) }, 3],
    ['two equalities', { filter: parseFilter({ few: 7, lot: 1 }) }, 4],
  ])('answers %s', async (_, query, count) => {
    const found = await shortIds('many', query);
    expect(found).toHaveLength(count);
    expect(found).toEqual((await store.find('many', query)).map(({ id }) => id));
  });

  test.each<[string, string, Query]>([
    ['many rows', 'many', { filter: ALL, limit: MOST_ROWS + 1 }],
    ['rows far behind', 'many', { filter: ALL, limit: 1, skip: MOST_ROWS }],
    ['an order of all', 'many', { filter: ALL, limit: 1, sort: [{ path: ['i'], direction: 1 }] }],
    ['a value that many rows have', 'many', { filter: parseFilter({ lot: 1 }), limit: 1 }],
    ['a field without an index', 'many', { filter: parseFilter({ text: 't1' }), limit: 1 }],
    ['an index of elements', 'many', { filter: parseFilter({ tags: 1 }), limit: 1 }],
    ['a pattern', 'many', { filter: parseFilter({ few: 7, text: { $regex: '^t' } }), limit: 1 }],
    ['many values', 'many', { filter: parseFilter({ few: { $in: Array.from({ length: 100 }, (_, i) => 1_000 + i) } }), limit: 1 }],
    ['long documents', 'huge', { filter: ALL, limit: 20 }],
  ])('leaves %s to others', async (_, name, query) => {
    expect(await shortIds(name, query)).toBeUndefined();
  });

  test('counts what it passes over', async () => {
    await store.define([collection('deleted', [on('a')])]);
    const ids = Array.from({ length: MOST_ROWS }, (_, i) => String(i).padStart(4, '0'));
    await put(store, 'deleted', ...ids.map((id) => record(id, { a: 1 }, { state: 'DELETED' })));
    await put(store, 'deleted', record('z', { a: 1 }));
    expect(await shortIds('deleted', { filter: ALL, limit: 1 })).toBeUndefined();
    expect(await shortIds('deleted', { filter: parseFilter({ a: 1 }), limit: 1 })).toBeUndefined();
    await put(store, 'deleted', ...ids.map((id) => tombstone(id)));
    expect(await shortIds('deleted', { filter: ALL, limit: 1 })).toBeUndefined();
    expect(await shortIds('deleted', { filter: parseFilter({ a: 1 }), limit: 1 })).toEqual(['z']);
    await remove(store, 'deleted', '0000');
    expect(await shortIds('deleted', { filter: ALL, limit: 1 })).toEqual(['z']);
  });

  test('walks through nothing while the index is not kept', async () => {
    await store.define([collection('filling', [on('a')])]);
    await put(store, 'filling', record('1', { a: 1 }));
    const query = { filter: parseFilter({ a: 1 }) };
    expect(await shortIds('filling', query)).toEqual(['1']);
    await store.transact((writer) => writer.deferIndexes('filling'));
    expect(await shortIds('filling', query)).toBeUndefined();
    await store.transact(async (writer) => void (await writer.buildIndex('filling')));
    // A statement that failed is made anew after it was asked once more.
    await vi.waitFor(async () => expect(await shortIds('filling', query)).toEqual(['1']));
  });
});
