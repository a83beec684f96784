import { appendFile, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { enqueueJob } from '../../packages/server/src/flow/jobs/job-rows.ts';
import { STATES } from '../../packages/server/src/core/record.ts';
import { canReplay } from '../../packages/server/src/runtime/replay-errors.ts';
import { filesOf } from '../specification/files.ts';
import { at, put, remove } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import { START } from '../specification/start.ts';
import type { Project } from '../specification/project.ts';
import { askLoad, countsOf, load, putLoad, statusOf, stepUntil } from './loading.ts';

function files(options: { readonly hard?: boolean } = {}): ReturnType<typeof filesOf> {
  return filesOf({
    projections: { orders: { id: 'number!', customer: 'string', total: 'number' }, customers: { id: 'string!', name: 'string' } },
    ...(options.hard === true ? { projectionOptions: { orders: { deleteMechanism: 'hard' } } } : {}),
    relations: [['orders', 'customers', 'order_of_customer', { id: 'customer' }]],
    views: {
      sv_customers: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
          mapping: { id: 'customers.id', name: 'customers.name', orders: 'ORDERS' },
        },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: { orders: { type: 'projection', on: 'order_of_customer' } },
          mapping: { id: 'orders.id', total: 'orders.total' },
        },
      },
    },
  });
}

const order = (id: number, customer: string, total: number): { id: number; customer: string; total: number } => ({ id, customer, total });
/** More than one chunk. */
const many = (count: number, total = 1): object[] => Array.from({ length: count }, (_, i) => order(i, `c${i % 10}`, total));
const customers = Array.from({ length: 10 }, (_, i) => put('customers', { id: `c${i}`, name: `Customer ${i}` }));

async function ordersOf(project: Project): Promise<readonly unknown[]> {
  const documents = await project.documents('sv_customers');
  return documents.flatMap(({ orders }) => orders as readonly unknown[]);
}

describe('into an empty projection', () => {
  test('all rows are there, and the views that read it are whole', async () => {
    await using project = await openProject(files());
    await project.process(...customers);
    const status = await load(project, 'orders', many(5_000));
    expect(status).toMatchObject({ state: 'done', error: null });
    expect(countsOf(status)).toEqual({ rows: 5_000, loaded: 5_000 });
    expect(await project.documents('orders')).toHaveLength(5_000);
    expect(await ordersOf(project)).toHaveLength(5_000);
    expect(await project.document('orders', 7, { metadata: true })).toMatchObject({
      id: 7,
      customer: 'c7',
      __STATE__: 'PUBLIC',
      __internal__counterType: 'load',
      __internal__kafkaInfo: { partition: 0, offset: '8' },
    });
    expect(await project.errors()).toEqual([]);
  });

  test('views are neither built nor looked for before it is full, and each is built once', async () => {
    await using project = await openProject(files());
    await project.process(...customers);
    const built = project.engine.stats().viewsBuilt;
    const id = await askLoad(project, 'orders', many(5_000));
    await stepUntil(project, async () => (await statusOf(project.engine.store, id)).done > 0);
    await project.ingest(put('customers', { id: 'c1', name: 'Other' }), put('orders', order(9_999, 'c1', 5)));
    await stepUntil(project, async () => (await project.document('orders', 9_999)) !== undefined);
    expect((await statusOf(project.engine.store, id)).state).toBe('running');
    expect(await project.document('sv_customers', 'c1')).toMatchObject({ name: 'Customer 1', orders: [] });
    await project.idle();
    expect(await project.document('sv_customers', 'c1')).toMatchObject({ name: 'Other' });
    expect(await ordersOf(project)).toHaveLength(5_001);
    expect(project.engine.stats().viewsBuilt - built).toBe(10);
  });

  test('several projections that are loaded at once fill the views once', async () => {
    await using project = await openProject(files());
    const orders = await askLoad(project, 'orders', many(5_000));
    const others = await askLoad(
      project,
      'customers',
      Array.from({ length: 10 }, (_, i) => ({ id: `c${i}`, name: 'x' })),
    );
    await project.idle();
    for (const id of [orders, others]) expect(await statusOf(project.engine.store, id)).toMatchObject({ state: 'done' });
    expect(await ordersOf(project)).toHaveLength(5_000);
    expect(project.engine.stats().viewsBuilt).toBe(10);
  });

  test('of a key that comes twice the last row counts', async () => {
    await using project = await openProject(files());
    const status = await load(project, 'orders', [
      order(1, 'c1', 1),
      order(2, 'c1', 2),
      order(1, 'c1', 3),
      ...many(3_000, 9).slice(3),
      order(1, 'c2', 4),
    ]);
    expect(countsOf(status)).toEqual({ rows: 3_001, loaded: 2_999, duplicates: 2 });
    expect(await project.document('orders', 1)).toEqual(order(1, 'c2', 4));
  });

  test('who holds results of it is told that it was replaced, and nobody of single rows', async () => {
    await using project = await openProject(files());
    const replaced: string[] = [];
    project.engine.store.onCommit((commit) => void replaced.push(...commit.replaced));
    await load(project, 'orders', many(5_000));
    expect(new Set(replaced)).toEqual(new Set(['orders']));
    expect(project.announced.filter(({ collection }) => collection === 'orders')).toEqual([]);
  });

  test('look-ups find all rows by their indexes after', async () => {
    await using project = await openProject(files());
    await project.process(...customers);
    await load(project, 'orders', many(3_000));
    await project.process(put('customers', { id: 'c3', name: 'Again' }));
    expect((await project.document('sv_customers', 'c3'))?.['orders']).toHaveLength(300);
  });
});

