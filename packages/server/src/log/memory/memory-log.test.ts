import { expect, test } from 'vitest';
import { registerLogTests } from '../log-conformance.ts';
import { MemoryLog } from './memory-log.ts';

registerLogTests('memory', async (options) => {
  const log = new MemoryLog(options);
  return { log, reopen: async () => log, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
});

test('disposing ends waiting polls, and a second engine starts on what is there', async () => {
  const log = new MemoryLog();
  const waiting = (await log.subscribe({ group: 'g', topics: ['orders'] })).poll(10);
  await log[Symbol.asyncDispose]();
  expect(await waiting).toEqual([]);
  await log.append([{ topic: 'orders', key: 'k', value: 'v' }]);
  await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
  expect((await consumer.poll(10)).length).toBe(1);
});

test('a topic that is deleted and made again has another id, and is read from its beginning', async () => {
  const log = new MemoryLog();
  await log.append([{ topic: 'orders', key: 'k', value: 'old' }]);
  await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
  await consumer.poll(10);
  const [before] = await log.topics();
  log.deleteTopic('orders');
  await log.append([{ topic: 'orders', key: 'k', value: 'new' }]);
  expect((await log.topics())[0]?.topicId).not.toBe(before?.topicId);
  expect((await consumer.poll(10)).map(({ value, offset }) => [value, offset])).toEqual([['new', 0]]);
});
