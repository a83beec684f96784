import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { canStartOwn, describeWith } from '../../../../../test/services/require-services.ts';
import { startBroker } from '../../../../../test/services/start-own.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import { offsets } from '../log-conformance-support.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 180_000;
const RECORDS = 3_000;
const ZOMBIE = fileURLToPath(new URL('zombie-test-support.ts', import.meta.url));

test.runIf(canStartOwn('kafka'))(
  'a broker that is killed and comes back: a member, a reader and an appender go on by themselves, and nothing is lost',
  { timeout: TEST_MS },
  async () => {
    const reports: string[] = [];
    const logger: Logger = { ...silentLogger, child: () => logger, warn: (what) => reports.push(what) };
    await using broker = await startBroker();
    await using log = await openKafkaLog(
      settingsFor(broker.address, { topics: { create: true, partitions: 3, replication: undefined }, sessionMs: 10_000 }),
      { logger },
    );
    await log.createTopics(['orders']);
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    await using reader = await log.subscribe({ group: null, topics: ['orders'], from: new Map() });
    const appended: string[] = [];
    const appending = (async () => {
      for (let i = 0; i < RECORDS; i += 20) {
        const records = Array.from({ length: 20 }, (_, j) => ({ topic: 'orders', key: `${i + j}`, value: `${i + j}` }));
        for (const { partition, offset } of await log.append(records)) appended.push(`${partition} ${offset}`);
      }
    })();
    const values = { member: new Set<unknown>(), reader: new Set<unknown>() };
    let repeated = 0;
    const following = async (who: 'member' | 'reader'): Promise<void> => {
      const consumer = who === 'member' ? member : reader;
      while (values[who].size < RECORDS) {
        const records = await consumer.poll(50);
        for (const { value } of records) {
          if (values[who].has(value)) repeated++;
          values[who].add(value);
        }
        await consumer.commit(offsets(...records.map(({ topic, partition, offset }) => [topic, partition, offset + 1] as const)));
      }
    };
    const work = Promise.all([following('member'), following('reader'), appending]);
    await expect.poll(() => values.member.size, { timeout: 20_000 }).toBeGreaterThan(500);
    await broker.kill();
    for (const report of ['Records cannot be fetched for now', 'The group cannot be reached'])
      await expect.poll(() => reports, { timeout: 20_000 }).toContain(report);
    await broker.restart();
    await work;
    expect(new Set(appended).size).toBe(RECORDS);
    // What was handed out and could not be committed, and what the broker had taken without saying so.
    expect(repeated).toBeLessThan(300);
    await expect
      .poll(async () => [...((await log.committed('g')).get('orders') ?? new Map<number, number>()).values()].reduce((a, b) => a + b, 0), {
        timeout: 20_000,
      })
      .toBeGreaterThanOrEqual(RECORDS);
  },
);

describeWith(['kafka'], 'a process that is stopped beyond its session and continued', ({ kafka }) => {
  test.for([undefined, 'worker'])('commits nothing any more (static member: %s)', { timeout: TEST_MS }, async (member) => {
    const topicPrefix = `${uniqueName('zombie')}.`;
    const settings = settingsFor(kafka, { topicPrefix, member, sessionMs: 2_000, drainMs: 1_000 });
    await using log = await openKafkaLog(settings);
    await log.append(Array.from({ length: 100 }, (_, i) => ({ topic: 'orders', key: 'k', value: `${i}` })));
    const arguments_ = ['--conditions=source', ZOMBIE, kafka, topicPrefix, ...(member === undefined ? [] : [member])];
    const zombie = spawn(process.execPath, arguments_, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(zombie, 'exit');
    try {
      const lines = createInterface(zombie.stdout)[Symbol.asyncIterator]();
      const heard = async (): Promise<unknown> => (await lines.next()).value;
      expect(await heard()).toBe('polled 10');
      zombie.kill('SIGSTOP');
      await using successor = await log.subscribe({ group: 'g', topics: ['orders'] });
      let next = 0;
      while (next < 100) {
        for (const { offset } of await successor.poll(50)) {
          expect(offset).toBe(next);
          next = offset + 1;
        }
        await successor.commit(offsets(['orders', 0, next]));
      }
      expect(await log.committed('g')).toEqual(offsets(['orders', 0, 100]));
      zombie.kill('SIGCONT');
      zombie.stdin.write('commit\n');
      expect(await heard()).toBe('committed');
      // Under its name there is another one now. Without a name it is a member again, of whose work nothing counts.
      expect(await heard()).toBe(member === undefined ? 'polled 0' : 'LOG_REFUSED');
      await ended;
      expect(await log.committed('g')).toEqual(offsets(['orders', 0, 100]));
      // The successor keeps its place, or gets it again.
      await log.append([{ topic: 'orders', key: 'k', value: 'more' }]);
      expect((await successor.poll(10)).map(({ offset }) => offset)).toEqual([100]);
    } finally {
      zombie.kill('SIGKILL');
    }
  });
});
