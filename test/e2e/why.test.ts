import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ExampleProject, jsonLines } from './run-millrace.ts';

const put = (topic: string, id: object, row: object, timestamp: number) => ({
  topic: `${topic}.ingestion`,
  key: id,
  value: topic.startsWith('kitchen') ? row : { op: 'c', before: null, after: row },
  timestamp,
});

const CHANGES = [
  put('kitchen.restaurants', { ID: 'R-1' }, { ID: 'R-1', NAME: 'Headgate', CITY: 'Bologna' }, 1_700_000_000_000),
  put('ordering.customers', { id: 1 }, { id: 1, first_name: 'Ada', loyalty_points: 9 }, 1_700_000_000_001),
  put('ordering.orders', { id: 7 }, { id: 7, customer_id: 1, restaurant_id: 'R-1', status: 'placed' }, 1_700_000_000_002),
];

interface Node {
  readonly collection: string;
  readonly id: string;
  readonly relations: string[];
  readonly position: { topic: string; offset: number; timestamp: number };
  readonly children: Node[];
}

async function lineageOf(project: ExampleProject, ...args: string[]): Promise<Record<string, unknown> & { sources: Node[] }> {
  const { out } = await project.run('why', [...args, '--json']);
  return jsonLines(out)[0] as Record<string, unknown> & { sources: Node[] };
}

test('a document says which records are in it, from where in the log, and by which relation', async () => {
  using project = new ExampleProject();
  await project.process(CHANGES);
  const lineage = await lineageOf(project, 'sv_customers', '1');
  expect(lineage).toMatchObject({
    kind: 'view',
    stored: { state: 'PUBLIC', position: { topic: expect.stringMatching(/ingestion$/) } },
    comparison: { kind: 'equal' },
    waiting: null,
    failed: [],
  });
  const [base] = lineage.sources;
  expect(base).toMatchObject({
    collection: 'customers',
    id: '1',
    relations: [],
    position: { topic: 'ordering.customers.ingestion', offset: 0 },
  });
  expect(base?.children.find(({ collection }) => collection === 'orders')).toMatchObject({
    id: '7',
    relations: ['customer_to_orders'],
    position: { topic: 'ordering.orders.ingestion', offset: 0, timestamp: 1_700_000_000_002 },
  });

  const { code, out } = await project.run('why', ['sv_customers', '1']);
  expect(code).toBe(0);
  expect(out).toMatch(/^sv_customers 1\n/);
  expect(out).toMatch(/now +equals a recomputation/);
  expect(out).toMatch(/─ orders 7 by customer_to_orders +ordering\.orders\.ingestion\/0\/0/);
});

test('a record says where it stands in the log, and which documents show it', async () => {
  using project = new ExampleProject();
  await project.process(CHANGES);
  expect(await lineageOf(project, 'orders', '7')).toMatchObject({
    kind: 'projection',
    stored: { position: { topic: 'ordering.orders.ingestion', partition: 0, offset: 0 }, recordKey: '{"id":7}' },
    shownBy: [{ view: 'sv_customers', id: '1' }],
  });
  await project.process([{ ...CHANGES[2], value: { op: 'd', before: { id: 7 }, after: null }, timestamp: 1_700_000_000_003 } as object]);
  expect(await lineageOf(project, 'orders', '7')).toMatchObject({ stored: { state: 'DELETED', position: { offset: 1 } } });
});

test('a stored document that is not what it should be is found out', async () => {
  using project = new ExampleProject();
  await project.process(CHANGES);
  const db = new DatabaseSync(path.join(project.data, 'millrace.db'), { timeout: 30_000 });
  const table = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'c%_sv_customers'").get()?.['name'];
  db.exec(`UPDATE "${String(table)}" SET doc = replace(doc, 'Ada', 'Eve')`);
  db.close();
  const { code, out } = await project.run('why', ['sv_customers', '1']);
  expect(code).toBe(1);
  expect(out).toMatch(/differs from a recomputation in 1 place/);
  expect((await lineageOf(project, 'sv_customers', '1'))['comparison']).toMatchObject({
    kind: 'different',
    differences: [{ got: expect.stringContaining('Eve'), expected: expect.stringContaining('Ada') }],
  });
});

test('what is queued is said', async () => {
  using project = new ExampleProject();
  await project.process(CHANGES);
  const db = new DatabaseSync(path.join(project.data, 'millrace.db'), { timeout: 30_000 });
  const row = db.prepare('INSERT INTO queue (kind, scope, key, lane, due_at, attempts, payload) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const { identifier } = await lineageOf(project, 'sv_customers', '1');
  const { identifierText } = await import('../../packages/server/src/core/key.ts');
  row.run('trigger', 'sv_customers', identifierText(identifier as { id: number }), 'bulk', 5, 2, '{}');
  db.close();
  expect((await lineageOf(project, 'sv_customers', '1'))['waiting']).toEqual({ lane: 'bulk', dueAt: 5, attempts: 2 });
});

test('a document that is not there, and names that nothing has, are told apart', async () => {
  using project = new ExampleProject();
  await project.process(CHANGES);
  const { code, out } = await project.run('why', ['sv_customers', '99']);
  expect(code).toBe(1);
  expect(out).toMatch(/nothing comes of a recomputation/);
  expect(await project.run('why', ['sv_custmers', '1'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean "sv_customers"'),
  });
  expect(await project.run('why', ['dish_allergens', '1'])).toMatchObject({ code: 2 });
});

test('topics tell how much they hold and how much is still to be read', async () => {
  using project = new ExampleProject();
  const topic = async (name: string) => {
    const { out } = await project.run('topics', ['--json']);
    return (jsonLines(out) as { topic: string }[]).find((each) => each.topic === name);
  };
  expect(await project.run('topics')).toMatchObject({ code: 1, err: expect.stringContaining('DATA_NOT_FOUND') });
  await project.run(
    'ingest',
    ['--force'],
    [...CHANGES, { topic: 'elsewhere', value: 1 }].map((change) => JSON.stringify(change)).join('\n'),
  );
  const before = await topic('ordering.orders.ingestion');
  expect(before).toMatchObject({
    partitions: 1,
    records: 1,
    oldest: 1_700_000_000_002,
    newest: 1_700_000_000_002,
    projections: ['orders'],
    groups: [{ group: 'millrace', lag: 1 }],
    retention: { ms: 7 * 86_400_000, bytes: 1_000_000_000 },
  });
  expect(await topic('elsewhere')).toMatchObject({ records: 1, projections: [], groups: [] });
  expect(await topic('ordering.reviews.ingestion')).toMatchObject({ records: 0, bytes: 0, oldest: null, groups: [{ lag: 0 }] });
  await project.process([]);
  expect(await topic('ordering.orders.ingestion')).toMatchObject({ records: 1, groups: [{ lag: 0 }] });
  const { out } = await project.run('topics');
  expect(out).toMatch(/^elsewhere +1 +1 .* – +nobody$/m);
});
