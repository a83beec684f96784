import * as fc from 'fast-check';
import { assert, test } from 'vitest';
import { propertyOptions } from '../../server/src/testing/property.ts';
import { ManualClock, settled } from './manual-clock.test-support.ts';
import { connect } from './millrace.ts';
import type { Millrace } from './millrace.ts';
import type { Query } from './query.ts';
import { requestOf } from './request.ts';
import type { PlainQuery } from './request.ts';
import { SimulatedServer } from './simulated-server.test-support.ts';
import type { Doc } from './simulated-server.test-support.ts';
import type { Snapshot } from './snapshot.ts';

interface Collections {
  readonly things: Omit<Doc, '_id'>;
}

const QUERIES: readonly Query<Collections['things']>[] = [
  {},
  { where: { group: 1 } },
  { sort: { n: 1 } },
  { where: { group: 0 }, sort: { n: -1 }, limit: 3 },
  { limit: 2 },
];

type Step =
  | { readonly do: 'commit'; readonly changes: readonly { readonly id: string; readonly doc: Omit<Doc, '_id'> | null }[] }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly query: number }
  | { readonly do: 'deliver'; readonly count: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'close'; readonly code: number }
  | { readonly do: 'heartbeat' | 'newEpoch' | 'down' | 'up' | 'reset' | 'nonsense' | 'reconnect' };

const change = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  doc: fc.option(fc.record({ group: fc.nat(1), n: fc.nat(5) }), { freq: 3 }),
});
const query = fc.nat(QUERIES.length - 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit' as const), changes: fc.array(change, { minLength: 1, maxLength: 4 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('subscribe' as const), query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), query }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 100, 5_000, 60_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), code: fc.constantFrom(1001, 1006, 4008, 4009, 4029) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('heartbeat', 'newEpoch', 'down', 'up', 'reset', 'nonsense', 'reconnect'),
    }) as fc.Arbitrary<Step>,
  },
);

/** One who subscribes, and checks everything that is told. */
class Watcher {
  readonly #query: number;
  readonly #server: SimulatedServer;
  readonly #stop: () => void;
  last: Snapshot<Doc> | undefined;
  failure: unknown;
  #isSubscribed = false;

  constructor(client: Millrace<Collections>, server: SimulatedServer, number: number) {
    this.#query = number;
    this.#server = server;
    this.#stop = client.liveQuery('things', QUERIES[number]).subscribe((snapshot) => {
      try {
        this.#take(snapshot as Snapshot<Doc>);
      } catch (error) {
        this.failure ??= error;
      }
    });
    this.#isSubscribed = true;
  }

  get expected(): readonly Doc[] {
    return this.#server.resultOf(requestOf('things', QUERIES[this.#query] as PlainQuery));
  }

  stop(): void {
    this.#stop();
    this.#isSubscribed = false;
  }

  #take(snapshot: Snapshot<Doc>): void {
    assert(this.#isSubscribed, 'told before subscribe returned, or after it was ended');
    assert(snapshot.position !== undefined);
    const request = requestOf('things', QUERIES[this.#query] as PlainQuery);
    assert.deepEqual(comparable(request, snapshot.rows), comparable(request, this.#server.resultOf(request, snapshot.position)));
    if (this.last !== undefined) {
      const held = new Map(this.last.rows.map((row) => [row._id, row]));
      for (const each of snapshot.changes) {
        assert.equal(held.get(each.id), each.kind === 'insert' ? undefined : each.previous);
        if (each.kind === 'delete') held.delete(each.id);
        else held.set(each.id, each.row);
      }
      assert(held.size === snapshot.rows.length && snapshot.rows.every((row) => held.get(row._id) === row), 'the changes do not lead here');
    }
    this.last = snapshot;
  }
}

function comparable({ sort, limit }: PlainQuery, rows: readonly Doc[]): readonly Doc[] {
  return sort === undefined && limit === undefined ? [...rows].sort((a, b) => (a._id < b._id ? -1 : 1)) : rows;
}

async function play(steps: readonly Step[], randomSeed: number): Promise<void> {
  const server = new SimulatedServer();
  const clock = new ManualClock();
  let seed = randomSeed;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const client = connect<Collections>('http://simulated', { transport: server, clock, random });
  const watchers = new Map<number, Watcher>();
  for (const each of steps) {
    for (const { failure } of watchers.values()) if (failure !== undefined) throw failure;
    await act(each, { server, clock, client, watchers });
    await settled();
  }
  server.isDown = false;
  // Everything arrives: attempts are made, subscriptions answered.
  for (let round = 0; round < 20; round++) {
    await clock.advance(5_000);
    server.heartbeat();
    while (server.deliver()) await settled();
  }
  for (const watcher of watchers.values()) {
    if (watcher.failure !== undefined) throw watcher.failure;
    assert.equal(watcher.last?.status, 'live');
    assert.sameDeepMembers([...(watcher.last?.rows ?? [])], [...watcher.expected]);
  }
  client.close();
  for (const watcher of watchers.values()) assert.equal(watcher.last?.status, 'closed');
  assert.equal(clock.timers, 0);
}

interface Scene {
  readonly server: SimulatedServer;
  readonly clock: ManualClock;
  readonly client: Millrace<Collections>;
  readonly watchers: Map<number, Watcher>;
}

async function act(each: Step, { server, clock, client, watchers }: Scene): Promise<void> {
  const socket = server.sockets.findLast(({ isClosed, isDropped }) => !isClosed && !isDropped);
  switch (each.do) {
    case 'commit':
      return server.commit(each.changes);
    case 'subscribe':
      if (!watchers.has(each.query)) watchers.set(each.query, new Watcher(client, server, each.query));
      return;
    case 'unsubscribe':
      watchers.get(each.query)?.stop();
      return void watchers.delete(each.query);
    case 'deliver':
      for (let i = 0; i < each.count; i++) for (const one of server.sockets) server.deliverOne(one);
      return;
    case 'advance':
      return clock.advance(each.ms);
    case 'close':
      if (socket !== undefined) server.close(socket, each.code);
      return;
    case 'heartbeat':
      return server.heartbeat();
    case 'newEpoch':
      for (const one of server.sockets) server.close(one, 1001);
      return server.newEpoch();
    case 'down':
    case 'up':
      server.isDown = each.do === 'down';
      return;
    case 'reset':
      for (const { data } of socket?.subscriptions.values() ?? []) {
        socket?.send({
          id: '',
          type: 'realtime-reset',
          data: { id: data.id, docs: server.docsOf(data, server.resultOf(data)), position: server.position },
        });
      }
      return;
    case 'nonsense':
      for (const text of [
        '',
        '{',
        'null',
        '[]',
        '{"type":"realtime-feed"}',
        '{"type":"realtime-feed","data":{"id":"no"}}',
        '{"type":"x","data":{}}',
      ])
        socket?.toClient.push(text);
      return;
    case 'reconnect':
      return client.reconnect();
  }
}

test('under every history each snapshot is the result at its position, and in the end the result of now', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 2_147_483_646 }), play),
    propertyOptions(300, 10_000),
  );
});
