import { expect, test } from 'vitest';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { systemClock } from '../../core/clock.ts';
import type { LogConsumer } from '../log.ts';
import { openKafkaLog } from './kafka-log.ts';
import type { KafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 90_000;
const RECORDS = 4_000;
const PARTITIONS = 6;

/** Reads and commits until it is stopped, as an engine does; work takes a moment. */
class Worker {
  readonly #log: KafkaLog;
  readonly #stop = new AbortController();
  readonly done: Promise<void>;

  constructor(log: KafkaLog, work: (place: string, worker: Worker) => void) {
    this.#log = log;
    this.done = this.#run(work);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }

  async #run(work: (place: string, worker: Worker) => void): Promise<void> {
    await using consumer: LogConsumer = await this.#log.subscribe({ group: 'workers', topics: ['orders'] });
    while (!this.#stop.signal.aborted) {
      const records = await consumer.poll(40, { signal: this.#stop.signal });
      await systemClock.sleep(2);
      const offsets = new Map<number, number>();
      for (const { partition, offset } of records) {
        work(`${partition} ${offset}`, this);
        offsets.set(partition, offset + 1);
      }
      if (records.length > 0) await consumer.commit(new Map([['orders', offsets]]));
    }
  }
}

describeWith(['kafka'], 'a group under load', ({ kafka }) => {
  test(
    'members come and go: nothing is lost, nothing is worked on twice at once, and what is committed never goes back',
    { timeout: TEST_MS },
    async () => {
      const settings = settingsFor(kafka, {
        topicPrefix: `${uniqueName('group')}.`,
        topics: { create: true, partitions: PARTITIONS, replication: undefined },
      });
      const logs: KafkaLog[] = [];
      const open = async (member?: string): Promise<KafkaLog> => {
        const log = await openKafkaLog({ ...settings, member });
        logs.push(log);
        return log;
      };
      try {
        const source = await open();
        await source.createTopics(['orders']);
        const seen = new Map<string, number>();
        const last = new Map<string, Worker>();
        let switches = 0;
        const reached = new Map<number, () => void>();
        const until = (count: number): Promise<void> => new Promise((resolve) => reached.set(count, resolve));
        const work = (place: string, worker: Worker): void => {
          seen.set(place, (seen.get(place) ?? 0) + 1);
          const partition = place.split(' ')[0] ?? '';
          if (last.get(partition) !== worker) switches++;
          last.set(partition, worker);
          for (const [count, resolve] of reached) if (seen.size >= count) resolve();
        };
        const appending = (async () => {
          for (let i = 0; i < RECORDS; i += 100) {
            await source.append(
              Array.from({ length: 100 }, (_, j) => ({ topic: 'orders', partition: (i + j) % PARTITIONS, key: null, value: `${i + j}` })),
            );
            await systemClock.sleep(60);
          }
        })();
        const committed: number[] = [];
        const watch = async (): Promise<void> => {
          committed.push(
            [...((await source.committed('workers')).get('orders') ?? new Map<number, number>()).values()].reduce((a, b) => a + b, 0),
          );
        };
        const one = new Worker(await open(), work);
        await until(300);
        await watch();
        const two = new Worker(await open('two'), work);
        await until(900);
        await watch();
        const three = new Worker(await open(), work);
        await until(1_600);
        await watch();
        await one.stop();
        await until(2_600);
        await watch();
        await three.stop();
        await until(RECORDS);
        await appending;
        await two.stop();
        await watch();
        const repeated = [...seen.values()].filter((times) => times > 1).length;
        expect(seen.size).toBe(RECORDS);
        expect(repeated).toBe(0);
        expect(switches).toBeGreaterThan(PARTITIONS);
        expect(committed).toEqual(committed.toSorted((a, b) => a - b));
        expect(committed.at(-1)).toBe(RECORDS);
      } finally {
        for (const log of logs) await log[Symbol.asyncDispose]();
      }
    },
  );

  test('partitions that are added to a topic are noticed, by members and by readers alone', { timeout: TEST_MS }, async () => {
    const settings = settingsFor(kafka, { topicPrefix: `${uniqueName('grown')}.` });
    await using log = await openKafkaLog(settings);
    await log.createTopics(['orders']);
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    await using reader = await log.subscribe({ group: null, topics: ['orders'] });
    const more = { topic: 'orders', partitions: 3, replication: undefined, retentionMs: undefined, compaction: undefined };
    expect(await log.provision([more], { apply: true })).toMatchObject([{ setting: 'partitions', actual: 1, wanted: 3, applied: true }]);
    await log.append([0, 1, 2].map((partition) => ({ topic: 'orders', partition, key: null, value: `${partition}` })));
    for (const consumer of [member, reader]) {
      const values = new Set<unknown>();
      while (values.size < 3) for (const { value } of await consumer.poll(10)) values.add(value);
      expect(values).toEqual(new Set(['0', '1', '2']));
    }
  });
});
