import { expect, test } from 'vitest';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import type { Project } from '../specification/project.ts';

const CUSTOMERS = 5_000;
const CITY = 'rome';
const key = (i: number): string => `c${String(i).padStart(4, '0')}`;
const customer = (i: number, name: string) => put('customers', { id: key(i), name, city: CITY });

const FILES = filesOf({
  projections: { customers: { id: 'string!', name: 'string', city: 'string' }, cities: { id: 'string!', label: 'string' } },
  relations: [['customers', 'cities', 'customer_to_city', { id: 'city' }]],
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, cities: { type: 'projection', on: 'customer_to_city' } },
        mapping: { id: 'customers.id', name: 'customers.name', city: 'cities.label' },
      },
    },
  },
});

/** All customers live in one city. */
async function openCity(settings: { readonly triggersPerBatch: number; readonly queueBatch?: number }): Promise<Project> {
  const project = await openProject(FILES, { settings: { bulkBesideInteractive: 100, queueBatch: 500, ...settings } });
  await project.ingest(put('cities', { id: CITY, label: 'Roma' }), ...Array.from({ length: CUSTOMERS }, (_, i) => customer(i, 'old')));
  await project.idle();
  return project;
}

async function queued(project: Project, lane: 'interactive' | 'bulk'): Promise<number> {
  const counts = (await project.engine.store.queued()).filter((group) => group.lane === lane && group.kind === 'trigger');
  return counts.reduce((sum, { count }) => sum + count, 0);
}

async function cities(project: Project): Promise<Map<unknown, number>> {
  const documents = await project.documents('sv_customers');
  return new Map([...Map.groupBy(documents, ({ city }) => city)].map(([city, group]) => [city, group.length]));
}

test('fresh changes pass a hot lookup row, whose views are built a part in every step', async () => {
  await using project = await openCity({ triggersPerBatch: 0 });
  const { pipeline } = project.engine;
  await project.ingest(put('cities', { id: CITY, label: 'Rome' }));
  await pipeline.step();
  expect(await queued(project, 'bulk')).toBeGreaterThan(CUSTOMERS - 1_000);
  let left = await queued(project, 'bulk');
  for (let round = 0; left > 0; round++) {
    const changed = CUSTOMERS - 1 - round;
    await project.ingest(customer(changed, `new ${round}`));
    await pipeline.step();
    expect(await project.document('sv_customers', key(changed))).toEqual({ id: key(changed), name: `new ${round}`, city: 'Rome' });
    expect(await queued(project, 'interactive')).toBe(0);
    const now = await queued(project, 'bulk');
    expect(now).toBeLessThanOrEqual(Math.max(0, left - 99));
    left = now;
  }
  expect(await cities(project)).toEqual(new Map([['Rome', CUSTOMERS]]));
});

test('a fresh change in one batch with a hot lookup row is built with that batch', async () => {
  await using project = await openCity({ triggersPerBatch: 10 });
  const last = CUSTOMERS - 1;
  await project.ingest(put('cities', { id: CITY, label: 'Rome' }), customer(last, 'new'));
  await project.engine.pipeline.step();
  expect(await project.document('sv_customers', key(last))).toEqual({ id: key(last), name: 'new', city: 'Rome' });
  expect(await queued(project, 'bulk')).toBeGreaterThan(CUSTOMERS - 1_000);
});

test('a hot row that changes all the time does not keep the last of its views from being built', async () => {
  await using project = await openCity({ triggersPerBatch: 0 });
  let changes = 0;
  while ((await cities(project)).has('Roma')) {
    await project.ingest(put('cities', { id: CITY, label: `Rome ${changes++}` }));
    await project.engine.pipeline.step();
    // A hundred at least come along with each.
    expect(changes).toBeLessThanOrEqual(CUSTOMERS / 100 + 1);
  }
  await project.idle();
  expect(await cities(project)).toEqual(new Map([[`Rome ${changes - 1}`, CUSTOMERS]]));
});

test('a hot row does not put off fresh changes that are queued', async () => {
  await using project = await openCity({ triggersPerBatch: 0, queueBatch: 50 });
  const { pipeline } = project.engine;
  await project.ingest(put('cities', { id: CITY, label: 'Roma!' }));
  await pipeline.step();
  // The last of what is queued: a fresh change passes the rest, and stays there.
  const changed = Array.from({ length: 150 }, (_, i) => CUSTOMERS - 1 - i);
  await project.ingest(...changed.map((i) => customer(i, 'new')));
  await pipeline.step();
  expect(await queued(project, 'interactive')).toBe(100);
  await project.ingest(put('cities', { id: CITY, label: 'Rome' }));
  await pipeline.step();
  await pipeline.step();
  expect(await queued(project, 'interactive')).toBe(0);
  expect(await queued(project, 'bulk')).toBeGreaterThan(CUSTOMERS - 1_000);
  for (const i of changed) expect(await project.document('sv_customers', key(i))).toMatchObject({ name: 'new' });
});

test('a refresh and a truncate go on while triggers never end', async () => {
  await using project = await openCity({ triggersPerBatch: 0 });
  const { pipeline, store } = project.engine;
  await store.transact(async (writer) => {
    await writer.enqueue([{ kind: 'job', scope: 'sv_customers', key: 'refresh', lane: 'bulk', dueAt: 0, attempts: 0, payload: '{}' }]);
    const mark = { counterType: 'timestamp', counter: '0', topic: 'shop.cities.ingestion', partition: 0, offset: 0, part: 0, timestamp: 0 };
    const payload = JSON.stringify({ mark, after: null });
    await writer.enqueue([{ kind: 'truncate', scope: 'customers', key: 't', lane: 'bulk', dueAt: 0, attempts: 0, payload }]);
  });
  const waiting = async (): Promise<boolean> => (await store.queued()).some(({ kind }) => kind !== 'trigger');
  let steps = 0;
  while (await waiting()) {
    await project.ingest(customer(steps % CUSTOMERS, `new ${steps}`));
    await pipeline.step();
    steps++;
    expect(await queued(project, 'bulk')).toBeLessThan(1_000);
    expect(steps).toBeLessThan(500);
  }
  expect(steps).toBeGreaterThan(20);
});
