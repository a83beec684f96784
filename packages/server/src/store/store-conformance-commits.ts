import { describe, expect, test } from 'vitest';
import { parseFilter } from '../core/query/parse-filter.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { StoredRecord } from '../core/record.ts';
import { collection, put, record } from './store-conformance-support.ts';
import type { StoreFactory, StoreUnderTest } from './store-conformance-support.ts';
import type { Commit, Store, StoreWriter } from './store.ts';

const ALL = { filter: { kind: 'true' } } as const;

/** Writes a record and announces it, within a unit of work. */
async function change(writer: StoreWriter, of: string, next: StoredRecord): Promise<void> {
  const { id } = next;
  const before = (await writer.records(of, [id])).get(id) ?? null;
  await writer.write(of, [{ id, previous: before, next }]);
  writer.announce([{ collection: of, id, before, after: next, position: null }]);
}

/** Promises alone would never let a unit of work and a reader take turns. */
function event(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function told(store: Store): Commit[] {
  const commits: Commit[] = [];
  store.onCommit((commit) => void commits.push(commit));
  return commits;
}

function shown({ sequence, deltas, replaced }: Commit): string {
  return `${sequence}: ${[...deltas.map(({ id, after }) => `${id}=${Number(after?.document['v'])}`), ...replaced.map((name) => `${name}!`)].join(' ')}`;
}

export function registerCommitTests(factory: StoreFactory): void {
  /** A store that tells; else the test is skipped. */
  const telling = async (skip: (note: string) => never): Promise<StoreUnderTest> => {
    const context = await factory();
    if (!context.store.capabilities.shared) return context;
    await context[Symbol.asyncDispose]();
    return skip('others write too, whose commits this store does not hear of');
  };

  describe('commits', () => {
    test('what units of work announce is told once each is committed, in order, numbered without a gap', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      const commits = told(store);
      await Promise.all([
        store.transact(async (writer) => {
          await change(writer, 'dishes', record('a', { v: 1 }));
          await change(writer, 'dishes', record('a', { v: 2 }));
          expect(commits).toEqual([]);
        }),
        put(store, 'dishes', record('silent', {})),
        store.transact((writer) => change(writer, 'dishes', record('b', { v: 3 }))),
        store.transact(async (writer) => writer.announce([], ['dishes', 'dishes'])),
        store.transact(async (writer) => writer.announce([])),
      ]);
      expect(commits.map(shown)).toEqual(['1: a=1 a=2', '2: b=3', '3: dishes!']);
      const [first, second] = (commits[0] as Commit).deltas as [RecordDelta, RecordDelta];
      expect([first.before, second.before?.document]).toEqual([null, { v: 1 }]);
    });

    test('a unit of work that fails announces nothing, and its number is given to the next', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      const commits = told(store);
      const failing = store.transact(async (writer) => {
        await change(writer, 'dishes', record('a', { v: 1 }));
        throw new RangeError('no');
      });
      await expect(failing).rejects.toThrow('no');
      await store.transact((writer) => change(writer, 'dishes', record('b', { v: 2 })));
      expect(commits.map(shown)).toEqual(['1: b=2']);
    });

    test('who listens sees what was committed, and is told before whoever asked for it', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      const order: string[] = [];
      const seen = Promise.withResolvers<readonly StoredRecord[]>();
      store.onCommit(() => {
        order.push('told');
        store.find('dishes', ALL).then(seen.resolve, seen.reject);
      });
      await store.transact((writer) => change(writer, 'dishes', record('a', { v: 1 })));
      order.push('done');
      expect(order).toEqual(['told', 'done']);
      expect((await seen.promise).map(({ id }) => id)).toEqual(['a']);
    });

    test('who does not listen any more is not told', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      const commits: Commit[] = [];
      const stop = store.onCommit((commit) => void commits.push(commit));
      await store.transact(async (writer) => writer.announce([], ['dishes']));
      stop();
      await store.transact(async (writer) => writer.announce([], ['dishes']));
      expect(commits.map(({ sequence }) => sequence)).toEqual([1]);
    });

    test('a collection that is dropped is told as replaced, one that was never there is not', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      const commits = told(store);
      await store.drop('dishes');
      await store.drop('dishes');
      expect(commits.map(shown)).toEqual(['1: dishes!']);
    });

    test('a snapshot shows the documents of a query, sorted and limited, and the last commit that they show', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('dishes')]);
      expect(await store.snapshot('dishes', ALL)).toEqual({ sequence: 0, records: [] });
      for (const v of [3, 1, 2]) await store.transact((writer) => change(writer, 'dishes', record(`k${v}`, { v })));
      const query = { filter: parseFilter({ v: { $gt: 1 } }), sort: [{ path: ['v'], direction: -1 as const }], limit: 1 };
      const { sequence, records } = await store.snapshot('dishes', query);
      expect([sequence, records.map(({ id }) => id)]).toEqual([3, ['k3']]);
    });

    test('while units of work run, a snapshot shows exactly the commits up to its number', async ({ skip }) => {
      await using context = await telling(skip);
      const { store } = context;
      await store.define([collection('counters')]);
      let isWriting = true;
      const writing = (async () => {
        // Each commit sets both to its own number.
        for (let v = 1; v <= 60; v++) {
          await store.transact(async (writer) => {
            await change(writer, 'counters', record('a', { v }));
            await event();
            await change(writer, 'counters', record('b', { v }));
          });
        }
        isWriting = false;
      })();
      const sequences = new Set<number>();
      while (isWriting) {
        const { sequence, records } = await store.snapshot('counters', ALL);
        await event();
        sequences.add(sequence);
        expect(records.map(({ document }) => document['v'])).toEqual(sequence === 0 ? [] : [sequence, sequence]);
      }
      await writing;
      expect(sequences.size).toBeGreaterThan(1);
    });

    test('the count of commits goes on where the store is opened again', async ({ skip }) => {
      await using context = await telling(skip);
      if (context.reopen === undefined) return;
      await context.store.define([collection('dishes')]);
      await context.store.transact((writer) => change(writer, 'dishes', record('a', { v: 1 })));
      const store = await context.reopen();
      expect((await store.snapshot('dishes', ALL)).sequence).toBe(1);
      const commits = told(store);
      await store.transact((writer) => change(writer, 'dishes', record('b', { v: 2 })));
      expect(commits.map(shown)).toEqual(['2: b=2']);
    });

    test('a store that others write too tells of nothing, and its snapshots have no number', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.shared, 'nobody else writes');
      await store.define([collection('dishes')]);
      const commits = told(store);
      for (const v of [3, 1, 2]) await store.transact((writer) => change(writer, 'dishes', record(`k${v}`, { v })));
      const query = { filter: parseFilter({ v: { $gt: 1 } }), sort: [{ path: ['v'], direction: -1 as const }], limit: 1 };
      const { sequence, records } = await store.snapshot('dishes', query);
      expect([sequence, records.map(({ id }) => id)]).toEqual([0, ['k3']]);
      await store.drop('dishes');
      expect(commits).toEqual([]);
    });
  });
}
