import { describe, expect, test } from 'vitest';
import type { LogFactory } from './log-conformance-support.ts';
import type { TopicSettings } from './log.ts';

function wanted(topic: string, more: Partial<TopicSettings> = {}): TopicSettings {
  return { topic, partitions: 2, replication: undefined, retentionMs: undefined, compaction: undefined, ...more };
}

export function registerProvisionTests(factory: LogFactory): void {
  describe('provision', () => {
    test('a plan names what is missing and makes nothing; applied, it is there as it is wanted', async () => {
      await using context = await factory({ partitions: 1 });
      const { log } = context;
      await log.createTopics(['there']);
      const topics = [wanted('there', { partitions: 1 }), wanted('new')];
      const missing = { topic: 'new', setting: 'missing', wanted: 2, actual: undefined };
      expect(await log.provision(topics, { apply: false })).toMatchObject([{ ...missing, applied: false }]);
      expect((await log.topics()).map(({ topic }) => topic)).toEqual(['there']);
      expect(await log.provision(topics, { apply: true })).toMatchObject([{ ...missing, applied: true }]);
      const made = (await log.topics()).find(({ topic }) => topic === 'new');
      expect(made?.partitions.length).toBe(2);
      expect(await log.provision(topics, { apply: true })).toEqual([]);
    });

    test('fewer partitions than there are is a difference that stays, with its reason', async () => {
      await using context = await factory({ partitions: 3 });
      const { log } = context;
      await log.createTopics(['orders']);
      const [difference] = await log.provision([wanted('orders')], { apply: true });
      expect(difference).toMatchObject({ topic: 'orders', setting: 'partitions', wanted: 2, actual: 3, applied: false });
      expect(difference?.obstacle).toBeTypeOf('string');
      expect((await log.topics())[0]?.partitions.length).toBe(3);
    });
  });
}
