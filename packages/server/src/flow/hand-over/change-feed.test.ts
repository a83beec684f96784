import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import { StoredRecord } from '../../core/record.ts';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { Commit } from '../../store/store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { encodeDelta, encodeReplacement } from '../messages/delta-message.ts';
import { ChangeFeed } from './change-feed.ts';
import type { ChangeFeedOptions } from './change-feed.ts';

const ORDERS = { name: 'orders', kind: 'projection' as const, key: ['id'], topic: 'orders.pr-update' };
const DISHES = { name: 'dishes', kind: 'projection' as const, key: ['id'], topic: 'dishes.pr-update' };
const ALL = { filter: { kind: 'true' } } as const;

/** A store that others write, and the feed of a process that serves it. */
class World {
  readonly store = new MemoryStore(undefined, { shared: true });
  readonly log = new MemoryLog({ shared: true });
  readonly clock = new ManualClock(1_000_000);
  readonly commits: Commit[] = [];
  /** Thrown, in order, by the next calls of the store or the log. */
  readonly storeFailures: AppError[] = [];
  readonly pollFailures: AppError[] = [];
  reads = 0;
  feed!: ChangeFeed;
  #version = 0;

  static async open(options: Partial<ChangeFeedOptions> = {}): Promise<World> {
    const world = new World();
    await world.store.define([
      { ...ORDERS, indexes: [] },
      { ...DISHES, indexes: [] },
    ]);
    await world.log.createTopics([ORDERS.topic, DISHES.topic]);
    world.feed = await ChangeFeed.open({
      store: {
        records: async (collection, ids) => {
          world.reads++;
          const failure = world.storeFailures.shift();
          if (failure !== undefined) throw failure;
          return world.store.records(collection, ids);
        },
        find: (collection, query) => world.store.find(collection, query),
      },
      log: {
        topics: () => world.log.topics(),
        subscribe: async (wanted) => {
          const consumer = await world.log.subscribe(wanted);
          return {
            poll: async (limit, rest) => {
              const failure = world.pollFailures.shift();
              if (failure !== undefined) throw failure;
              return consumer.poll(limit, rest);
            },
            commit: (offsets) => consumer.commit(offsets),
            rewind: () => consumer.rewind(),
            lag: () => consumer.lag(),
            [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
          };
        },
      },
      collections: [ORDERS, DISHES],
      clock: world.clock,
      ...options,
    });
    world.feed.onCommit((commit) => void world.commits.push(commit));
    return world;
  }

  /** Writes, and gives the announcement, which is still to be appended. */
  async write(id: string, document: { [field: string]: string | number } | null, { topic, name } = ORDERS): Promise<NewLogRecord> {
    const previous = (await this.store.records(name, [id])).get(id) ?? null;
    const version = ++this.#version;
    const place = { counterType: 'timestamp', counter: String(version), topic: 'in', partition: 0, offset: version, part: 0 };
    const meta = JSON.stringify({ ...place, timestamp: 0, recordKey: null, createdAt: 0, updatedAt: version });
    const next = document === null ? null : new StoredRecord(id, JSON.stringify(document), 'PUBLIC', meta);
    await this.store.transact((writer) => writer.write(name, [{ id, previous, next }]));
    const delta = { collection: name, id, before: previous, after: next, position: null };
    return encodeDelta(delta, { topic, kind: 'projection', source: null, key: ['id'], lane: 'interactive', now: 0 });
  }

  /** Appends, and waits until the feed has taken all in. */
  async announce(...messages: readonly NewLogRecord[]): Promise<void> {
    await this.log.append(messages);
    for (;;) {
      const topics = await this.log.topics();
      const isBehind = topics.some(({ topic, partitions }) =>
        partitions.some(({ end }) => (this.feed.positions.get(topic)?.get(0) ?? 0) < end),
      );
      if (!isBehind) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** `id before>after` of each delta by commit; `*` and a name where a collection was replaced. */
  get told(): readonly string[] {
    const value = (record: StoredRecord | null): string => (record === null ? '-' : Number(record.document['n']).toString());
    return this.commits.map(({ deltas, replaced }) =>
      [...deltas.map(({ id, before, after }) => `${id} ${value(before)}>${value(after)}`), ...replaced.map((name) => `*${name}`)].join(),
    );
  }
}

describe('a change feed', () => {
  let world: World | undefined;
  afterEach(async () => world?.feed[Symbol.asyncDispose]());

  test('tells what is stored when an announcement comes, not what was announced', async () => {
    world = await World.open();
    const first = await world.write('a', { n: 1 });
    const second = await world.write('a', { n: 2 });
    await world.announce(first);
    expect(world.told).toEqual(['a ->1,a 1>2']);
    await world.announce(second);
    // Version 1 was named with version 2 before, so nobody can hold it.
    expect(world.told).toHaveLength(1);
  });

  test('tells nothing again that is announced again', async () => {
    world = await World.open();
    const first = await world.write('a', { n: 1 });
    await world.announce(first);
    await world.announce(first, first);
    expect(world.told).toEqual(['a ->1']);
  });

  test('tells of a document that came again between two announcements of its end', async () => {
    world = await World.open();
    const made = await world.write('a', { n: 1 });
    const removed = await world.write('a', null);
    await world.announce(made, removed);
    const madeAgain = await world.write('a', { n: 1 });
    const removedAgain = await world.write('a', null);
    await world.announce(removedAgain);
    await world.announce(madeAgain, removed);
    expect(world.told).toEqual(['a ->1,a 1>-', 'a 1>-']);
  });

  test('reads each collection once for all that is announced together', async () => {
    world = await World.open();
    const messages = [];
    for (const id of ['a', 'b', 'c']) messages.push(await world.write(id, { n: 1 }), await world.write(id, { n: 1 }, DISHES));
    await world.announce(...messages);
    expect(world.reads).toBe(2);
    expect(world.told).toEqual(['a ->1,b ->1,c ->1', 'a ->1,b ->1,c ->1']);
  });

  test('goes on when the store is there again, with nothing left out', async () => {
    world = await World.open();
    world.storeFailures.push(new AppError('STORE_UNREACHABLE', 'No store'), new AppError('STORE_UNREACHABLE', 'No store'));
    await world.announce(await world.write('a', { n: 1 }));
    expect(world.told).toEqual(['a ->1']);
    expect(world.feed.stats.failingSince).toBeNull();
  });

  test('goes on from where it was when the log is there again', async () => {
    world = await World.open();
    await world.announce(await world.write('a', { n: 1 }));
    world.pollFailures.push(new AppError('LOG_UNREACHABLE', 'No log'), new AppError('LOG_UNREACHABLE', 'No log'));
    // The poll that waits is answered before the failing ones.
    await world.announce(await world.write('b', { n: 1 }));
    await world.announce(await world.write('c', { n: 1 }));
    expect(world.told).toEqual(['a ->1', 'b ->1', 'c ->1']);
  });

  test('has everything read again where announcements were lost', async () => {
    world = await World.open();
    world.pollFailures.push(new AppError('POSITION_LOST', 'Gone'));
    await world.announce(await world.write('a', { n: 1 }));
    await world.announce(await world.write('b', { n: 1 }));
    expect(world.told).toContain('*orders,*dishes');
  });

  test('says which collections were replaced', async () => {
    world = await World.open();
    await world.announce(encodeReplacement('dishes', { topic: DISHES.topic, kind: 'projection', now: 0 }));
    expect(world.told).toEqual(['*dishes']);
  });

  test('leaves out what cannot be read, and tells the rest', async () => {
    world = await World.open();
    await world.announce({ topic: ORDERS.topic, key: null, value: '{' }, await world.write('a', { n: 1 }));
    expect(world.told).toEqual(['a ->1']);
    expect(world.feed.stats.malformed).toBe(1);
  });

  test('passes by what nobody follows, and says so once to those who may come back', async () => {
    const followed = new Set<string>(['orders']);
    world = await World.open({ isWanted: (name) => followed.has(name) });
    await world.announce(await world.write('a', { n: 1 }));
    followed.clear();
    await world.announce(await world.write('a', { n: 2 }));
    world.clock.advance(60_000);
    await world.announce(await world.write('a', { n: 3 }), await world.write('a', { n: 4 }));
    await world.announce(await world.write('a', { n: 5 }));
    expect(world.told).toEqual(['a ->1', 'a 1>2', '*orders']);
    await world.feed.snapshot('orders', ALL);
    await world.announce(await world.write('a', { n: 6 }));
    expect(world.told.at(-1)).toBe('a 5>6');
  });

  test('says that a collection is replaced that is not there any more', async () => {
    world = await World.open();
    const message = await world.write('a', { n: 1 });
    await world.store.drop('orders');
    await world.announce(message);
    expect(world.told).toEqual(['*orders']);
    await expect(world.feed.snapshot('orders', ALL)).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION' });
    await expect(world.feed.snapshot('guests', ALL)).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION' });
  });

  test('tells collections that share a topic apart', async () => {
    const shared = { ...DISHES, topic: ORDERS.topic };
    world = await World.open({ collections: [ORDERS, shared] });
    await world.announce(await world.write('a', { n: 1 }, shared), await world.write('b', { n: 2 }));
    expect(world.commits.flatMap(({ deltas }) => deltas.map(({ collection, id }) => `${collection} ${id}`)).sort()).toEqual([
      'dishes a',
      'orders b',
    ]);
  });

  test('begins with what is announced after its start', async () => {
    world = await World.open();
    await world.announce(await world.write('a', { n: 1 }));
    const later = await ChangeFeed.open({ store: world.store, log: world.log, collections: [ORDERS], clock: world.clock });
    const heard: Commit[] = [];
    later.onCommit((commit) => void heard.push(commit));
    expect(await later.snapshot('orders', ALL)).toMatchObject({ sequence: 0, records: [{ id: 'a' }] });
    await world.log.append([await world.write('b', { n: 1 })]);
    while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(heard[0]).toMatchObject({ sequence: 1, deltas: [{ id: 'b' }] });
    await later[Symbol.asyncDispose]();
  });
});
