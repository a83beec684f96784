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

type Put = Partial<Pick<QueueItem, 'lane' | 'dueAt' | 'attempts'>>;

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

    test('one row for a kind, scope and key: the payload is the newest', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('k', { payload: 'old' }), item('k', { scope: 'other' }), item('k', { kind: 'job' }));
      await enqueue(store, item('k', { payload: 'new' }), item('k', { scope: 'other', payload: 'first' }));
      await enqueue(store, item('k', { scope: 'other', payload: 'second' }));
      const all = (await take(store)).map(({ kind, scope, payload }) => `${kind} ${scope} ${payload}`);
      expect(all.sort()).toEqual(['job view payload of k', 'trigger other second', 'trigger view new']);
    });

    test.each<[string, Put, Put, Put]>([
      ['bulk over interactive stays interactive', { lane: 'interactive' }, { lane: 'bulk' }, { lane: 'interactive' }],
      ['interactive over bulk promotes', { lane: 'bulk' }, { lane: 'interactive' }, { lane: 'interactive' }],
      ['bulk over bulk stays bulk', { lane: 'bulk' }, { lane: 'bulk' }, { lane: 'bulk' }],
      ['a later one does not put off', { dueAt: 100 }, { dueAt: 900 }, { dueAt: 100 }],
      ['an earlier one brings forward', { dueAt: 900 }, { dueAt: 100 }, { dueAt: 100 }],
      ['a new one over a parked retry is tried at once', { dueAt: 900, attempts: 4 }, { dueAt: 0, attempts: 0 }, { dueAt: 0, attempts: 0 }],
      ['a retry over a new one puts nothing off', { dueAt: 0, attempts: 0 }, { dueAt: 900, attempts: 4 }, { dueAt: 0, attempts: 0 }],
    ])('what is asked for again is never put off: %s', async (_, first, second, expected) => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('k', { payload: 'old', ...first }));
      await enqueue(store, item('k', { payload: 'new', ...second }));
      expect(await take(store)).toMatchObject([{ key: 'k', payload: 'new', ...expected }]);
      const { lane = 'interactive', dueAt = 100 } = expected;
      expect(await store.queued()).toEqual([{ kind: 'trigger', scope: 'view', lane, count: 1, nextDueAt: dueAt }]);
    });

    test('an item that comes again keeps its place, also when it changes its lane', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a', { lane: 'bulk' }), item('b'), item('c', { lane: 'bulk' }), item('d'));
      await enqueue(store, item('c', { lane: 'bulk' }), item('a', { lane: 'bulk' }), item('b'));
      expect(await keys(store)).toEqual(['a', 'b', 'c', 'd']);
      await enqueue(store, item('c'));
      expect(await keys(store, { lane: 'interactive' })).toEqual(['b', 'c', 'd']);
      const [a] = await take(store, { lane: 'bulk' });
      await store.transact((writer) => writer.complete(a === undefined ? [] : [a]));
      await enqueue(store, item('a'));
      expect(await keys(store)).toEqual(['b', 'c', 'd', 'a']);
    });

    test('a taken item is put back as it is given', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a'), item('b'));
      const [taken] = await take(store, { limit: 1 });
      if (taken === undefined) throw new Error('It was queued');
      const changed = { ...taken, lane: 'bulk', dueAt: 900, attempts: 3, payload: 'further on' } as const;
      await store.transact((writer) => writer.putBack([changed]));
      const [b, a] = await take(store);
      expect([b?.key, a]).toEqual(['b', { ...changed, seq: a?.seq }]);
      // Its worker may complete what it took, before or after: what was put back stays.
      await store.transact((writer) => writer.complete([taken]));
      expect(await keys(store)).toEqual(['b', 'a']);
      if (a !== undefined) await store.transact((writer) => writer.complete([a]));
      expect(await keys(store)).toEqual(['b']);
    });

    test('an item that was completed is there again when it is put back', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a'));
      const taken = await take(store);
      await store.transact(async (writer) => {
        await writer.complete(taken);
        await writer.putBack(taken.map((one) => ({ ...one, attempts: 1 })));
      });
      expect(await take(store)).toMatchObject([{ key: 'a', attempts: 1 }]);
    });

    test('an item that came again since stays as it came, whatever is put back', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a', { payload: 'old' }));
      const taken = await take(store);
      await enqueue(store, item('a', { payload: 'new' }));
      await store.transact(async (writer) => {
        await writer.putBack(taken.map((one) => ({ ...one, dueAt: 900, attempts: 1 })));
        await writer.complete(taken);
      });
      expect(await take(store)).toMatchObject([{ payload: 'new', dueAt: 100, attempts: 0 }]);
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

    test('a unit of work sees which keys have a row, of one kind and scope, and what it queued itself', async () => {
      await using context = await factory();
      const { store } = context;
      await enqueue(store, item('a'), item('b'), { ...item('c'), kind: 'record' }, { ...item('d'), scope: 'other' });
      const { kind, scope } = item('a');
      await store.transact(async (writer) => {
        await writer.enqueue([item('e')]);
        await writer.dequeue(kind, scope, ['b']);
        expect(await writer.queuedKeys(kind, scope, ['a', 'b', 'c', 'd', 'e', 'f'])).toEqual(new Set(['a', 'e']));
        expect(await writer.queuedKeys(kind, scope, [])).toEqual(new Set());
      });
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