describe('into a projection that has rows', () => {
  test('what differs is changed, and only that is announced and built', async () => {
    await using project = await openProject(files());
    await project.process(...customers, put('orders', order(1, 'c1', 1)), put('orders', order(2, 'c2', 2)));
    project.announced.length = 0;
    project.clock.advance(1);
    const status = await load(project, 'orders', [order(1, 'c1', 1), order(2, 'c3', 2), order(3, 'c3', 3)]);
    expect(countsOf(status)).toEqual({ rows: 3, loaded: 2, unchanged: 1 });
    const changed = project.announced.map(({ collection, id }) => `${collection} ${id}`).sort();
    expect(changed).toEqual(['orders 2', 'orders 3', 'sv_customers c2', 'sv_customers c3']);
    expect(await project.document('sv_customers', 'c2')).toMatchObject({ orders: [] });
    expect((await project.document('sv_customers', 'c3'))?.['orders']).toHaveLength(2);
  });

  test('the same rows again change nothing', async () => {
    await using project = await openProject(files());
    await load(project, 'orders', many(3_000));
    project.announced.length = 0;
    project.clock.advance(1);
    expect(countsOf(await load(project, 'orders', many(3_000)))).toEqual({ rows: 3_000, unchanged: 3_000 });
    expect(project.announced).toEqual([]);
  });

  test('a later load wins over an earlier one', async () => {
    await using project = await openProject(files());
    await load(project, 'orders', many(100, 1));
    project.clock.advance(1);
    expect(countsOf(await load(project, 'orders', many(100, 2)))).toEqual({ rows: 100, loaded: 100 });
    expect(countsOf(await load(project, 'orders', many(100, 3), { startedAt: START }))).toMatchObject({ overtaken: 100 });
    expect(await project.document('orders', 1)).toMatchObject({ total: 2 });
  });
});

/** The engine starts anew at the beginning of the log. */
async function readAgain(project: Project): Promise<void> {
  const topics = ['orders', 'customers'].map((name) => [`shop.${name}.ingestion`, new Map([[0, 0]])] as const);
  await project.engine.store.transact((writer) => writer.savePositions('millrace', new Map(topics)));
  await project.restart();
  await project.idle();
}

/** What is there when a load begins at 1,000, what of it is left, and what the rows are counted as. */
describe.each(['soft', 'hard'])('beside live changes, with %s deletes', (mechanism) => {
  const before = at(START + 500, put('orders', order(1, 'c1', 1)));
  const after = at(START + 1_500, put('orders', order(1, 'c1', 2)));
  const sameTime = at(START + 1_000, put('orders', order(1, 'c1', 2)));
  const gone = (time: number) => at(START + time, remove('orders', 1));
  test.each([
    ['nothing', [], 7, 'loaded'],
    ['a row from before', [before], 7, 'loaded'],
    ['a row from after', [before, after], 2, 'overtaken'],
    ['a row from the very moment', [sameTime], 2, 'overtaken'],
    ['a delete from before', [before, gone(600)], 7, 'loaded'],
    ['a delete from after', [before, gone(1_600)], undefined, 'overtaken'],
    ['a delete from after, of a row that never was', [gone(1_600)], undefined, 'overtaken'],
  ] as const)('%s', async (_, messages, total, counted) => {
    await using project = await openProject(files({ hard: mechanism === 'hard' }));
    await project.process(...customers, ...messages);
    const status = await load(project, 'orders', [order(1, 'c1', 7)], { startedAt: START + 1_000 });
    expect(countsOf(status)).toEqual({ rows: 1, [counted]: 1 });
    const found = async (): Promise<unknown> => (await project.document('orders', 1))?.['total'];
    expect(await found()).toBe(total);
    await readAgain(project);
    expect(await found()).toBe(total);
    expect(await project.document('sv_customers', 'c1')).toMatchObject({ orders: total === undefined ? [] : [{ id: 1, total }] });
    await project.process(at(START + 2_000, put('orders', order(1, 'c2', 8))));
    expect(await found()).toBe(8);
  });
});

