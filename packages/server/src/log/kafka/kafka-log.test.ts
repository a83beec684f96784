import { expect, test } from 'vitest';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { registerLogTests } from '../log-conformance.ts';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import type { Log } from '../log.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

/** As the reader of topics does. */
const LOOK_EVERY_MS = 5_000;

describeWith(['kafka'], 'on the shared broker', ({ kafka }) => {
  registerLogTests(
    'kafka',
    async ({ partitions = 1 } = {}) => {
      const settings = settingsFor(kafka, {
        topicPrefix: `${uniqueName('log')}.`,
        topics: { create: true, partitions, replication: undefined },
      });
      const logs: Log[] = [await openKafkaLog(settings)];
      const close = async (): Promise<void> => {
        for (const log of logs) await log[Symbol.asyncDispose]();
      };
      return {
        log: logs[0] as Log,
        async reopen() {
          await close();
          const log = await openKafkaLog(settings);
          logs.push(log);
          return log;
        },
        [Symbol.asyncDispose]: close,
      };
    },
    { erasable: false, shared: true, topicNames: ['orders', 'Orders', 'a-b', 'a.b', 'A.b', 'select', '_'] },
  );

  test('closing a consumer that is just asking the brokers is no trouble', async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message), child: () => logger };
    // Topics are looked at all the time, not every few seconds.
    const clock: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms === LOOK_EVERY_MS ? 0 : ms, signal) };
    const settings = settingsFor(kafka, { topicPrefix: `${uniqueName('log')}.` });
    await using log = await openKafkaLog(settings, { clock, logger });
    await log.createTopics(['orders']);
    for (let i = 0; i < 20; i++) {
      await using consumer = await log.subscribe({ group: null, topics: ['orders'], from: new Map() });
      expect(await consumer.poll(1, { waitMs: 20 + i })).toEqual([]);
    }
    expect(warnings).toEqual([]);
  });
});
