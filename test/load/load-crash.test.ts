import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { LoadJob } from '../../packages/server/src/flow/jobs/load/load-job.ts';
import type { LoadFile } from '../../packages/server/src/flow/jobs/load/load-source.ts';
import { Pipeline } from '../../packages/server/src/flow/pipeline.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { ChunkReader } from '../../packages/server/src/runtime/load/chunk-reader.ts';
import { inspectFile } from '../../packages/server/src/runtime/load/inspect-file.ts';
import { openFormats } from '../../packages/server/src/runtime/registry.ts';
import { openEmbedded } from '../../packages/server/src/sqlite/embedded-file.ts';
import { SqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { DyingPorts } from '../oracle/crash.ts';
import type { CrashPlan } from '../oracle/crash.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { START } from '../specification/start.ts';
import { countsOf, putLoad, statusOf } from './loading.ts';

const ROWS = 4_500;
const CUSTOMERS = 30;
const LIMIT_MS = 3_600_000;
const LIVES: CrashPlan = { atCall: 0, after: false };

const FILES = filesOf({
  projections: { orders: { id: 'number!', customer: 'string', total: 'number' }, customers: { id: 'string!', name: 'string' } },
  relations: [['orders', 'customers', 'order_of_customer', { id: 'customer' }]],
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'order_of_customer' } },
        mapping: { id: 'orders.id', total: 'orders.total' },
      },
    },
  },
});

let folder: string;
let file: LoadFile;
let project: NonNullable<Awaited<ReturnType<typeof readProject>>>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-load-'));
  for (const [name, content] of Object.entries(FILES)) {
    const place = path.join(folder, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, typeof content === 'string' ? content : JSON.stringify(content));
  }
  // Every hundredth row is refused, every fiftieth comes twice.
  const rows = Array.from({ length: ROWS }, (_, i) =>
    i % 100 === 7 ? '{"id":null}' : JSON.stringify({ id: i % 50 === 3 ? i - 1 : i, customer: `c${i % CUSTOMERS}`, total: i }),
  );
  await writeFile(path.join(folder, 'orders.ndjson'), rows.join('\n'));
  file = await inspectFile('orders.ndjson', { folder });
  project = await readProject();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readProject() {
  const { definitions } = await loadProject({ folder });
  if (definitions === null) throw new Error('The project is refused');
  const { plan } = derivePlan(definitions);
  if (plan === null) throw new Error('The project has no plan');
  return { definitions, plan, formatOf: await openFormats(definitions.systems, null) };
}

/** An engine that may be meant to die; it works until nothing is left to do. Gives the port calls made. */
async function live(store: Store, log: Log, crash: CrashPlan): Promise<number> {
  const ports = new DyingPorts(store, log, crash);
  const pipeline = new Pipeline({
    ...project,
    log: ports.log,
    store: ports.store,
    code: null,
    clock: new ManualClock(START + 1_000),
    logger: silentLogger,
    jobTypes: [
      (parts) => new LoadJob(parts, { open: async (plan, from) => new ChunkReader(plan, from, null), discard: async () => undefined }),
    ],
  });
  await Promise.race([pipeline.open().then(() => pipeline.runUntilIdle()), ports.died]);
  if (!ports.isDead) await Promise.race([pipeline.close(), ports.died]);
  return ports.calls;
}

async function check(store: Store, id: string, isEmpty: boolean): Promise<void> {
  const status = await statusOf(store, id);
  expect(status).toMatchObject({ state: 'done' });
  const refused = ROWS / 100;
  // A row that comes twice is a duplicate, or, where an older row stood before, still a duplicate: the key was loaded before.
  expect(countsOf(status)).toEqual({ rows: ROWS, loaded: ROWS - refused - ROWS / 50, duplicates: ROWS / 50, refused });
  const orders = await store.find('orders', { filter: { kind: 'true' } });
  const kept = isEmpty ? 0 : 1;
  expect(orders).toHaveLength(ROWS - refused - ROWS / 50 + kept);
  expect(await store.errors({ kind: 'dead-letter' })).toHaveLength(refused);
  const wanted = new Map<unknown, string[]>();
  for (const { document } of orders) {
    const { id: key, customer, total } = document;
    wanted.set(customer, [...(wanted.get(customer) ?? []), JSON.stringify([key, total])]);
  }
  const views = await store.find('sv_customers', { filter: { kind: 'true' } });
  expect(views).toHaveLength(CUSTOMERS);
  for (const { document } of views) {
    const texts = (document['orders'] as { id: number; total: number }[]).map((order) => JSON.stringify([order.id, order.total]));
    expect(texts.sort()).toEqual((wanted.get(document['id']) ?? []).sort());
  }
}

/** The last engine lives; those before die at the given calls. */
async function scenario(store: Store, crashes: readonly CrashPlan[], isEmpty: boolean): Promise<void> {
  const log = new MemoryLog({ partitions: 1 });
  const rows = [
    ...Array.from({ length: CUSTOMERS }, (_, i) => put('customers', { id: `c${i}`, name: 'x' })),
    ...(isEmpty ? [] : [put('orders', { id: -1, customer: 'c1', total: 5 })]),
  ];
  await log.createTopics(['shop.customers.ingestion', 'shop.orders.ingestion']);
  await log.append(
    rows.map(({ topic, key, value }) => ({ topic, key: JSON.stringify(key), value: JSON.stringify(value), timestamp: START })),
  );
  await live(store, log, LIVES);
  const startedAt = START + 500;
  const id = await putLoad(store, 'orders', { files: [file], delimiter: ',', startedAt, maxRefused: 1_000, isSpooled: false, from: null });
  for (const crash of crashes) await live(store, log, crash);
  await live(store, log, LIVES);
  await check(store, id, isEmpty);
}

const crash = fc.record({ atCall: fc.integer({ min: 1, max: 160 }), after: fc.boolean() });

test(
  'whenever the process dies, a load goes on with exact counts, and views equal what they are built from',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 6 }), fc.boolean(), async (crashes, isEmpty) => {
        await scenario(new MemoryStore(), crashes, isEmpty);
      }),
      propertyOptions(15, 1_000),
    );
  },
  LIMIT_MS,
);

test(
  'the same in a file, where indexes were taken away',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 6 }), fc.boolean(), async (crashes, isEmpty) => {
        const data = await mkdtemp(path.join(tmpdir(), 'millrace-load-'));
        try {
          await using embedded = openEmbedded({ folder: data });
          await using store = new SqliteStore(embedded);
          await scenario(store, crashes, isEmpty);
        } finally {
          await rm(data, { recursive: true, force: true });
        }
      }),
      propertyOptions(6, 300),
    );
  },
  LIMIT_MS,
);
