import { expect, test } from 'vitest';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { Group } from './groups.ts';
import { Transit } from './transit.ts';

const GROUP: Group = { name: 'shop.trigger', role: 'trigger', topics: ['ours', 'paused'], callsCode: false };

test('what others append, and what is not read for the time being, keeps nobody busy', async () => {
  await using log = new MemoryLog({ shared: true });
  await log.createTopics(['ours', 'paused', 'others']);
  const store = new MemoryStore(undefined, { shared: true });
  const transit = new Transit({ log, store, plan: { views: [] }, groups: [GROUP], pausedTopics: () => new Set(['paused']) });
  const append = (topic: string): Promise<unknown> => log.append([{ topic, key: null, value: 'x', timestamp: 1 }]);
  const ends = await transit.quietEnds();
  expect(ends).toBeDefined();
  await append('others');
  await append('paused');
  expect(await transit.quietEnds()).toBe(ends);
  await append('ours');
  expect(await transit.quietEnds()).toBe(undefined);
});
