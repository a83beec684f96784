import { expect, test } from 'vitest';
import { projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../core/hand-over-topics.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const FOR_ALL = SMALL_PROJECT['millrace.yaml'].replace('    systems:', '    kafkaProjectionUpdates: ./updates.json\n    systems:');

async function load(files: Files) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, ...files });
  const { definitions, problems } = await project.load();
  return { definitions, lines: problemLines(problems).map((line) => line.split(' | ').slice(0, 2).join(' | ')) };
}

test('stages hand over in topics of the project, or in those that it names', async () => {
  const { definitions, lines } = await load({
    'millrace.yaml': FOR_ALL,
    'updates.json': { customers: { updatesTopic: 'acme.customers.pr-update' }, sv_customers: { updatesTopic: 'acme.sv' }, orders: {} },
    'views/customers/kafkaProjectionUpdates.json': { customers: { updatesTopic: 'acme.customers.pr-update' }, orders: {} },
  });
  expect(lines).toEqual([]);
  const naming = { id: 'shop', definitions: definitions ?? {} };
  expect([
    projectionUpdatesTopic(naming, 'customers'),
    projectionUpdatesTopic(naming, 'orders'),
    viewUpdatesTopic(naming, 'sv_customers'),
    viewUpdatesTopic({ id: 'shop', definitions: {} }, 'sv_customers'),
    triggersTopic(naming, 'sv_customers', 'interactive'),
    triggersTopic(naming, 'sv_customers', 'bulk'),
  ]).toEqual([
    'acme.customers.pr-update',
    'shop.orders.pr-update',
    'acme.sv',
    'shop.sv_customers.sv-update',
    'shop.sv_customers.sv-trigger',
    'shop.sv_customers.sv-trigger.bulk',
  ]);
});

test('files that name different topics for one collection are refused', async () => {
  const { lines } = await load({
    'millrace.yaml': FOR_ALL,
    'updates.json': { customers: { updatesTopic: 'a' }, orders: { updatesTopic: 'a b' } },
    'views/customers/kafkaProjectionUpdates.json': { customers: { updatesTopic: 'b' }, orders: { updatesTopic: 'a' } },
  });
  expect(lines).toEqual([
    'updates.json:6:21 error CONFIG_VALUE | updatesTopic "a b" cannot be the name of a topic',
    'views/customers/kafkaProjectionUpdates.json:3:21 error CONFIG_CLASH | Updates of customers go to b, and by updates.json:3:21 to a',
  ]);
});

test('a projection does not read what stages hand over, nor on Kafka from topics with too long names', async () => {
  const fields = { id: { type: 'string', primaryKey: true } };
  const files = {
    'projections/customers.json': { fields, topics: ['shop.orders.pr-update'] },
    'projections/orders.json': { fields, topics: ['x'.repeat(240)] },
  };
  const clash =
    'projections/customers.json:1:1 error CONFIG_CLASH | Projection customers reads topic shop.orders.pr-update, in which updates of orders are told';
  expect((await load(files)).lines.filter((line) => !line.includes('UNKNOWN'))).toEqual([clash]);
  expect((await load({ ...files, 'millrace.yaml': `${SMALL_PROJECT['millrace.yaml']}log: { use: kafka }\n` })).lines).toEqual([
    clash,
    expect.stringMatching(
      /^projections\/orders.json:1:1 error CONFIG_VALUE \| Topic "x+…, which projection orders reads, has a name of 240 characters$/,
    ),
  ]);
});

test('settings of a topic that nobody uses do nothing, which is told', async () => {
  const named = '{ shop.order.ingestion: { partitions: 2 }, shop.orders.ingestion.dead-letter: { partitions: 2 } }';
  const { lines } = await load({ 'millrace.yaml': `${SMALL_PROJECT['millrace.yaml']}topics: { named: ${named} }\n` });
  expect(lines).toEqual([
    'millrace.yaml:11:20 warning CONFIG_NO_EFFECT | topics.named has settings of shop.order.ingestion, a topic that the project does not use',
  ]);
});
