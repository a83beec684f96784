import { parseArgs } from 'node:util';
import { Consumer, Producer } from '@platformatic/kafka';
import { requireServices } from '../test/services/require-services.ts';
import { uniqueName } from '../test/services/unique-name.ts';
import { openKafkaLog } from '../packages/server/src/log/kafka/kafka-log.ts';
import type { KafkaLog } from '../packages/server/src/log/kafka/kafka-log.ts';
import { settingsFor } from '../packages/server/src/log/kafka/kafka-test-support.ts';

/**
 * The log on Kafka against its client alone, in turns in one run: appending (acks of all, idempotent, batches of a thousand), reading, and
 * how long one record takes from the append to the poll.
 */
const { values: options } = parseArgs({
  options: { records: { type: 'string', default: '200000' }, repeat: { type: 'string', default: '3' }, brokers: { type: 'string' } },
});
const brokers = options.brokers ?? requireServices('kafka')?.kafka;
if (brokers === undefined) throw new Error('No broker: name one with --brokers, or scripts/services up kafka');

const PARTITIONS = 4;
const BATCH = 1_000;
const IN_FLIGHT = 4;
const LATENCIES = 500;
const VALUE = 'x'.repeat(390);
const COUNT = Number(options.records);
const client = { clientId: 'bench', bootstrapBrokers: brokers.split(',') };

interface Rate {
  readonly perSecond: number;
  readonly cpuSecondsPerMillion: number;
}

const prefix = `${uniqueName('bench')}.`;
await using log = await openKafkaLog(
  settingsFor(brokers, { topicPrefix: prefix, topics: { create: true, partitions: PARTITIONS, replication: undefined } }),
);
const rows: Record<string, Rate[]> = { 'append, client': [], 'append, log': [], 'read, client': [], 'read, log': [] };
for (let round = 0; round < Number(options.repeat); round++) {
  const topics = [`client-${round}`, `log-${round}`] as const;
  await log.createTopics(topics);
  rows['append, client']?.push(await measured(() => appendRaw(prefix + topics[0])));
  rows['append, log']?.push(await measured(() => appendThrough(log, topics[1])));
  rows['read, client']?.push(await measured(() => readRaw(prefix + topics[0])));
  rows['read, log']?.push(await measured(() => readThrough(log, topics[1])));
}
const latency = await latencies(log);
console.info(`${COUNT.toLocaleString('en')} records of ${VALUE.length} bytes, ${PARTITIONS} partitions, ${options.repeat} rounds: median`);
console.table(
  Object.fromEntries(
    Object.entries(rows).map(([what, rates]) => [
      what,
      {
        'records/s': Math.round(median(rates.map(({ perSecond }) => perSecond))),
        from: Math.round(Math.min(...rates.map(({ perSecond }) => perSecond))),
        to: Math.round(Math.max(...rates.map(({ perSecond }) => perSecond))),
        'CPU s per million': median(rates.map(({ cpuSecondsPerMillion }) => cpuSecondsPerMillion)).toFixed(1),
      },
    ]),
  ),
);
for (const work of ['append', 'read'])
  console.info(`${work}: the log reaches ${percent(rows[`${work}, log`] ?? [], rows[`${work}, client`] ?? [])} of the client's rate`);
console.info(`from the append to the poll: p50 ${at(latency, 0.5)} ms, p99 ${at(latency, 0.99)} ms`);

async function measured(work: () => Promise<void>): Promise<Rate> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: COUNT / seconds, cpuSecondsPerMillion: (user + system) / COUNT };
}

/** Batches of a thousand, some of them on their way at once. */
async function inBatches(send: (first: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let first = next; first < COUNT; first = next) {
      next += BATCH;
      await send(first);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function appendRaw(topic: string): Promise<void> {
  const producer = new Producer({ ...client, idempotent: true });
  await inBatches((first) =>
    producer.send({
      messages: Array.from({ length: BATCH }, (_, i) => ({ topic, key: Buffer.from(`key ${first + i}`), value: Buffer.from(VALUE) })),
    }),
  );
  await producer.close();
}

async function appendThrough(to: KafkaLog, topic: string): Promise<void> {
  await inBatches((first) => to.append(Array.from({ length: BATCH }, (_, i) => ({ topic, key: `key ${first + i}`, value: VALUE }))));
}

/** Fetches all partitions again and again, as fast as the client can; nothing is decoded. */
async function readRaw(topic: string): Promise<void> {
  const consumer = new Consumer({ ...client, groupId: uniqueName('raw'), autocommit: false });
  const found = (await consumer.metadata({ topics: [topic] })).topics.get(topic);
  const next = Array.from({ length: PARTITIONS }, () => 0n);
  let read = 0;
  while (read < COUNT) {
    const partitions = next.map((fetchOffset, partition) => ({
      partition,
      fetchOffset,
      partitionMaxBytes: 1 << 20,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    }));
    const node = found?.partitions[0]?.leader ?? 0;
    const answer = await consumer.fetch({ node, topics: [{ topicId: found?.id ?? '', partitions }], maxWaitTime: 100, maxBytes: 4 << 20 });
    for (const { partitionIndex, records } of answer.responses.flatMap((each) => each.partitions))
      for (const batch of records ?? []) {
        read += batch.records.length;
        next[partitionIndex] = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      }
  }
  await consumer.close();
}

/** As a member of a group, text made of all records, committed after each poll. */
async function readThrough(from: KafkaLog, topic: string): Promise<void> {
  await using consumer = await from.subscribe({ group: uniqueName('group'), topics: [topic] });
  for (let read = 0; read < COUNT;) {
    const records = await consumer.poll(BATCH);
    read += records.length;
    const offsets = new Map<number, number>();
    for (const { partition, offset } of records) offsets.set(partition, offset + 1);
    await consumer.commit(new Map([[topic, offsets]]));
  }
}

async function latencies(to: KafkaLog): Promise<readonly number[]> {
  await to.createTopics(['latency']);
  await using consumer = await to.subscribe({ group: uniqueName('latency'), topics: ['latency'] });
  const found: number[] = [];
  for (let i = 0; i < LATENCIES; i++) {
    const started = performance.now();
    const polled = consumer.poll(10);
    await to.append([{ topic: 'latency', key: `${i}`, value: VALUE }]);
    await polled;
    found.push(performance.now() - started);
  }
  return found.sort((a, b) => a - b);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
}

function percent(of: readonly Rate[], whole: readonly Rate[]): string {
  return `${Math.round((100 * median(of.map(({ perSecond }) => perSecond))) / median(whole.map(({ perSecond }) => perSecond)))} %`;
}
