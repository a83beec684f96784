import { AppError } from '../../core/errors.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

/**
 * A member of a group in a process of its own, to be stopped in the middle of its work: it polls once, says so, and commits when it is
 * told to on its standard input. Then it stays for longer than its session, so that whatever it tries again would arrive. Arguments: brokers, prefix, a name for static membership or nothing.
 */
const [brokers = '', topicPrefix = '', member] = process.argv.slice(2);
const log = await openKafkaLog(settingsFor(brokers, { topicPrefix, member, sessionMs: 2_000, drainMs: 1_000 }));
const consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
const records = await consumer.poll(10);
const last = records.at(-1);
process.stdout.write(`polled ${records.length}\n`);
process.stdin.once('data', () => {
  void (async () => {
    await consumer.commit(new Map([['orders', new Map([[0, (last?.offset ?? 0) + 1]])]]));
    process.stdout.write('committed\n');
    const then = await consumer.poll(10, { waitMs: 3_000 }).then(
      ({ length }) => `polled ${length}`,
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
    process.stdout.write(`${then}\n`);
    await log[Symbol.asyncDispose]();
    process.exit(0);
  })();
});
