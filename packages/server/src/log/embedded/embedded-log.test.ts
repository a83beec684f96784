import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { registerLogTests } from '../log-conformance.ts';
import { EmbeddedLog } from './embedded-log.ts';

registerLogTests('embedded', async (options) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  let file = openEmbedded({ folder });
  const logs = [new EmbeddedLog(file, options)];
  const close = async (): Promise<void> => {
    await logs.at(-1)?.[Symbol.asyncDispose]();
    await file[Symbol.asyncDispose]();
  };
  return {
    log: logs[0] as EmbeddedLog,
    async reopen() {
      await close();
      file = openEmbedded({ folder });
      const log = new EmbeddedLog(file, options);
      logs.push(log);
      return log;
    },
    async [Symbol.asyncDispose]() {
      await close();
      await rm(folder, { recursive: true });
    },
  };
});

test('a waiting consumer sees what another process appends within a few milliseconds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const engine = openEmbedded({ folder });
  // A second opening of the file stands for another process: it shares nothing but the file.
  const other = openEmbedded({ folder });
  try {
    const log = new EmbeddedLog(engine);
    const ingest = new EmbeddedLog(other);
    await using consumer = await log.subscribe({ group: 'engine', topics: ['orders'] });
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const polling = consumer.poll(10).then((records) => ({ records, at: performance.now() }));
      await ingest.append([{ topic: 'orders', key: null, value: String(i) }]);
      const appended = performance.now();
      const { records, at } = await polling;
      expect(records.map(({ value }) => value)).toEqual([String(i)]);
      waits.push(at - appended);
    }
    // The median, as the machine may be busy with other things.
    expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(5);
  } finally {
    await engine[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});

test('an append that cannot be done leaves no record of it behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const file = openEmbedded({ folder });
  try {
    const log = new EmbeddedLog(file);
    await log.append([{ topic: 'orders', key: 'a', value: '1' }]);
    const refused = log.append([
      { topic: 'orders', key: 'a', value: '2' },
      { topic: 'made on the way', key: 'a', value: '2' },
      { topic: 'orders', partition: 7, key: 'a', value: '3' },
    ]);
    await expect(refused).rejects.toThrow('Topic "orders" has no partition 7: expected 0 to 0');
    expect((await log.read('orders', 0, 0, 10)).map(({ value }) => value)).toEqual(['1']);
    expect((await log.topics()).map(({ topic }) => topic)).toEqual(['orders']);
    const [position] = await log.append([{ topic: 'made on the way', key: 'a', value: '4' }]);
    expect(position?.offset).toBe(0);
  } finally {
    await file[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});

test('an append is synced to the disk, whatever the durability of the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const file = openEmbedded({ folder, durability: 'process' });
  try {
    const seen: unknown[] = [];
    // The time is asked for within the unit of work of the append.
    const now = (): number => {
      seen.push(file.writer.first('PRAGMA synchronous')?.[0]);
      return 1_000;
    };
    const log = new EmbeddedLog(file, { clock: { now, sleep: async () => undefined } });
    await log.append([{ topic: 'orders', key: 'a', value: '1' }]);
    expect(seen).toEqual([2]);
  } finally {
    await file[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});

test('a log of many partitions is trimmed oldest first over all of them, in several units of work', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const file = openEmbedded({ folder });
  try {
    const log = new EmbeddedLog(file, { partitions: 3 });
    const records = Array.from({ length: 4_500 }, (_, i) => ({
      topic: 'orders',
      partition: (i * 7) % 3,
      key: null,
      value: 'x',
      timestamp: i,
    }));
    await log.append(records);
    const keepFrom = new Map([['orders', new Map([0, 1, 2].map((partition) => [partition, 1_400]))]]);
    let commits = 0;
    file.onCommit(() => commits++);
    expect(await log.trim({ olderThan: 3_750, keepFrom })).toBe(3_750);
    expect(commits).toBeGreaterThan(3);
    const begins = (await log.topics())[0]?.partitions.map(({ begin }) => begin);
    expect(begins).toEqual([1_250, 1_250, 1_250]);
    expect(await log.trim({ maxBytes: 0, keepFrom })).toBe(450);
    expect((await log.topics())[0]?.partitions).toMatchObject([0, 1, 2].map((partition) => ({ partition, begin: 1_400, end: 1_500 })));
  } finally {
    await file[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});
