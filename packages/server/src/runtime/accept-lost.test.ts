import { expect, test } from 'vitest';
import { MemoryStore } from '../store/memory/memory-store.ts';
import type { TopicInfo } from '../log/log.ts';
import { acceptLost } from './accept-lost.ts';

const log = {
  topics: async (): Promise<readonly TopicInfo[]> =>
    Promise.resolve(
      ['orders', 'items'].map((topic) => ({
        topic,
        topicId: topic,
        partitions: [0, 1, 2].map((partition) => ({ partition, begin: 5, end: 5, bytes: 0 })),
      })),
    ),
};
const readers = [{ group: 'g', topics: ['orders', 'items'] }];

test('positions go over what was removed, of the accepted topics alone, and never back', async () => {
  const store = new MemoryStore();
  const known = new Map([0, 1].map((partition) => [partition, partition === 0 ? 2 : 7] as const));
  await store.transact((writer) => writer.savePositions('g', new Map(['orders', 'items'].map((topic) => [topic, known]))));
  const notices = await acceptLost({ log, store, accepted: ['orders'], readers });
  expect(notices).toEqual([
    'Topic orders lost 3 records before they were read, which was accepted: it is read from the oldest that is kept',
  ]);
  const positions = await store.positions('g');
  expect(positions.get('orders')).toEqual(new Map([[0, 5], [1, 7]])); // prettier-ignore
  expect(positions.get('items')).toEqual(known);
  expect(await acceptLost({ log, store, accepted: ['orders'], readers })).toEqual([]);
  expect(await acceptLost({ log, store, accepted: ['orders'], readers: [] })).toEqual([]);
});
