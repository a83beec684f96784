import { Admin } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { canStartOwn } from '../../../../../test/services/require-services.ts';
import { startBrokers } from '../../../../../test/services/start-own.ts';
import { must } from '../../core/assert.ts';
import { systemClock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { LogConsumer } from '../log.ts';
import { offsets } from '../log-conformance-support.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 120_000;
const PARTITIONS = 6;
const KEYS = 40;
/** What is known to arrive soon, if at all. */
const SOON = { timeout: 30_000, interval: 100 };

/** What one consumer was given. */
class Heard {
  readonly values = new Set<unknown>();
  repeated = 0;
  /** Keys whose new values did not come in their order. */
  readonly disordered: string[] = [];
  readonly #last = new Map<unknown, number>();

  take({ key, value }: Pick<LogRecord, 'key' | 'value'>): void {
    if (this.values.has(value)) {
      this.repeated++;
      return;
    }
    this.values.add(value);
    const count = Number(String(value).split(' ')[1]);
    if (count !== (this.#last.get(key) ?? -1) + 1) this.disordered.push(String(value));
    this.#last.set(key, count);
  }
}

test.runIf(canStartOwn('kafka'))(
  'leaders of partitions are killed and come back: others take over, nothing is lost, written twice or out of order',
  { timeout: TEST_MS },
  async () => {
    await using brokers = await startBrokers();
    const topics = { create: true, partitions: PARTITIONS, replication: 3 };
    await using log = await openKafkaLog(settingsFor(brokers.address, { topics, sessionMs: 10_000 }));
    await log.createTopics(['orders']);
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    await using reader = await log.subscribe({ group: null, topics: ['orders'], from: new Map() });

    const ended = new AbortController();
    const written = new AbortController();
    const appended = new Set<string>();
    const places = new Set<string>();
    const append = async (): Promise<void> => {
      for (let count = 0; !ended.signal.aborted; count++) {
        const records = Array.from({ length: KEYS }, (_, key) => ({ topic: 'orders', key: `${key}`, value: `${key} ${count}` }));
        for (const { partition, offset } of await log.append(records)) places.add(`${partition} ${offset}`);
        for (const { value } of records) appended.add(value);
        await systemClock.sleep(5);
      }
    };
    const heard = { member: new Heard(), reader: new Heard() };
    const follow = async (consumer: LogConsumer, into: Heard): Promise<void> => {
      while (!written.signal.aborted || into.values.size < appended.size) {
        const records = await consumer.poll(100, { waitMs: 200 });
        for (const record of records) into.take(record);
        if (records.length > 0)
          await consumer.commit(offsets(...records.map(({ topic, partition, offset }) => [topic, partition, offset + 1] as const)));
      }
    };
    const appending = append().finally(() => written.abort());
    const work = Promise.all([appending, follow(member, heard.member), follow(reader, heard.reader)]);
    const goesOn = async (): Promise<void> => {
      const before = { appended: appended.size, member: heard.member.values.size, reader: heard.reader.values.size };
      await expect.poll(() => appended.size, SOON).toBeGreaterThan(before.appended + 400);
      await expect.poll(() => heard.member.values.size, SOON).toBeGreaterThan(before.member + 400);
      await expect.poll(() => heard.reader.values.size, SOON).toBeGreaterThan(before.reader + 400);
    };
    await goesOn();

    await using admin = adminOf(brokers.address);
    for (const partition of [0, 3]) {
      await expect.poll(() => admin.inSync(), SOON).toEqual(Array.from({ length: PARTITIONS }, () => 3));
      const leader = await admin.leaderOf(partition);
      const broker = must(brokers.servers[leader - 1], 'The leader is one of the brokers');
      await broker.kill();
      // It does not come back before the others have taken over.
      await goesOn();
      expect(await admin.leaderOf(partition)).not.toBe(leader);
      await broker.restart();
    }
    ended.abort();
    await work;

    expect(heard.member.values).toEqual(appended);
    expect(heard.reader.values).toEqual(appended);
    expect([...heard.member.disordered, ...heard.reader.disordered]).toEqual([]);
    // A member gets again what it could not commit, at most.
    expect(heard.reader.repeated).toBe(0);
    expect(heard.member.repeated).toBeLessThan(1_000);
    expect(places.size).toBe(appended.size);
    const kept = (await log.topics()).flatMap(({ partitions }) => partitions.map(({ begin, end }) => end - begin));
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(appended.size);
  },
);

interface Asking extends AsyncDisposable {
  /** Of each partition, how many brokers have all of it. */
  inSync(): Promise<readonly number[]>;
  /** The number of the broker. */
  leaderOf(partition: number): Promise<number>;
}

function adminOf(address: string): Asking {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: address.split(','), retries: 20, retryDelay: 250 });
  const partitions = async () => {
    const { topics } = await admin.metadata({ topics: ['orders'], forceUpdate: true });
    return must(topics.get('orders'), 'The topic is there').partitions;
  };
  return {
    inSync: async () => Object.values(await partitions()).map(({ isr }) => isr.length),
    leaderOf: async (partition) => must((await partitions())[partition], 'The partition is there').leader,
    [Symbol.asyncDispose]: () => admin.close(),
  };
}
