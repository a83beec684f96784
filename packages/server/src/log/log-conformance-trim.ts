import { describe, expect, test } from 'vitest';
import { drain, message, offsets, valuesOf } from './log-conformance-support.ts';
import type { LogFactory } from './log-conformance-support.ts';
import type { Log } from './log.ts';

async function appendAged(log: Log, topic: string, count: number): Promise<void> {
  await log.append(Array.from({ length: count }, (_, i) => message(topic, 'k', `v${i}`, { timestamp: (i + 1) * 100 })));
}

async function left(log: Log, topic: string): Promise<readonly number[]> {
  return (await log.read(topic, 0, 0, 1_000)).map(({ offset }) => offset);
}

export function registerTrimTests(factory: LogFactory): void {
  describe('trim', () => {
    test('records older than a time go, offsets stay', async () => {
      await using context = await factory();
      const { log } = context;
      await appendAged(log, 'orders', 10);
      expect(await log.trim({ olderThan: 400, keepFrom: offsets(['orders', 0, 10]) })).toBe(3);
      expect(await left(log, 'orders')).toEqual([3, 4, 5, 6, 7, 8, 9]);
      expect((await log.topics())[0]?.partitions).toMatchObject([{ partition: 0, begin: 3, end: 10 }]);
      const [position] = await log.append([message('orders', 'k')]);
      expect(position?.offset).toBe(10);
      expect(valuesOf(await log.read('orders', 0, 1, 1))).toEqual(['v3']);
    });

    test('the size of a partition is that of the records that are kept', async () => {
      await using context = await factory();
      const { log } = context;
      const bytes = async (): Promise<number> => (await log.topics())[0]?.partitions[0]?.bytes ?? -1;
      await appendAged(log, 'orders', 10);
      const all = await bytes();
      await log.trim({ olderThan: 400, keepFrom: offsets(['orders', 0, 10]) });
      expect(await bytes()).toBeGreaterThan(0);
      expect(await bytes()).toBeLessThan(all);
    });

    test('nothing goes that the slowest group has still to read, or that nobody has read', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append([0, 0, 0, 1, 1].map((partition) => message('orders', 'k', 'v', { partition })));
      await log.append([message('items', 'k', 'v', { partition: 0 })]);
      expect(await log.trim({ olderThan: 9_999, maxBytes: 0, keepFrom: offsets(['orders', 0, 2]) })).toBe(2);
      const topics = new Map(
        (await log.topics()).map(({ topic, partitions }) => [topic, partitions.map(({ begin, end }) => [begin, end])]),
      );
      expect(topics.get('orders')).toEqual([[2, 3], [0, 2]]); // prettier-ignore
      expect(topics.get('items')?.[0]).toEqual([0, 1]);
    });

    test('beyond a size the oldest go', async () => {
      await using context = await factory();
      const { log } = context;
      const value = 'x'.repeat(100_000);
      await log.append(Array.from({ length: 10 }, () => message('orders', 'k', value)));
      const keepFrom = offsets(['orders', 0, 10]);
      expect(await log.trim({ maxBytes: 100_000_000, keepFrom })).toBe(0);
      expect(await log.trim({ keepFrom })).toBe(0);
      const removed = await log.trim({ maxBytes: 550_000, keepFrom });
      expect(removed).toBeGreaterThanOrEqual(4);
      expect(removed).toBeLessThanOrEqual(7);
      expect(await left(log, 'orders')).toEqual(Array.from({ length: 10 - removed }, (_, i) => i + removed));
    });

    test('a log that was emptied goes on with its offsets', async () => {
      await using context = await factory();
      const { log } = context;
      await appendAged(log, 'orders', 3);
      expect(await log.trim({ maxBytes: 0, keepFrom: offsets(['orders', 0, 3]) })).toBe(3);
      expect((await log.topics())[0]?.partitions).toEqual([{ partition: 0, begin: 3, end: 3, bytes: 0 }]);
      expect((await log.append([message('orders', 'k', 'next')]))[0]?.offset).toBe(3);
      expect(valuesOf(await log.read('orders', 0, 0, 10))).toEqual(['next']);
    });

    test('a consumer that begins before the oldest record begins at it, and lags by what is there', async () => {
      await using context = await factory();
      const { log } = context;
      await appendAged(log, 'orders', 5);
      await log.trim({ olderThan: 300, keepFrom: offsets(['orders', 0, 5]) });
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'], from: offsets(['orders', 0, 1]) });
      expect(await consumer.lag()).toEqual(new Map([['orders', 3]]));
      expect(valuesOf(await drain(consumer))).toEqual(['v2', 'v3', 'v4']);
    });

    test('an emptied log keeps its offsets when it is opened again', async ({ skip }) => {
      await using context = await factory();
      const { log, reopen } = context;
      if (reopen === undefined) return skip('nothing outlives this log');
      await appendAged(log, 'orders', 3);
      await log.trim({ maxBytes: 0, keepFrom: offsets(['orders', 0, 3]) });
      const again = await reopen();
      expect((await again.append([message('orders', 'k', 'next')]))[0]?.offset).toBe(3);
    });
  });
}
