import { describe, expect, test } from 'vitest';
import type { Lane } from '../core/trigger.ts';
import { item } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import type { QueueItem, QueueKind, QueuedItem, Store } from './store.ts';

interface Taking {
  readonly kinds?: readonly QueueKind[];
  readonly scopes?: readonly string[];
  readonly lane?: Lane;
  readonly now?: number;
  readonly limit?: number;
}

function take(store: Store, options: Taking = {}): Promise<readonly QueuedItem[]> {
  return store.take({ kinds: ['trigger', 'strategy', 'record', 'truncate', 'job'], now: 1_000, limit: 100, ...options });
}

async function keys(store: Store, options: Taking = {}): Promise<string[]> {
  return (await take(store, options)).map(({ key }) => key);
}

function enqueue(store: Store, ...items: readonly QueueItem[]): Promise<void> {
  return store.transact((writer) => writer.enqueue(items));
}

export function registerQueueTests(factory: StoreFactory): void {
  describe('queue', () => {
    test('due items are taken oldest due first, then in the order they came, and stay until completed', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(
        store,
        item('late', { dueAt: 500 }),
        item('b', { dueAt: 100 }),
        item('c', { dueAt: 100 }),
        item('future', { dueAt: 1_001 }),
      );
      await enqueue(store, item('a', { dueAt: 50 }));
      expect(await keys(store)).toEqual(['a', 'b', 'c', 'late']);
      expect(await keys(store, { limit: 2 })).toEqual(['a', 'b']);
      expect(await keys(store, { now: 1_001 })).toEqual(['a', 'b', 'c', 'late', 'future']);
      const taken = await take(store, { limit: 2 });
      await store.transact((writer) => writer.complete(taken));
      expect(await keys(store)).toEqual(['c', 'late']);
    });

    test('an item is taken as it was put', async () => {
      await using context = await factory();
      const { store } = context;
      const put = item(`k"'\u0000é`, {
        kind: 'record',
        scope: 'orders',
        lane: 'bulk',
        dueAt: 1_700_000_000_000,
        attempts: 3,
        payload: '{"a":"é😀"}',
      });
      await enqueue(store, put);
      const [taken] = await take(store, { now: 1_700_000_000_000 });
      expect(taken).toEqual({ ...put, seq: taken?.seq });
      expect(Number.isSafeInteger(taken?.seq)).toBe(true);
    });

    test('one row for a kind, scope and key: a newer one replaces all of it', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(
        store,
        item('k', { payload: 'old', lane: 'bulk', dueAt: 10, attempts: 4 }),
        item('k', { scope: 'other' }),
        item('k', { kind: 'job' }),
      );
      await enqueue(store, item('k', { payload: 'new', dueAt: 20 }));
      const mine = (await take(store, { kinds: ['trigger'], scopes: ['view'] })).map(({ payload, lane, dueAt, attempts }) => ({
        payload,
        lane,
        dueAt,
        attempts,
      }));
      expect(mine).toEqual([{ payload: 'new', lane: 'interactive', dueAt: 20, attempts: 0 }]);
      expect((await take(store)).length).toBe(3);
    });

    test('an item that came again while it was worked on is not completed', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a'), item('b'));
      const taken = await take(store);
      await enqueue(store, item('a', { payload: 'newer' }));
      await store.transact((writer) => writer.complete(taken));
      const left = await take(store);
      expect(left.map(({ key, payload }) => [key, payload])).toEqual([['a', 'newer']]);
      expect(left[0]?.seq).not.toBe(taken.find(({ key }) => key === 'a')?.seq);
      await store.transact((writer) => writer.complete(left));
      expect(await keys(store)).toEqual([]);
    });

    test('the same item put again is another one, also when it is equal and when it was completed in between', async () => {
      await using context = await factory();
      const { store } = context;
      const seqs = new Set<number>();
      for (let i = 0; i < 5; i++) {
        await enqueue(store, item('a'), item('a'));
        const taken = await take(store);
        expect(taken.length).toBe(1);
        seqs.add(taken[0]?.seq as number);
        if (i % 2 === 0) await store.transact((writer) => writer.complete(taken));
      }
      expect(seqs.size).toBe(5);
    });

    test('dequeue removes rows whatever came since, of one kind and scope', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a'), item('b'), item('a', { scope: 'other' }), item('a', { kind: 'strategy' }));
      await store.transact((writer) => writer.dequeue('trigger', 'view', ['a', 'never there']));
      const left = (await take(store)).map(({ kind, scope, key }) => `${kind} ${scope} ${key}`);
      expect(left.sort()).toEqual(['strategy view a', 'trigger other a', 'trigger view b']);
    });

    test('items are taken by kind, scope and lane', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('1'), item('2', { lane: 'bulk' }), item('3', { scope: 'other' }), item('4', { kind: 'record' }));
      expect(await keys(store, { kinds: ['record'] })).toEqual(['4']);
      expect(await keys(store, { kinds: ['trigger', 'record'], lane: 'interactive' })).toEqual(['1', '3', '4']);
      expect(await keys(store, { lane: 'bulk' })).toEqual(['2']);
      expect(await keys(store, { scopes: ['other', 'none'] })).toEqual(['3']);
      expect(await keys(store, { scopes: [] })).toEqual([]);
      expect(await keys(store, { kinds: [] })).toEqual([]);
    });

    test('what is queued is counted by kind, scope and lane, with the time the next is due', async () => {
      await using context = await factory();
      const { store } = context;
      expect(await store.queued()).toEqual([]);
      await enqueue(
        store,
        item('1', { dueAt: 300 }),
        item('2', { dueAt: 200 }),
        item('3', { lane: 'bulk', dueAt: 9_000 }),
        item('4', { kind: 'job' }),
      );
      const counts = [...(await store.queued())].sort((a, b) => a.nextDueAt - b.nextDueAt);
      expect(counts).toEqual([
        { kind: 'job', scope: 'view', lane: 'interactive', count: 1, nextDueAt: 100 },
        { kind: 'trigger', scope: 'view', lane: 'interactive', count: 2, nextDueAt: 200 },
        { kind: 'trigger', scope: 'view', lane: 'bulk', count: 1, nextDueAt: 9_000 },
      ]);
    });

    test('thousands of items keep their order', async () => {
      await using context = await factory();
      const { store } = context;
      const items = Array.from({ length: 3_000 }, (_, i) => item(`k${i}`, { dueAt: i % 7 }));
      await enqueue(store, ...items);
      const expected = items.toSorted((a, b) => a.dueAt - b.dueAt).map(({ key }) => key);
      expect(await keys(store, { limit: 5_000 })).toEqual(expected);
      const taken = await take(store, { limit: 2_000 });
      await store.transact((writer) => writer.complete(taken));
      expect(await keys(store, { limit: 5_000 })).toEqual(expected.slice(2_000));
    });
  });
}
