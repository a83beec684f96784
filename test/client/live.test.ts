import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import type { Millrace } from '../../packages/client/src/millrace.ts';
import type { Snapshot } from '../../packages/client/src/snapshot.ts';
import { ServedProject } from '../served/served-project.ts';
import { eventually } from './eventually.ts';
import { Proxy } from './proxy.ts';
import { SHOP, customer, order, remove } from './shop.ts';
import type { Shop } from './shop.ts';

let served: ServedProject;
let proxy: Proxy;

beforeAll(async () => {
  served = await ServedProject.open(SHOP);
  proxy = await Proxy.open();
  proxy.port = Number(new URL(served.url).port);
});

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  for (const { id } of await connect<Shop>(served.url).get('customers', { limit: 200 })) await served.process(remove('customers', id));
  for (const { id } of await connect<Shop>(served.url).get('orders', { limit: 200 })) await served.process(remove('orders', id));
});

function open(): Millrace<Shop> {
  return connect<Shop>(proxy.url, { backoff: { firstMs: 20, maxMs: 200 } });
}

/** Snapshots as they are told. */
function watch<Row>(query: { subscribe(listener: (snapshot: Snapshot<Row>) => void): () => void }): Snapshot<Row>[] {
  const told: Snapshot<Row>[] = [];
  query.subscribe((snapshot) => void told.push(snapshot));
  return told;
}

test('the first result, then each change, as rows enter, change and leave', async () => {
  await served.process(customer(1, { name: 'Ada', city: 'Rize', since: '2024-01-01T00:00:00Z' }), customer(2, { city: 'Bari' }));
  using client = open();
  const told = watch(client.liveQuery('customers', { where: { city: 'Rize' } }));
  await eventually(() => expect(told).toHaveLength(1));
  expect(told[0]).toMatchObject({
    status: 'live',
    changes: [],
    rows: [{ _id: '1', id: 1, name: 'Ada', city: 'Rize', since: new Date('2024-01-01T00:00:00Z') }],
  });
  await served.process(customer(2, { name: 'Bo', city: 'Rize' }));
  await served.process(customer(3, { city: 'Oslo' }));
  await served.process(customer(1, { name: 'Ida', city: 'Rize' }));
  await served.process(customer(2, { city: 'Oslo' }));
  await served.process(remove('customers', 1));
  await eventually(() => expect(told.at(-1)?.rows).toEqual([]));
  expect(told.flatMap(({ changes }) => changes.map(({ kind, id }) => `${kind} ${id}`))).toEqual([
    'insert 2',
    'update 1',
    'delete 2',
    'delete 1',
  ]);
});

