import { expect, test } from 'vitest';
import { SMALL_PROJECT, temporaryProject } from '../config/temporary-project.test-support.ts';
import { openTestEngine } from './test-engine.ts';

const put = (table: string, row: { readonly id: string }) => ({
  topic: `shop.${table}.ingestion`,
  key: { id: row.id },
  value: { op: 'u', before: null, after: row },
});

test('changes lead to documents, as in the real engine', async () => {
  await using project = await temporaryProject(SMALL_PROJECT);
  await using engine = await openTestEngine(project.folder);
  await engine.ingest([put('orders', { id: '1', customer: 'a' } as { id: string }), put('customers', { id: 'a' })]);
  await engine.settle();
  expect(await engine.get('sv_customers', 'a')).toEqual({ id: 'a', name: null, orders: [{ id: '1', total: null }] });
  expect(await engine.find('orders', { customer: 'a' }, { metadata: true })).toMatchObject([{ _id: '1', __STATE__: 'PUBLIC' }]);

  await engine.ingest([{ ...put('orders', { id: '1' }), value: { op: 'd', before: { id: '1' }, after: null } }]);
  await engine.settle();
  expect(await engine.get('sv_customers', 'a')).toMatchObject({ orders: [] });
  expect(await engine.get('orders', '1')).toBeUndefined();
  expect(await engine.errors()).toEqual([]);
});

test('what cannot be processed is told', async () => {
  await using project = await temporaryProject(SMALL_PROJECT);
  await using engine = await openTestEngine(project.folder);
  await engine.ingest([{ topic: 'shop.orders.ingestion', key: { id: '1' }, value: 'no JSON' }]);
  await engine.settle();
  expect(await engine.errors()).toMatchObject([{ kind: 'dead-letter', code: 'MALFORMED_VALUE' }]);
});

test('topics and collections that there are not are refused', async () => {
  await using project = await temporaryProject(SMALL_PROJECT);
  await using engine = await openTestEngine(project.folder);
  await expect(engine.ingest([{ topic: 'shop.order.ingestion' }])).rejects.toThrow('did you mean "shop.orders.ingestion"');
  await expect(engine.get('nothing', 1)).rejects.toThrow('"nothing" is no collection of this project');
});

test('a project that is wrong is refused with its problems', async () => {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'erSchema.json': '{' });
  await expect(openTestEngine(project.folder)).rejects.toThrow('erSchema.json');
});
