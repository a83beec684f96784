import { describe, expect, test } from 'vitest';
import { drain, message, offsets, valuesOf } from './log-conformance-support.ts';
import type { LogFactory } from './log-conformance-support.ts';

const LONG_MS = 60_000;

export function registerConsumerTests(factory: LogFactory): void {
  describe('consumers', () => {
    test('a new group begins at the beginning and reads each record once, in order', async () => {
      await using context = await factory();
      const { log } = context;
      const values = Array.from({ length: 25 }, (_, i) => `v${i}`);
      await log.append(values.map((value) => message('orders', 'k', value)));
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      const first = await consumer.poll(10);
      expect(valuesOf(first)).toEqual(values.slice(0, 10));
      expect(first[3]).toEqual((await log.read('orders', 0, 3, 1))[0]);
      expect(valuesOf(await drain(consumer, 10))).toEqual(values.slice(10));
      expect(await consumer.poll(10, { waitMs: 0 })).toEqual([]);
    });

    test('a consumer begins where it is told, partition by partition', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append(
        [0, 1].flatMap((partition) => ['a', 'b', 'c'].map((value) => message('orders', 'k', `${value}${partition}`, { partition }))),
      );
      await log.append([message('items', 'k', 'item', { partition: 0 })]);
      await using consumer = await log.subscribe({
        group: 'g',
        topics: ['orders', 'items'],
        from: offsets(['orders', 0, 2], ['orders', 1, 3]),
      });
      expect(new Set(valuesOf(await drain(consumer)))).toEqual(new Set(['c0', 'item']));
    });

    test('where it is not told, a consumer begins at what its group has committed', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(['a', 'b', 'c'].map((value) => message('orders', 'k', value)));
      const consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      await drain(consumer);
      await consumer.commit(offsets(['orders', 0, 2]));
      await consumer[Symbol.asyncDispose]();
      await using again = await log.subscribe({ group: 'g', topics: ['orders'] });
      expect(valuesOf(await drain(again))).toEqual(['c']);
      await using told = await log.subscribe({ group: 'g', topics: ['orders'], from: offsets(['orders', 0, 1]) });
      expect(valuesOf(await drain(told))).toEqual(['b', 'c']);
      await using other = await log.subscribe({ group: 'other', topics: ['orders'] });
      expect(valuesOf(await drain(other))).toEqual(['a', 'b', 'c']);
    });

    test('a consumer that goes back is given again what it did not commit', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(['a', 'b', 'c'].map((value) => message('orders', 'k', value)));
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      await drain(consumer);
      await consumer.rewind();
      expect(valuesOf(await drain(consumer))).toEqual(['a', 'b', 'c']);
      await consumer.commit(offsets(['orders', 0, 2]));
      await consumer.rewind();
      expect(valuesOf(await drain(consumer))).toEqual(['c']);
      await using told = await log.subscribe({ group: 'told', topics: ['orders'], from: offsets(['orders', 0, 1]) });
      await drain(told);
      await told.rewind();
      expect(valuesOf(await drain(told))).toEqual(['b', 'c']);
    });

    test('a reader of no group begins at the end, or where it is told, and commits nothing', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append([message('orders', 'k', 'a'), message('orders', 'k', 'b')]);
      await using reader = await log.subscribe({ group: null, topics: ['orders'] });
      await using other = await log.subscribe({ group: null, topics: ['orders'], from: offsets(['orders', 0, 1]) });
      await log.append([message('orders', 'k', 'c')]);
      expect(valuesOf(await drain(reader))).toEqual(['c']);
      expect(valuesOf(await drain(other))).toEqual(['b', 'c']);
      await other.commit(offsets(['orders', 0, 3]));
      await using third = await log.subscribe({ group: null, topics: ['orders'], from: offsets(['orders', 0, 2]) });
      expect(valuesOf(await drain(third))).toEqual(['c']);
    });

    test('of very many partitions each is read', async () => {
      await using context = await factory({ partitions: 40 });
      const { log } = context;
      const partitions = Array.from({ length: 40 }, (_, partition) => partition);
      await log.append(partitions.map((partition) => message('orders', 'k', `of ${partition}`, { partition })));
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      expect(new Set(valuesOf(await drain(consumer)))).toEqual(new Set(partitions.map((partition) => `of ${partition}`)));
    });

    test('order is kept within each partition, and none is starved', async () => {
      await using context = await factory({ partitions: 3 });
      const { log } = context;
      const of = (partition: number, count: number): ReturnType<typeof message>[] =>
        Array.from({ length: count }, (_, i) => message('orders', 'k', `${partition}:${i}`, { partition }));
      await log.append([...of(0, 500), ...of(1, 20), ...of(2, 20)]);
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      const polls = [await consumer.poll(30), await consumer.poll(30), await consumer.poll(30)];
      expect(new Set(polls.flat().map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
      expect(polls.every((poll) => poll.length <= 30)).toBe(true);
      const all = [...polls.flat(), ...(await drain(consumer))];
      expect(all.length).toBe(540);
      for (const [partition, count] of [
        [0, 500],
        [1, 20],
        [2, 20],
      ] as const)
        // prettier-ignore
        expect(all.filter((record) => record.partition === partition).map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, i) => i));
    });

    test('a waiting poll ends as soon as a record is appended', async () => {
      await using context = await factory();
      const { log } = context;
      await log.createTopics(['orders']);
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders', 'later'] });
      for (const topic of ['orders', 'orders', 'later']) {
        const polled = consumer.poll(10, { waitMs: LONG_MS });
        await Promise.resolve();
        await log.append([message(topic, 'k', 'new')]);
        expect(valuesOf(await polled)).toEqual(['new']);
      }
    });

    test('a waiting poll gives nothing when its time has passed or its signal aborts', async () => {
      await using context = await factory();
      const { log } = context;
      await log.createTopics(['orders', 'others']);
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      expect(await consumer.poll(10, { waitMs: 5 })).toEqual([]);
      const abort = new AbortController();
      const polled = consumer.poll(10, { signal: abort.signal });
      await log.append([message('others', 'k')]);
      abort.abort();
      expect(await polled).toEqual([]);
      await log.append([message('orders', 'k', 'kept')]);
      expect(await consumer.poll(10, { signal: AbortSignal.abort() })).toEqual([]);
      expect(valuesOf(await consumer.poll(10))).toEqual(['kept']);
    });

    test('closing a consumer ends its waiting poll', async () => {
      await using context = await factory();
      const { log } = context;
      const consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      const polled = consumer.poll(10);
      await Promise.resolve();
      await consumer[Symbol.asyncDispose]();
      expect(await polled).toEqual([]);
    });

    test('lag counts what was not polled, by topic', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append([0, 0, 1].map((partition) => message('orders', 'k', 'v', { partition })));
      await log.append([message('items', 'k')]);
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders', 'items'], from: offsets(['orders', 0, 1]) });
      expect(await consumer.lag()).toEqual(new Map([['orders', 2], ['items', 1]])); // prettier-ignore
      await drain(consumer);
      await log.append([message('items', 'k')]);
      expect(await consumer.lag()).toEqual(new Map([['orders', 0], ['items', 1]])); // prettier-ignore
    });

    test('two consumers of two groups read independently', async () => {
      await using context = await factory();
      const { log } = context;
      await using one = await log.subscribe({ group: 'one', topics: ['orders'] });
      await using two = await log.subscribe({ group: 'two', topics: ['orders'] });
      await log.append([message('orders', 'k', 'a'), message('orders', 'k', 'b')]);
      expect([valuesOf(await drain(one, 1)), valuesOf(await drain(two))]).toEqual([['a', 'b'], ['a', 'b']]); // prettier-ignore
    });
  });
}