test('what one commit changes is told at once', async () => {
  await served.process(customer(1), order(1, { customerId: 1 }));
  using client = open();
  const told = watch(client.liveQuery('orders'));
  await eventually(() => expect(told).toHaveLength(1));
  await served.process(...[1, 2, 3, 4].map((id) => order(id, { customerId: 1, status: 'new' })));
  await eventually(() => expect(told.at(-1)?.rows).toHaveLength(4));
  expect(told).toHaveLength(2);
  expect(told[1]?.changes.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(['insert 2', 'insert 3', 'insert 4', 'update 1']);
});

test('a single view is followed through the rows that it is made of', async () => {
  await served.process(customer(1, { name: 'Ada' }), order(1, { customerId: 1, total: '2.50' }));
  using client = open();
  const told = watch(client.liveQuery('sv_customers', { where: { 'orders.status': 'late' } }));
  await eventually(() => expect(told).toHaveLength(1));
  expect(told[0]?.rows).toEqual([]);
  await served.process(order(1, { customerId: 1, total: '2.50', status: 'late' }));
  await eventually(() =>
    expect(told.at(-1)?.rows).toEqual([{ _id: '1', id: 1, name: 'Ada', orders: [{ id: 1, status: 'late', total: '2.50' }] }]),
  );
  await served.process(order(1, { customerId: 2, total: '2.50', status: 'late' }));
  await eventually(() => expect(told.at(-1)?.rows).toEqual([]));
});

test('a window holds the first rows of its order, whatever comes and goes', async () => {
  await served.process(...[5, 3, 9, 7, 1].map((n) => order(n, { status: `s${n}`, total: `${n}` })));
  using client = open();
  const told = watch(client.liveQuery('orders', { sort: { total: -1 }, limit: 3 }));
  const ids = () => told.at(-1)?.rows.map(({ id }) => id);
  await eventually(() => expect(ids()).toEqual([9, 7, 5]));
  await served.process(order(8, { total: '8' }));
  await eventually(() => expect(ids()).toEqual([9, 8, 7]));
  await served.process(remove('orders', 9), remove('orders', 8));
  await eventually(() => expect(ids()).toEqual([7, 5, 3]));
  await served.process(order(1, { total: '6.5' }));
  await eventually(() => expect(ids()).toEqual([7, 1, 5]));
  for (const id of [7, 1, 5]) await served.process(remove('orders', id));
  await eventually(() => expect(ids()).toEqual([3]));
});

test('of selected fields only changes are told', async () => {
  await served.process(customer(1, { name: 'Ada', city: 'Rize' }));
  using client = open();
  const told = watch(client.liveQuery('customers', { select: { name: 1 } }));
  await eventually(() => expect(told).toHaveLength(1));
  expect(told[0]?.rows).toEqual([{ _id: '1', name: 'Ada' }]);
  await served.process(customer(1, { name: 'Ada', city: 'Oslo' }));
  await served.process(customer(1, { name: 'Ida', city: 'Oslo' }));
  await eventually(() => expect(told.at(-1)?.rows).toEqual([{ _id: '1', name: 'Ida' }]));
  expect(told).toHaveLength(2);
});

test('after a cut connection it goes on where it was', async () => {
  await served.process(customer(1, { name: 'Ada' }), customer(2, { name: 'Bo' }));
  using client = open();
  const told = watch(client.liveQuery('customers'));
  await eventually(() => expect(told).toHaveLength(1));
  const bo = told[0]?.rows.find(({ id }) => id === 2);
  const { port } = proxy;
  proxy.port = 0;
  proxy.cut();
  await eventually(() => expect(client.status).not.toBe('live'));
  await served.process(customer(1, { name: 'Ida' }), customer(3));
  expect(told.at(-1)).toMatchObject({ status: 'stale', changes: [] });
  proxy.port = port;
  await eventually(() => expect(told.at(-1)?.rows).toHaveLength(3));
  expect(
    told
      .at(-1)
      ?.changes.map(({ kind, id }) => `${kind} ${id}`)
      .sort(),
  ).toEqual(['insert 3', 'update 1']);
  expect(told.at(-1)?.rows.find(({ id }) => id === 2)).toBe(bo);
  expect(client.status).toBe('live');
});

test('a hundred queries at once are each right, through cuts', async () => {
  await served.process(...Array.from({ length: 50 }, (_, i) => order(i, { customerId: i % 10, status: `s${i % 7}`, total: `${i}` })));
  using client = open();
  const queries = Array.from({ length: 100 }, (_, i) =>
    i % 2 === 0
      ? { where: { customerId: i % 20, status: `s${i % 5}` } }
      : ({ where: { status: `s${i % 7}` }, sort: { total: 1 }, limit: 1 + (i % 9) } as const),
  );
  const lives = queries.map((query) => client.liveQuery('orders', query));
  for (const live of lives) live.subscribe(() => undefined);
  for (let round = 0; round < 6; round++) {
    await served.process(
      ...Array.from({ length: 20 }, (_, i) =>
        (i + round) % 6 === 0
          ? remove('orders', i + round)
          : order(i + round * 3, { customerId: (i * round) % 10, status: `s${(i + round) % 7}`, total: `${i}` }),
      ),
    );
    if (round % 2 === 1) proxy.cut();
  }
  await eventually(async () => {
    for (const [i, live] of lives.entries()) {
      expect(live.current().status).toBe('live');
      const fresh = await client.get('orders', { limit: 200, ...queries[i] });
      const { rows } = live.current();
      const inOrder = (list: typeof fresh) => ('sort' in (queries[i] ?? {}) ? list : [...list].sort((a, b) => a.id - b.id));
      expect(inOrder(rows)).toEqual(inOrder(fresh));
    }
  });
});

test('what the server refuses fails, and the others go on', async () => {
  await served.process(customer(1));
  using client = open();
  const refused = watch(client.liveQuery('customers', { where: { name: { $near: 1 } as never } }));
  const unknown = watch(connectAny(client).liveQuery('nothing'));
  const good = watch(client.liveQuery('customers'));
  await eventually(() => expect(good.at(-1)?.rows).toHaveLength(1));
  await eventually(() => expect(refused.at(-1)?.error?.code).toBe('INVALID_QUERY'));
  await eventually(() => expect(unknown.at(-1)?.error?.code).toBe('UNKNOWN_COLLECTION'));
});

/** The same client, of which nothing is known. */
function connectAny(client: Millrace<Shop>): Millrace {
  return client as unknown as Millrace;
}

test('one iterates over the newest states', async () => {
  await served.process(customer(1));
  using client = open();
  const sizes: number[] = [];
  for await (const { rows } of client.liveQuery('customers')) {
    sizes.push(rows.length);
    if (rows.length === 1) await served.process(customer(2), customer(3));
    else break;
  }
  expect(sizes).toEqual([1, 3]);
});