describe('beside live changes', () => {
  test('a change that comes while an empty projection is filled stays, and what is deleted stays away', async () => {
    await using project = await openProject(files());
    await project.process(...customers);
    const id = await askLoad(project, 'orders', many(6_000));
    await stepUntil(project, async () => (await project.document('orders', 0)) !== undefined);
    await project.ingest(
      put('orders', order(0, 'c1', 50)),
      put('orders', order(5_999, 'c1', 60)),
      remove('orders', 1),
      remove('orders', 5_998),
    );
    await project.idle();
    expect(await project.document('orders', 0)).toMatchObject({ total: 50 });
    expect(await project.document('orders', 5_999)).toMatchObject({ total: 60 });
    expect(await project.documents('orders')).toHaveLength(5_998);
    expect(await ordersOf(project)).toHaveLength(5_998);
    expect(countsOf(await statusOf(project.engine.store, id))).toMatchObject({ rows: 6_000, overtaken: 2 });
  });

  test('a load of a deleted row takes it up again where the delete was before', async () => {
    await using project = await openProject(files());
    await project.process(put('orders', order(1, 'c1', 1)), remove('orders', 1));
    project.clock.advance(10);
    await load(project, 'orders', [order(1, 'c1', 2)]);
    const [record] = await project.engine.store.find('orders', { filter: { kind: 'true' }, states: STATES });
    expect(record).toMatchObject({ state: 'PUBLIC' });
  });
});

describe('what cannot be loaded', () => {
  test('a refused row is a dead letter that names file and line; the others are loaded', async () => {
    await using project = await openProject(files());
    const text = '{"id":1,"customer":"c1"}\n{"id":null}\nnothing\n{"id":2,"total":"many"}\n{"id":3,"extra":true}\n';
    const status = await load(project, 'orders', text, { file: 'orders.ndjson' });
    expect(countsOf(status)).toEqual({ rows: 5, loaded: 3, refused: 2 });
    expect(status.result).toMatchObject({ unknown: { extra: 1 } });
    expect(await project.errors()).toMatchObject([
      {
        code: 'MISSING_KEY',
        projection: 'orders',
        system: 'shop',
        reason: expect.stringMatching(/^Line 2 of orders.ndjson: Primary-key field "id"/),
      },
      {
        code: 'MALFORMED_ROW',
        reason: expect.stringMatching(/^Line 3 of orders.ndjson: The row is no JSON/),
        value: new Uint8Array(Buffer.from('nothing')),
      },
    ]);
  });

  test('a refused row is not replayed: the log does not have it', async () => {
    await using project = await openProject(files());
    await load(project, 'orders', [{ id: null }]);
    const [entry] = await project.errors();
    expect(entry).toMatchObject({ code: 'MISSING_KEY', resolvedAt: null });
    expect(entry !== undefined && canReplay(entry)).toBe(false);
  });

  test('too many refused rows stop it; what is in is whole, and it goes on where it was', async () => {
    await using project = await openProject(files());
    await project.process(...customers);
    const rows = many(5_000).map((row, i) => (i % 1_000 === 999 ? { id: 'x' } : row));
    const status = await load(project, 'orders', rows, { maxRefused: 2 });
    expect(status).toMatchObject({ state: 'failed', error: { code: 'TOO_MANY_REFUSED' } });
    const { loaded } = countsOf(status) as { loaded: number };
    expect(loaded).toBeLessThan(4_995);
    expect(await ordersOf(project)).toHaveLength(loaded);
    const stopped = JSON.parse((await project.engine.store.fact('load:orders')) ?? '') as Parameters<typeof putLoad>[2];
    const again = await putLoad(project.engine.store, 'orders', { ...stopped, maxRefused: 10 });
    await project.idle();
    expect(countsOf(await statusOf(project.engine.store, again))).toEqual({ rows: 5_000, loaded: 4_995, refused: 5 });
    expect(await ordersOf(project)).toHaveLength(4_995);
    expect(await project.engine.store.fact('load:orders')).toBeNull();
  });

  test('a file that changes in the middle stops it, after a restart too', async () => {
    await using project = await openProject(files());
    const id = await askLoad(project, 'orders', many(20_000), { file: 'orders.ndjson' });
    await stepUntil(project, async () => (await project.document('orders', 0)) !== undefined);
    await appendFile(path.join(project.folder, 'orders.ndjson'), '{"id":1}\n');
    await project.restart();
    await project.idle();
    expect(await statusOf(project.engine.store, id)).toMatchObject({
      state: 'failed',
      error: {
        code: 'LOAD_FILE_CHANGED',
        message: expect.stringMatching(/^The file orders.ndjson has \d+ bytes of .*, expected \d+ bytes of /),
      },
    });
    await utimes(path.join(project.folder, 'orders.ndjson'), new Date(), new Date());
    // Nothing waits for it any more.
    await project.process(...customers);
    expect(await project.document('sv_customers', 'c1')).toMatchObject({ orders: expect.arrayContaining([{ id: 1, total: 1 }]) });
  });

  test('a projection that is gone from the project ends its load', async () => {
    await using project = await openProject(files());
    const id = await askLoad(project, 'orders', many(20_000));
    await stepUntil(project, async () => (await project.document('orders', 0)) !== undefined);
    const rest = filesOf({ projections: { customers: { id: 'string!', name: 'string' } } });
    await project.restart({
      ...rest,
      'projections/orders.json': '',
      'millrace.yaml': { id: 'project', modules: { fastData: { systems: { shop: { format: 'db2', projections: './others' } } } } },
      'others/customers.json': { fields: { id: { type: 'string', primaryKey: true } } },
    });
    await project.idle();
    expect(await statusOf(project.engine.store, id)).toMatchObject({ state: 'failed', error: { code: 'UNKNOWN_COLLECTION' } });
  });
});

