import { expect, test } from 'vitest';
import { MemoryLog } from '../log/memory/memory-log.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { checkTopicIds, rememberTopicIds } from './topic-identity.ts';

async function world(topics: readonly string[]) {
  const log = new MemoryLog();
  const store = new MemoryStore();
  await log.createTopics(topics);
  const all = ['orders', 'items'];
  const readers = ['engine', 'second'].map((group) => ({ group, topics: all }));
  return {
    log,
    store,
    check: (accepted: readonly string[] = []) => checkTopicIds({ log, store, topics: all, accepted, readers }),
    remember: () => rememberTopicIds({ log, store, topics: all }),
    deleteTopics: (names: readonly string[]) => names.forEach((name) => log.deleteTopic(name)),
  };
}

test('a topic that is as it was, or was never read, asks for nothing', async () => {
  const { log, store, check, remember } = await world(['orders']);
  expect(await check()).toEqual([]);
  await remember();
  expect([...(await store.facts('topic:')).keys()]).toEqual(['topic:orders']);
  expect(await check()).toEqual([]);
  await log.createTopics(['items']);
  expect(await check()).toEqual([]);
});

test('a topic that was made again is refused, until it is accepted: then it is read from its beginning', async () => {
  const { log, store, check, remember, deleteTopics } = await world(['orders', 'items']);
  await remember();
  const positions = (orders: readonly [number, number], items: number) =>
    new Map([
      ['orders', new Map(orders.entries())],
      ['items', new Map([[0, items]])],
    ]);
  await store.transact((writer) => writer.savePositions('engine', positions([7, 3], 5)));
  deleteTopics(['orders', 'items']);
  await log.createTopics(['orders', 'items']);
  await expect(check()).rejects.toMatchObject({
    code: 'TOPIC_RECREATED',
    message: expect.stringContaining('Topics orders, items were deleted and made again'),
  });
  await expect(check(['orders'])).rejects.toThrow('Topic items was deleted and made again');
  expect(await store.positions('engine')).toEqual(positions([7, 3], 5));
  expect(await check(['orders', 'items'])).toHaveLength(2);
  expect(await store.positions('engine')).toEqual(positions([0, 0], 0));
  expect(await check()).toEqual([]);
});

test('a topic that is gone is refused before it could be made again', async () => {
  const { log, store, check, remember, deleteTopics } = await world(['orders', 'items']);
  await remember();
  deleteTopics(['orders']);
  await expect(check(['items'])).rejects.toThrow('Topic orders was deleted');
  expect(await check(['orders'])).toHaveLength(1);
  await log.createTopics(['orders']);
  expect(await check()).toEqual([]);
  await remember();
  expect((await store.facts('topic:')).size).toBe(2);
});
