import { describe, expect, test } from 'vitest';
import { message, valuesOf } from './log-conformance-support.ts';
import type { LogFactory } from './log-conformance-support.ts';

const NAMES = ['orders', 'Orders', 'a.b-c_d', 'a_b', 'a.b', 'select', "x'y", 'x"y', 'é'];

export function registerAppendTests(factory: LogFactory, names: readonly string[] = NAMES): void {
  describe('append and read', () => {
    test('records are read back as they were appended, offsets counting from 0', async () => {
      await using context = await factory();
      const { log } = context;
      const text = `\u0000 "é" 😀 \uffff \ufeff`;
      const positions = await log.append([
        { topic: 'orders', key: 'k', value: text, timestamp: 1_700_000_000_123, headers: { a: '1', 'b c': 'é' } },
        { topic: 'orders', key: null, value: null, timestamp: 0 },
        { topic: 'orders', key: '', value: '', timestamp: 1, headers: {} },
      ]);
      expect(positions).toEqual([
        { topic: 'orders', partition: 0, offset: 0, timestamp: 1_700_000_000_123 },
        { topic: 'orders', partition: 0, offset: 1, timestamp: 0 },
        { topic: 'orders', partition: 0, offset: 2, timestamp: 1 },
      ]);
      expect(await log.read('orders', 0, 0, 10)).toEqual([
        { ...positions[0], key: 'k', value: text, headers: { a: '1', 'b c': 'é' } },
        { ...positions[1], key: null, value: null, headers: {} },
        { ...positions[2], key: '', value: '', headers: {} },
      ]);
    });

    test('bytes that are text are read as text, others as bytes', async () => {
      await using context = await factory();
      const { log } = context;
      const broken = new Uint8Array([0, 255, 254, 128]);
      await log.append([
        message('orders', null, null, { key: Buffer.from('clé'), value: broken }),
        message('orders', null, null, { key: broken, value: Buffer.alloc(0) }),
      ]);
      const [first, second] = await log.read('orders', 0, 0, 10);
      expect(first?.key).toBe('clé');
      expect(Buffer.from(first?.value ?? '').equals(broken)).toBe(true);
      expect(Buffer.from(second?.key ?? '').equals(broken)).toBe(true);
      expect(second?.value).toBe('');
    });

    test('without a timestamp the log says when', async () => {
      await using context = await factory();
      const { log } = context;
      const [position] = await log.append([{ topic: 'orders', key: 'k', value: 'v' }]);
      const [read] = await log.read('orders', 0, 0, 1);
      expect(position?.timestamp).toBeGreaterThan(1_600_000_000_000);
      expect(read?.timestamp).toBe(position?.timestamp);
    });

    test('records of one key go to one partition in order, whether the key comes as text or bytes', async () => {
      await using context = await factory({ partitions: 4 });
      const { log } = context;
      const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
      await log.append(keys.map((key) => message('orders', key, '1')));
      await log.append(keys.map((key) => message('orders', null, '2', { key: Buffer.from(key) })));
      const [info] = await log.topics();
      expect(info?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
      const partitions = await Promise.all([0, 1, 2, 3].map((partition) => log.read('orders', partition, 0, 1_000)));
      const places = partitions.flat().map(({ key, partition, value }) => `${String(key)} ${partition} ${String(value)}`);
      expect(new Set(places.map((place) => place.replace(/ \d$/, ''))).size).toBe(40);
      expect(places.length).toBe(80);
      expect(partitions.every((records) => records.length > 0)).toBe(true);
      for (const records of partitions) expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
    });

    test('a record goes to the partition that it names, and to none that is not there', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      await log.append([message('orders', 'a', 'x', { partition: 1 }), message('orders', 'a', 'y', { partition: 0 })]);
      expect(valuesOf(await log.read('orders', 1, 0, 10))).toEqual(['x']);
      await expect(log.append([message('orders', 'a', 'z'), message('orders', 'a', 'z', { partition: 2 })])).rejects.toMatchObject({
        code: 'UNKNOWN_PARTITION',
      });
      expect((await log.topics())[0]?.partitions.map(({ end }) => end)).toEqual([1, 1]);
    });

    test('read gives no more than asked for and than there is, and never waits', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(['a', 'b', 'c', 'd'].map((value) => message('orders', 'k', value)));
      expect(valuesOf(await log.read('orders', 0, 1, 2))).toEqual(['b', 'c']);
      expect(valuesOf(await log.read('orders', 0, 3, 10))).toEqual(['d']);
      expect(await log.read('orders', 0, 4, 10)).toEqual([]);
      expect(await log.read('orders', 0, 99, 10)).toEqual([]);
      expect(await log.read('orders', 7, 0, 10)).toEqual([]);
      expect(await log.read('never there', 0, 0, 10)).toEqual([]);
    });

    test('topics are made when first needed or asked for, and keep their id', async () => {
      await using context = await factory({ partitions: 2 });
      const { log } = context;
      expect(await log.topics()).toEqual([]);
      await log.createTopics(['b', 'a']);
      await log.append([message('c', 'k')]);
      const topics = new Map((await log.topics()).map((info) => [info.topic, info]));
      expect([...topics.keys()].sort()).toEqual(['a', 'b', 'c']);
      expect(new Set([...topics.values()].map(({ topicId }) => topicId)).size).toBe(3);
      expect(topics.get('a')?.partitions).toEqual([
        { partition: 0, begin: 0, end: 0, bytes: 0 },
        { partition: 1, begin: 0, end: 0, bytes: 0 },
      ]);
      await log.createTopics(['a', 'c']);
      await log.append([message('a', 'k')]);
      for (const { topic, topicId } of await log.topics()) expect(topicId).toBe(topics.get(topic)?.topicId);
      expect(valuesOf([...(await log.read('c', 0, 0, 9)), ...(await log.read('c', 1, 0, 9))])).toEqual(['value of k']);
    });

    test('topics are told apart exactly', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(names.map((name) => message(name, 'k', name)));
      for (const name of names) expect(valuesOf(await log.read(name, 0, 0, 9))).toEqual([name]);
    });

    test('appends at the same time keep their own order and lose nothing', async () => {
      await using context = await factory();
      const { log } = context;
      const batches = Array.from({ length: 20 }, (_, batch) =>
        Array.from({ length: 50 }, (_, i) => message('orders', 'k', `${batch}-${i}`)),
      );
      const positions = await Promise.all(batches.map((batch) => log.append(batch)));
      const read = await log.read('orders', 0, 0, 2_000);
      expect(read.map(({ offset }) => offset)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
      for (const [batch, placed] of positions.entries())
        expect(placed.map(({ offset }) => read[offset]?.value)).toEqual(Array.from({ length: 50 }, (_, i) => `${batch}-${i}`));
      expect(await log.append([])).toEqual([]);
    });

    test('what was appended is there when the log is opened again', async ({ skip }) => {
      await using context = await factory({ partitions: 2 });
      const { log, reopen } = context;
      if (reopen === undefined) return skip('nothing outlives this log');
      await log.append(['a', 'b', 'c'].map((key) => message('orders', key)));
      const before = await log.topics();
      const again = await reopen();
      expect(await again.topics()).toEqual(before);
      await again.append(['a', 'b', 'c'].map((key) => message('orders', key, 'second')));
      const records = [...(await again.read('orders', 0, 0, 10)), ...(await again.read('orders', 1, 0, 10))];
      const places = Map.groupBy(records, ({ key }) => key);
      for (const ofKey of places.values()) {
        expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
        expect(ofKey.at(-1)?.value).toBe('second');
      }
      expect(records.length).toBe(6);
    });
  });
}
