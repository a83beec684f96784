import { describe, expect, test } from 'vitest';
import { collection, deadLetter, found, item, on, onElements, put, record, remove, tombstone } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

export function registerCollectionTests(factory: StoreFactory): void {
  describe('collections', () => {
    test('collections are listed when they are defined, and defining them again changes nothing', async () => {
      await using context = await factory();
      const { store } = context;
      expect(await store.collections()).toEqual([]);
      await store.define([collection('b', [on('x')]), { name: 'a', kind: 'view', key: [], indexes: [] }]);
      await put(store, 'b', record('1', { x: 1 }));
      await store.define([collection('b', [on('x')])]);
      expect([...(await store.collections())].sort()).toEqual(['a', 'b']);
      expect(await found(store, 'b', ['x'], [1])).toEqual(['1']);
    });

    test('documents at random are each given once, of the wanted states, and every one comes in its time', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('a')]);
      expect(await store.sample('a', { states: ['PUBLIC'], limit: 5 })).toEqual([]);
      const ids = Array.from({ length: 20 }, (_, i) => `r${i}`);
      await put(store, 'a', ...ids.map((id) => record(id, { id })), record('draft', {}, { state: 'DRAFT' }), tombstone('gone'));
      await remove(store, 'a', 'r3', 'r4');
      const seen = new Set<string>();
      while (seen.size < 18) {
        const some = await store.sample('a', { states: ['PUBLIC'], limit: 5 });
        expect(some.length).toBeLessThanOrEqual(5);
        expect(new Set(some.map(({ id }) => id)).size).toBe(some.length);
        for (const { id, document } of some) {
          expect(document).toEqual({ id });
          seen.add(id);
        }
      }
      expect(seen).toEqual(new Set(ids.filter((id) => id !== 'r3' && id !== 'r4')));
    });

    test('names are told apart exactly, whatever they mean to a database', async () => {
      await using context = await factory();
      const { store } = context;
      const names = [
        'orders',
        'Orders',
        'select',
        'a-b',
        'a_b',
        'a.b',
        'a b',
        'x"y',
        "x'y",
        'é',
        'queue',
        'errors',
        'facts',
        'sqlite_x',
        '__proto__',
      ];
      await store.define(names.map((name) => collection(name, [on('is'), onElements('tags')])));
      for (const name of names) await put(store, name, record('1', { is: name, tags: [name] }));
      for (const name of names) {
        expect((await store.find(name, { filter: { kind: 'true' } })).map(({ document }) => document['is'])).toEqual([name]);
        expect(await found(store, name, ['is'], [name])).toEqual(['1']);
        expect(await found(store, name, ['tags'], [name])).toEqual(['1']);
      }
      await store.drop('orders');
      expect([...(await store.collections())].sort()).toEqual(names.filter((name) => name !== 'orders').sort());
    });

    test('an index that is added later finds the documents that were there', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('a')])]);
      const records = Array.from({ length: 1_200 }, (_, i) => record(String(i), { a: i, b: i % 3, tags: [i % 2, 'all'] }));
      await put(store, 'orders', ...records, tombstone('gone'));
      await store.define([collection('orders', [on('a'), on('b'), on('b', 'a'), onElements('tags')])]);
      expect((await found(store, 'orders', ['b'], [0])).length).toBe(400);
      expect(await found(store, 'orders', ['b', 'a'], [1, 4])).toEqual(['4']);
      expect((await found(store, 'orders', ['tags'], ['all'])).length).toBe(1_200);
      expect(await found(store, 'orders', ['a'], [7])).toEqual(['7']);
      await put(store, 'orders', record('4', { a: 4, b: 2, tags: [] }));
      expect(await found(store, 'orders', ['b', 'a'], [1, 4])).toEqual([]);
      expect(await found(store, 'orders', ['b', 'a'], [2, 4])).toEqual(['4']);
    });

    test('an index can go, come back, and begin to hold elements, and always finds what is there', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('posts', [on('tag'), on('year')])]);
      await put(store, 'posts', record('1', { tag: 'a', year: 1 }));
      await store.define([collection('posts', [on('year')])]);
      await put(store, 'posts', record('1', { tag: 'b', year: 1 }), record('2', { tag: ['b', 'c'], year: 2 }));
      await store.define([collection('posts', [onElements('tag'), on('year')])]);
      expect(await found(store, 'posts', ['tag'], ['a'])).toEqual([]);
      expect(await found(store, 'posts', ['tag'], ['b'])).toEqual(['1', '2']);
      expect(await found(store, 'posts', ['tag'], ['c'])).toEqual(['2']);
      expect(await found(store, 'posts', ['year'], [2])).toEqual(['2']);
    });

    test('a dropped collection is gone with its documents and indexes', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('a'), onElements('t')]), collection('items')]);
      await put(store, 'orders', record('1', { a: 1, t: [1] }));
      await put(store, 'items', record('1', {}));
      await store.drop('orders');
      await store.drop('never there');
      expect(await store.collections()).toEqual(['items']);
      await store.define([collection('orders', [on('a'), onElements('t')])]);
      expect(await store.count('orders', { filter: { kind: 'true' } })).toBe(0);
      expect([await found(store, 'orders', ['a'], [1]), await found(store, 'orders', ['t'], [1])]).toEqual([[], []]);
      expect((await store.records('items', ['1'])).size).toBe(1);
    });

    test('a collection that is dropped and made anew is empty, and at no moment missing', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders', [on('a')])]);
      await put(store, 'orders', record('1', { a: 1 }));
      const seen: unknown[] = [];
      const reads: Promise<unknown>[] = [];
      store.onCommit(({ replaced }) => {
        seen.push(replaced);
        reads.push(store.snapshot('orders', { filter: { kind: 'compare', path: ['b'], operator: '$eq', value: 1 } }));
      });
      await store.drop('orders', collection('orders', [on('b')]));
      const isTold = !store.capabilities.shared;
      const told = [[['orders']], [expect.objectContaining({ records: [] })]];
      expect([seen, await Promise.all(reads)]).toEqual(isTold ? told : [[], []]);
      await put(store, 'orders', record('2', { b: 2 }));
      expect(await found(store, 'orders', ['b'], [2])).toEqual(['2']);
      await store.drop('items', collection('items'));
      expect(await store.count('items', { filter: { kind: 'true' } })).toBe(0);
      expect(seen).toHaveLength(isTold ? 1 : 0);
    });

    test('what asks for a collection that is not there is told so', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('orders')]);
      await store.drop('orders');
      for (const name of ['orders', 'never there']) {
        const query = { filter: { kind: 'true' } } as const;
        const reads = [
          () => store.snapshot(name, query),
          () => store.find(name, query),
          () => store.count(name, query),
          () => store.records(name, ['1']),
        ];
        for (const read of reads)
          await expect(read()).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION', message: `Collection "${name}" is not in the store` });
      }
    });

    test('what was committed is there when the store is opened again', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      if (context.reopen === undefined) return skip('nothing outlives this store');
      await store.define([collection('orders', [on('a'), onElements('t')])]);
      await put(store, 'orders', record('1', { a: 1, t: [1, 2] }, { state: 'DRAFT', meta: '{"m":1}' }), tombstone('2'));
      await store.transact(async (writer) => {
        await writer.enqueue([item('q')]);
        await writer.saveErrors([deadLetter('e')]);
        await writer.savePositions('g', new Map([['t', new Map([[0, 3]])]]));
        await writer.saveFact('f', 'v');
      });
      const [before] = await store.take({ kinds: ['trigger'], now: 1_000, limit: 1 });
      await store.transact((writer) => writer.complete(before === undefined ? [] : [before]));

      const again = await context.reopen();
      expect(await again.collections()).toEqual(['orders']);
      const read = await again.records('orders', ['1', '2']);
      expect([read.get('1')?.state, read.get('1')?.meta, read.get('2')?.isTombstone]).toEqual(['DRAFT', '{"m":1}', true]);
      await again.define([collection('orders', [on('a'), onElements('t')])]);
      expect(await found(again, 'orders', ['t'], [2], ['DRAFT'])).toEqual(['1']);
      await again.transact((writer) => writer.enqueue([item('q')]));
      const [after] = await again.take({ kinds: ['trigger'], now: 1_000, limit: 1 });
      expect(after?.seq).not.toBe(before?.seq);
      expect((await again.errors({})).map(({ id }) => id)).toEqual(['e']);
      expect((await again.positions('g')).get('t')?.get(0)).toBe(3);
      expect(await again.fact('f')).toBe('v');
    });
  });
}
