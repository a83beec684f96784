import { expect, test } from 'vitest';
import type { LogRecord } from '../../core/log-record.ts';
import { registerLogTests } from '../log-conformance.ts';
import type { LogConsumer } from '../log.ts';
import { MemoryLogState } from './memory-log-state.ts';
import { MemoryLog } from './memory-log.ts';

for (const shared of [false, true])
  registerLogTests(
    shared ? 'shared memory' : 'memory',
    async (options) => {
      const log = new MemoryLog({ ...options, shared });
      return { log, reopen: async () => log, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
    },
    { shared },
  );

test('disposing ends waiting polls, and a second engine starts on what is there', async () => {
  const log = new MemoryLog();
  const waiting = (await log.subscribe({ group: 'g', topics: ['orders'] })).poll(10);
  await log[Symbol.asyncDispose]();
  expect(await waiting).toEqual([]);
  await log.append([{ topic: 'orders', key: 'k', value: 'v' }]);
  await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
  expect((await consumer.poll(10)).length).toBe(1);
});

test('a topic that is deleted and made again has another id, and is read from its beginning', async () => {
  const log = new MemoryLog();
  await log.append([{ topic: 'orders', key: 'k', value: 'old' }]);
  await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
  await consumer.poll(10);
  const [before] = await log.topics();
  log.deleteTopic('orders');
  await log.append([{ topic: 'orders', key: 'k', value: 'new' }]);
  expect((await log.topics())[0]?.topicId).not.toBe(before?.topicId);
  expect((await consumer.poll(10)).map(({ value, offset }) => [value, offset])).toEqual([['new', 0]]);
});

const TOPIC = 'orders';

/** Two processes of one group on a topic of two partitions with so many records each. */
async function twoMembers(records: number): Promise<{ logs: MemoryLog[]; members: LogConsumer[] }> {
  const state = new MemoryLogState();
  const logs = [0, 1].map(() => new MemoryLog({ shared: true, partitions: 2, state }));
  const [first = new MemoryLog()] = logs;
  await first.append(Array.from({ length: 2 * records }, (_, i) => ({ topic: TOPIC, partition: i % 2, key: null, value: String(i) })));
  const members: LogConsumer[] = [];
  for (const log of logs) members.push(await log.subscribe({ group: 'g', topics: [TOPIC] }));
  return { logs, members };
}

function places(records: readonly LogRecord[]): string[] {
  return records.map(({ partition, offset }) => `${partition}:${offset}`);
}

test('members of a group share its partitions, and the positions are of the log', async () => {
  const { logs, members } = await twoMembers(2);
  const [one, two] = await Promise.all(members.map((member) => member.poll(10)));
  expect([places(one ?? []), places(two ?? [])]).toEqual([['0:0', '0:1'], ['1:0', '1:1']]); // prettier-ignore
  await members[1]?.commit(new Map([[TOPIC, new Map([[1, 2]])]]));
  expect(await logs[0]?.committed('g')).toEqual(new Map([[TOPIC, new Map([[1, 2]])]]));
});

test('a partition goes to a new member only when its owner polls again, and begins at what was committed', async () => {
  const { logs, members } = await twoMembers(2);
  await members[1]?.[Symbol.asyncDispose]();
  const [alone] = members;
  expect(places((await alone?.poll(10)) ?? [])).toEqual(['0:0', '0:1', '1:0', '1:1']);
  const joined = await logs[1]?.subscribe({ group: 'g', topics: [TOPIC] });
  expect(await joined?.poll(10, { waitMs: 0 })).toEqual([]);
  await alone?.commit(new Map([[TOPIC, new Map([[1, 1]])]]));
  expect(await alone?.poll(10, { waitMs: 0 })).toEqual([]);
  await alone?.commit(new Map([[TOPIC, new Map([[1, 0]])]]));
  expect(places((await joined?.poll(10, { waitMs: 0 })) ?? [])).toEqual(['1:1']);
});

test('who was held for dead moves no position, and joins again where the others are', async () => {
  const { logs, members } = await twoMembers(2);
  const [zombie, living] = members;
  await zombie?.poll(10);
  await living?.poll(10);
  logs[0]?.expel(zombie);
  expect(places((await living?.poll(10, { waitMs: 0 })) ?? [])).toEqual(['0:0', '0:1']);
  await living?.commit(new Map([[TOPIC, new Map([[0, 2], [1, 2]])]])); // prettier-ignore
  await zombie?.commit(new Map([[TOPIC, new Map([[0, 1]])]]));
  expect((await logs[0]?.committed('g'))?.get(TOPIC)?.get(0)).toBe(2);
  expect(await zombie?.poll(10, { waitMs: 0 })).toEqual([]);
  await living?.poll(10, { waitMs: 0 });
  await logs[0]?.append([{ topic: TOPIC, partition: 0, key: null, value: 'new' }, { topic: TOPIC, partition: 1, key: null, value: 'new' }]); // prettier-ignore
  const both = await Promise.all(members.map(async (member) => places(await member.poll(10, { waitMs: 0 }))));
  expect(both.flat().sort()).toEqual(['0:2', '1:2']);
  expect(both.map((polled) => polled.length)).toEqual([1, 1]);
});

test('what a killed process read is read by another one, whose waiting poll ends', async () => {
  const { logs, members } = await twoMembers(0);
  const [dying, living] = members;
  await dying?.poll(10, { waitMs: 0 });
  const waiting = living?.poll(10);
  await logs[0]?.append([{ topic: TOPIC, partition: 0, key: null, value: 'a' }]);
  expect(places((await dying?.poll(10)) ?? [])).toEqual(['0:0']);
  logs[0]?.expel();
  expect(places((await waiting) ?? [])).toEqual(['0:0']);
  expect(await dying?.poll(10)).toEqual([]);
});
