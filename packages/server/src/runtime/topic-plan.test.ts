import { expect, test } from 'vitest';
import { SMALL_PROJECT, temporaryProject } from '../config/temporary-project.test-support.ts';
import { planTopics } from './topic-plan.ts';

const DAY_MS = 86_400_000;

async function plan(settings: string) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': SMALL_PROJECT['millrace.yaml'] + settings });
  const { config, definitions } = await project.load();
  if (config === null || definitions === null) throw new Error('Expected a project');
  return planTopics({ config, definitions });
}

test('embedded, there are the topics of the sources alone', async () => {
  expect(await plan('')).toEqual(
    ['customers', 'orders'].map((name) => ({
      topic: `shop.${name}.ingestion`,
      use: 'ingestion',
      of: [name],
      partitions: 1,
      replication: undefined,
      retentionMs: undefined,
      compaction: undefined,
    })),
  );
});

const uses = async (settings: string) => (await plan(settings)).map(({ use, topic, partitions }) => `${use} ${topic} ${partitions}`);

test('Kafka has topics of dead letters, and a store without transactions makes stages hand over', async () => {
  const sources = ['ingestion shop.customers.ingestion', 'ingestion shop.orders.ingestion'];
  const letters = ['dead-letter shop.customers.ingestion.dead-letter 1', 'dead-letter shop.orders.ingestion.dead-letter 1'];
  const handOver = [
    'pr-update shop.customers.pr-update',
    'pr-update shop.orders.pr-update',
    'sv-trigger shop.sv_customers.sv-trigger',
    'sv-trigger shop.sv_customers.sv-trigger.bulk',
    'sv-update shop.sv_customers.sv-update',
  ];
  const of = (topics: readonly string[], partitions: number) => topics.map((topic) => `${topic} ${partitions}`);
  expect(await uses('log: { use: kafka }\n')).toEqual([...of(sources, 4), ...letters]);
  expect(await uses('store: { use: mongo }\n')).toEqual(of([...sources, ...handOver], 1));
  expect(await uses('log: { use: kafka }\nstore: { use: mongo }\ntopics: { partitions: 6 }\n')).toEqual([
    ...of(sources, 6),
    ...of(handOver, 6),
    ...letters,
  ]);
});

test('settings are those of the use, and of the topic where it has its own', async () => {
  const topics = await plan(`log: { use: kafka }
store: { use: mongo }
topics:
  replication: 3
  retentionDays: { ingestion: never, handOver: 2, deadLetters: 5 }
  compact: true
  named:
    shop.orders.ingestion: { partitions: 12, retentionDays: 1, compact: false }
    shop.sv_customers.sv-update: { replication: 1 }
`);
  const settings = (name: string) => {
    const found = topics.find(({ topic }) => topic === name);
    return [found?.partitions, found?.replication, found?.retentionMs, found?.compaction];
  };
  expect(settings('shop.customers.ingestion')).toEqual([4, 3, Infinity, true]);
  expect(settings('shop.orders.ingestion')).toEqual([12, 3, DAY_MS, false]);
  expect(settings('shop.orders.pr-update')).toEqual([4, 3, 2 * DAY_MS, false]);
  expect(settings('shop.sv_customers.sv-update')).toEqual([4, 1, 2 * DAY_MS, false]);
  expect(settings('shop.orders.ingestion.dead-letter')).toEqual([1, 3, 5 * DAY_MS, false]);
});
