import { expect, test } from 'vitest';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import { drain, valuesOf } from '../log-conformance-support.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 60_000;
const DAY_MS = 86_400_000;

describeWith(['kafka'], 'appending', ({ kafka }) => {
  test.for(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'what is compressed with %s is read again',
    { timeout: TEST_MS },
    async (compression) => {
      await using log = await openKafkaLog(settingsFor(kafka, { topicPrefix: `${uniqueName(compression)}.`, compression }));
      const values = Array.from({ length: 500 }, (_, i) => `${i} ${'millrace '.repeat(40)}`);
      await log.append([
        ...values.map((value): NewLogRecord => ({ topic: 'orders', key: 'k', value })),
        { topic: 'orders', key: 'k', value: null },
      ]);
      await using reader = await log.subscribe({ group: null, topics: ['orders'], from: new Map([['orders', new Map([[0, 0]])]]) });
      expect(valuesOf(await drain(reader))).toEqual([...values, null]);
      const bytes = (await log.topics())[0]?.partitions[0]?.bytes ?? 0;
      expect(bytes > 60_000).toBe(compression === 'none');
    },
  );

  test('a large batch of large records keeps its order and its positions', { timeout: TEST_MS }, async () => {
    const settings = settingsFor(kafka, {
      topicPrefix: `${uniqueName('large')}.`,
      topics: { create: true, partitions: 2, replication: undefined },
    });
    await using log = await openKafkaLog(settings);
    const sizes = [1_000_000, 10, 400_000, 400_000, 400_000, 1_000_000, 1_000_000, ...Array.from({ length: 3_000 }, () => 1_000)];
    const records = sizes.map((size, i) => ({ topic: 'orders', partition: i % 2, key: `${i}`, value: String(i % 10).repeat(size) }));
    const positions = await log.append(records);
    expect(positions.map(({ partition, offset }) => [partition, offset])).toEqual(records.map((_, i) => [i % 2, Math.floor(i / 2)]));
    await using reader = await log.subscribe({ group: 'g', topics: ['orders'], from: new Map() });
    const read = await drain(reader, 700);
    expect(read.length).toBe(records.length);
    for (const { partition, offset, key, value } of read) {
      const sent = records[offset * 2 + partition];
      expect(key).toBe(sent?.key);
      expect(value === sent?.value).toBe(true);
    }
  });

  test('a record that is too large is refused by its size, and fails no other', { timeout: TEST_MS }, async () => {
    await using log = await openKafkaLog(settingsFor(kafka, { topicPrefix: `${uniqueName('over')}.` }));
    await log.createTopics(['orders']);
    const [tooLarge, small] = await Promise.allSettled([
      log.append([{ topic: 'orders', key: 'k', value: 'x'.repeat(1_100_000) }]),
      log.append([{ topic: 'orders', key: 'k', value: 'small' }]),
    ]);
    expect(tooLarge).toMatchObject({ status: 'rejected', reason: { code: 'RECORD_TOO_LARGE' } });
    expect(small.status).toBe('fulfilled');
    expect(valuesOf(await log.read('orders', 0, 0, 10))).toContain('small');
  });

  test('times that are years apart are kept, also in one batch', { timeout: TEST_MS }, async () => {
    await using log = await openKafkaLog(settingsFor(kafka, { topicPrefix: `${uniqueName('times')}.` }));
    const now = Date.now();
    const times = [now, now - 20 * DAY_MS, now - 30 * DAY_MS, now - 9_000 * DAY_MS, now, 0, now];
    await log.append(times.map((timestamp, i) => ({ topic: 'orders', key: 'k', value: `${i}`, timestamp })));
    expect((await log.read('orders', 0, 0, 10)).map(({ timestamp }) => timestamp)).toEqual(times);
  });

  test('where topics may not be created, a missing one is named', { timeout: TEST_MS }, async () => {
    const settings = settingsFor(kafka, {
      topicPrefix: `${uniqueName('closed')}.`,
      topics: { create: false, partitions: 1, replication: undefined },
    });
    await using log = await openKafkaLog(settings);
    const missing = { code: 'TOPIC_MISSING', message: expect.stringContaining('Topic "orders" is not on the brokers') };
    await expect(log.append([{ topic: 'orders', key: 'k', value: 'v' }])).rejects.toMatchObject(missing);
    await expect(log.subscribe({ group: 'g', topics: ['orders'] })).rejects.toMatchObject(missing);
    await expect(log.createTopics(['orders'])).rejects.toMatchObject(missing);
  });

  test('retention and compaction are planned, applied and then as wanted', { timeout: TEST_MS }, async () => {
    await using log = await openKafkaLog(settingsFor(kafka, { topicPrefix: `${uniqueName('settings')}.` }));
    await log.createTopics(['orders']);
    const wanted = [
      { topic: 'orders', partitions: 1, replication: 2, retentionMs: Infinity, compaction: true },
      { topic: 'new', partitions: 2, replication: 1, retentionMs: 3_600_000, compaction: false },
    ];
    const differences = [
      { topic: 'orders', setting: 'replication', wanted: 2, actual: 1, applied: false },
      { topic: 'orders', setting: 'retentionMs', wanted: Infinity, actual: 604_800_000 },
      { topic: 'orders', setting: 'compaction', wanted: true, actual: false },
      { topic: 'new', setting: 'missing', wanted: 2 },
    ];
    expect(await log.provision(wanted, { apply: false })).toMatchObject(differences);
    expect((await log.provision(wanted, { apply: true })).map(({ applied }) => applied)).toEqual([false, true, true, true]);
    expect(await log.provision(wanted, { apply: false })).toMatchObject(differences.slice(0, 1));
  });
});