describe('a load that is gone before its end', () => {
  async function begun(project: Project): Promise<string> {
    await project.process(...customers);
    const id = await askLoad(project, 'orders', many(20_000));
    await stepUntil(project, async () => (await project.document('orders', 0)) !== undefined);
    return id;
  }

  test('by a bug holds nobody up after a restart', async () => {
    await using project = await openProject(files());
    const id = await begun(project);
    await project.engine.store.transact((writer) => writer.dequeue('job', 'orders', [id]));
    await project.restart();
    await project.idle();
    expect(await ordersOf(project)).toHaveLength((await project.documents('orders')).length);
  });

  test('with its projection, which was dropped, holds nobody up', async () => {
    await using project = await openProject(files());
    await begun(project);
    const { store, pipeline } = project.engine;
    const drop = { type: 'drop', scope: 'orders', request: { force: true } };
    await store.transact((writer) => enqueueJob(writer, 'drop-1', drop, project.clock.now()));
    while ((await pipeline.stepOf('drop-1', Number.MAX_SAFE_INTEGER)) !== undefined);
    await project.process(put('orders', order(1, 'c1', 5)));
    expect(await ordersOf(project)).toEqual([{ id: 1, total: 5 }]);
    expect(countsOf(await load(project, 'orders', many(10)))).toMatchObject({ rows: 10 });
  });
});

test('a row of a truncated table that was loaded before goes, and one that is loaded after stays', async () => {
  const debezium = (payload: object) => ({ topic: 'shop.orders.ingestion', value: payload });
  const project = await openProject({
    ...files(),
    'millrace.yaml': {
      ...(files()['millrace.yaml'] as object),
      modules: { fastData: { systems: { shop: { format: 'debezium', projections: './projections' } } } },
    },
  });
  await using _ = project;
  await load(project, 'orders', many(3_000));
  project.clock.advance(1_000);
  await project.process(debezium({ op: 't', before: null, after: null, source: { ts_ms: 1 } }));
  expect(await project.documents('orders')).toEqual([]);
  expect(countsOf(await load(project, 'orders', many(10), { startedAt: START }))).toEqual({ rows: 10, overtaken: 10 });
  project.clock.advance(1_000);
  expect(countsOf(await load(project, 'orders', many(10)))).toEqual({ rows: 10, loaded: 10 });
  expect(await project.documents('orders')).toHaveLength(10);
});
