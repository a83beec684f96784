import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../core/log-record.ts';
import { message, offsets, valuesOf } from './log-conformance-support.ts';
import type { LogFactory } from './log-conformance-support.ts';
import type { LogConsumer } from './log.ts';

const WAIT_MS = 200;

function placesOf(records: readonly LogRecord[]): string[] {
  return records.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`);
}

async function commitAll(consumer: LogConsumer, records: readonly LogRecord[]): Promise<void> {
  const places = records.map(({ topic, partition, offset }) => [topic, partition, offset + 1] as const);
  await consumer.commit(offsets(...places));
}

/** Of logs that several processes share. */
export function registerSharedTests(factory: LogFactory): void {
  describe('groups', () => {
    test('the members of a group share its partitions: each record is one member’s', async () => {
      await using context = await factory({ partitions: 4 });
      const { log } = context;
      await log.createTopics(['orders']);
      await using one = await log.subscribe({ group: 'g', topics: ['orders'] });
      await using two = await log.subscribe({ group: 'g', topics: ['orders'] });
      const records = Array.from({ length: 200 }, (_, i) => message('orders', 'k', String(i), { partition: i % 4 }));
      await log.append(records);
      const got: LogRecord[][] = [[], []];
      while (got.flat().length < 200)
        for (const [i, member] of [one, two].entries()) {
          const polled = await member.poll(30, { waitMs: WAIT_MS });
          got[i]?.push(...polled);
          await commitAll(member, polled);
        }
      const [first = [], second = []] = got;
      expect(new Set(placesOf(got.flat())).size).toBe(200);
      expect(got.flat().length).toBe(200);
      const partitionsOf = (of: readonly LogRecord[]): Set<number> => new Set(of.map(({ partition }) => partition));
      expect([partitionsOf(first).size, partitionsOf(second).size]).toEqual([2, 2]);
      expect(partitionsOf(first).isDisjointFrom(partitionsOf(second))).toBe(true);
    });

    test('what a member that leaves has not committed is read by another one', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append(
        [0, 1].flatMap((partition) => ['a', 'b', 'c'].map((value) => message('orders', 'k', `${value}${partition}`, { partition }))),
      );
      const one = await log.subscribe({ group: 'g', topics: ['orders'] });
      const polled: LogRecord[] = [];
      while (polled.length < 6) polled.push(...(await one.poll(10, { waitMs: WAIT_MS })));
      await one.commit(offsets(['orders', 0, 1], ['orders', 1, 2]));
      await one[Symbol.asyncDispose]();
      await using two = await log.subscribe({ group: 'g', topics: ['orders'] });
      const again: LogRecord[] = [];
      while (again.length < 3) again.push(...(await two.poll(10, { waitMs: WAIT_MS })));
      expect(valuesOf(again).map(String).toSorted()).toEqual(['b0', 'c0', 'c1']);
    });

    test('everyone can see what a group has committed', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append([
        message('orders', 'k', 'a', { partition: 0 }),
        message('orders', 'k', 'b', { partition: 1 }),
        message('items', 'k', 'c'),
      ]);
      expect(await log.committed('g')).toEqual(new Map());
      await using member = await log.subscribe({ group: 'g', topics: ['orders', 'items'] });
      const polled: LogRecord[] = [];
      while (polled.length < 3) polled.push(...(await member.poll(10, { waitMs: WAIT_MS })));
      await member.commit(offsets(['orders', 1, 1]));
      expect(await log.committed('g')).toEqual(offsets(['orders', 1, 1]));
      expect(await log.committed('another')).toEqual(new Map());
    });

    test('what a member commits that is before what is committed, or of another topic, is not committed', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(['a', 'b', 'c'].map((value) => message('orders', 'k', value)));
      await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
      const polled: LogRecord[] = [];
      while (polled.length < 3) polled.push(...(await member.poll(10, { waitMs: WAIT_MS })));
      await member.commit(offsets(['orders', 0, 2]));
      await member.commit(offsets(['orders', 0, 1]));
      await member.commit(offsets(['another', 0, 1]));
      expect(await log.committed('g')).toEqual(offsets(['orders', 0, 2]));
    });

    test('a reader that is told where to begin reads all partitions beside the members', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append([0, 1].map((partition) => message('orders', 'k', String(partition), { partition })));
      await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
      await using reader = await log.subscribe({ group: 'g', topics: ['orders'], from: new Map() });
      for (const consumer of [member, reader]) {
        const polled: LogRecord[] = [];
        while (polled.length < 2) polled.push(...(await consumer.poll(10, { waitMs: WAIT_MS })));
        expect(valuesOf(polled).map(String).toSorted()).toEqual(['0', '1']);
      }
    });
  });
}
