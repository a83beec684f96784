import { expect, test } from 'vitest';
import { SMALL_PROJECT, temporaryProject } from '../config/temporary-project.test-support.ts';
import { MemoryLog } from '../log/memory/memory-log.ts';
import { createMissingTopics } from './create-topics.ts';

async function projectWith(settings: string) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': SMALL_PROJECT['millrace.yaml'] + settings });
  const { config, definitions } = await project.load();
  if (config === null || definitions === null) throw new Error('Expected a project');
  return { config, definitions };
}

const partitionsOf = async (log: MemoryLog) =>
  Object.fromEntries((await log.topics()).map(({ topic, partitions }) => [topic, partitions.length]));

test('missing topics are made as they are wanted, and others left as they are', async () => {
  const log = new MemoryLog();
  await log.provision([{ topic: 'shop.orders.ingestion', partitions: 2, replication: undefined, retentionMs: undefined, compaction: undefined }], { apply: true }); // prettier-ignore
  const project = await projectWith('log: { use: kafka }\nstore: { use: mongo }\ntopics: { partitions: 3 }\n');
  await createMissingTopics(log, project, 'ingestion');
  expect(await partitionsOf(log)).toEqual({ 'shop.orders.ingestion': 2, 'shop.customers.ingestion': 3 });
  await createMissingTopics(log, project);
  expect(Object.keys(await partitionsOf(log))).toHaveLength(9);
});

test('missing topics are told where they may not be made, if there are any', async () => {
  const log = new MemoryLog();
  const refused = await projectWith('log: { use: kafka }\ntopics: { create: false }\n');
  await expect(createMissingTopics(log, refused, 'ingestion')).rejects.toMatchObject({
    code: 'TOPIC_MISSING',
    message: 'Topics shop.customers.ingestion, shop.orders.ingestion are missing, and cannot be made: topics.create is false',
  });
  expect(await log.topics()).toEqual([]);
  await createMissingTopics(log, await projectWith('topics: { create: false }\n'));
  await createMissingTopics(log, refused, 'ingestion');
});
