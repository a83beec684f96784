import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { registerLogTests } from '../log-conformance.ts';
import type { Log } from '../log.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

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
});
