import { Admin, Producer } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { drain, offsets, valuesOf } from '../log-conformance-support.ts';
import { openKafkaLog } from './kafka-log.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 60_000;

describeWith(['kafka'], 'positions', ({ kafka }) => {
  const adminOf = (): Admin => new Admin({ clientId: 'test', bootstrapBrokers: kafka.split(',') });
  const settingsOf = (prefix: string): ReturnType<typeof settingsFor> => settingsFor(kafka, { topicPrefix: prefix });

  async function removeBefore(topic: string, offset: number): Promise<void> {
    const admin = adminOf();
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: BigInt(offset) }] }] });
    await admin.close();
  }

  test('records that were removed before they were read are never gone over in silence', { timeout: TEST_MS }, async () => {
    const prefix = `${uniqueName('lost')}.`;
    await using log = await openKafkaLog(settingsOf(prefix));
    await log.append(['a', 'b', 'c', 'd', 'e'].map((value) => ({ topic: 'orders', key: 'k', value })));
    const first = await log.subscribe({ group: 'g', topics: ['orders'] });
    await drain(first);
    await first.commit(offsets(['orders', 0, 1]));
    await first[Symbol.asyncDispose]();
    await removeBefore(`${prefix}orders`, 3);
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    const lost = {
      code: 'POSITION_LOST',
      message: expect.stringContaining('up to offset 1, but its oldest record is now 3: 2 were removed'),
    };
    await expect(member.poll(10)).rejects.toMatchObject(lost);
    await expect(member.poll(10)).rejects.toMatchObject(lost);
    await member[Symbol.asyncDispose]();
    await using told = await log.subscribe({ group: 'other', topics: ['orders'], from: offsets(['orders', 0, 2]) });
    await expect(told.poll(10)).rejects.toMatchObject({ code: 'POSITION_LOST' });
    await using beyond = await log.subscribe({ group: null, topics: ['orders'], from: offsets(['orders', 0, 9]) });
    await expect(beyond.poll(10)).rejects.toMatchObject({ code: 'POSITION_LOST', message: expect.stringContaining('it ends at 5') });
    await using accepting = await log.subscribe({ group: 'g', topics: ['orders'], acceptLost: ['orders'] });
    expect(valuesOf(await accepting.poll(10))).toEqual(['d', 'e']);
    await using fresh = await log.subscribe({ group: 'fresh', topics: ['orders'] });
    expect(valuesOf(await fresh.poll(10))).toEqual(['d', 'e']);
  });

  test('a loss is accepted once, and committed though nothing is left to read', { timeout: TEST_MS }, async () => {
    const prefix = `${uniqueName('accepted')}.`;
    await using log = await openKafkaLog(settingsOf(prefix));
    const append = (values: readonly string[]) => log.append(values.map((value) => ({ topic: 'orders', key: 'k', value })));
    await append(['a', 'b', 'c']);
    const first = await log.subscribe({ group: 'g', topics: ['orders'] });
    await first.poll(1);
    await first.commit(offsets(['orders', 0, 1]));
    await first[Symbol.asyncDispose]();
    await removeBefore(`${prefix}orders`, 3);
    await using member = await log.subscribe({ group: 'g', topics: ['orders'], acceptLost: ['orders'] });
    expect(await member.poll(10, { waitMs: 500 })).toEqual([]);
    await expect.poll(async () => (await log.committed('g')).get('orders')?.get(0)).toBe(3);
    await append(['d']);
    expect(valuesOf(await member.poll(10))).toEqual(['d']);
    await member.commit(offsets(['orders', 0, 4]));
    await member[Symbol.asyncDispose]();
    await using plain = await log.subscribe({ group: 'g', topics: ['orders'] });
    await append(['e']);
    expect(valuesOf(await plain.poll(10))).toEqual(['e']);
  });

  test('other partitions are read on where one is lost, and what it is stays told', { timeout: TEST_MS }, async () => {
    const prefix = `${uniqueName('partly')}.`;
    await using log = await openKafkaLog(settingsOf(prefix));
    await log.append(['a', 'b'].map((value) => ({ topic: 'orders', key: 'k', value })));
    await log.append([{ topic: 'items', key: 'k', value: '1' }]);
    await removeBefore(`${prefix}orders`, 2);
    await using reader = await log.subscribe({ group: 'g', topics: ['orders', 'items'], from: offsets(['orders', 0, 1], ['items', 0, 0]) });
    expect(valuesOf(await reader.poll(10))).toEqual(['1']);
    await expect(reader.poll(10)).rejects.toMatchObject({ code: 'POSITION_LOST' });
    await log.append([{ topic: 'items', key: 'k', value: '2' }]);
    await expect.poll(async () => reader.poll(10).then(valuesOf, () => []), { timeout: 10_000 }).toEqual(['2']);
    expect(reader.trouble?.error).toMatchObject({ code: 'POSITION_LOST', message: expect.stringContaining('topic "orders"') });
  });

  test('a topic that is deleted and made again while it is read is an error, not a beginning', { timeout: TEST_MS }, async () => {
    const prefix = `${uniqueName('again')}.`;
    await using log = await openKafkaLog(settingsOf(prefix));
    await log.append([{ topic: 'orders', key: 'k', value: 'old' }]);
    await using reader = await log.subscribe({ group: 'g', topics: ['orders'], from: new Map() });
    await using member = await log.subscribe({ group: 'members', topics: ['orders'] });
    for (const consumer of [reader, member]) expect(valuesOf(await consumer.poll(10))).toEqual(['old']);
    const admin = adminOf();
    await admin.deleteTopics({ topics: [`${prefix}orders`] });
    await admin.close();
    await expect.poll(async () => (await log.topics()).length).toBe(0);
    await log.append([{ topic: 'orders', key: 'k', value: 'new' }]);
    for (const consumer of [reader, member]) await expect(consumer.poll(10)).rejects.toMatchObject({ code: 'TOPIC_RECREATED' });
  });

  test('a commit of records that were not handed out since the partition came is no commit', { timeout: TEST_MS }, async () => {
    await using log = await openKafkaLog(settingsOf(`${uniqueName('foreign')}.`));
    await log.append(['a', 'b'].map((value) => ({ topic: 'orders', key: 'k', value })));
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    await member.poll(1);
    await member.commit(offsets(['orders', 0, 2]));
    expect(await log.committed('g')).toEqual(new Map());
    await member.commit(offsets(['orders', 0, 1]));
    expect(await log.committed('g')).toEqual(offsets(['orders', 0, 1]));
  });

  test('records of aborted transactions are not read, and their marks are no lag', { timeout: TEST_MS }, async () => {
    const prefix = `${uniqueName('transactions')}.`;
    await using log = await openKafkaLog(settingsOf(prefix));
    await log.createTopics(['orders']);
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: kafka.split(','),
      idempotent: true,
      transactionalId: prefix,
    });
    for (const [value, isAborted] of [
      ['good', false],
      ['bad', true],
      ['last', false],
    ] as const) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic: `${prefix}orders`, partition: 0, key: Buffer.from('k'), value: Buffer.from(value) }] });
      await (isAborted ? transaction.abort() : transaction.commit());
    }
    await producer.close();
    await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
    const records = await drain(member);
    expect(valuesOf(records)).toEqual(['good', 'last']);
    await member.commit(offsets(['orders', 0, (records.at(-1)?.offset ?? 0) + 1]));
    const end = (await log.topics())[0]?.partitions[0]?.end;
    expect(end).toBe(6);
    await expect.poll(async () => (await log.committed('g')).get('orders')?.get(0)).toBe(end);
    expect(await member.lag()).toEqual(new Map([['orders', 0]]));
    expect(valuesOf(await log.read('orders', 0, 0, 10))).toEqual(['good', 'last']);
  });

  test('what a reader alone commits is shown to the tools of the brokers', { timeout: TEST_MS }, async () => {
    await using log = await openKafkaLog(settingsOf(`${uniqueName('shown')}.`));
    await log.append(['a', 'b', 'c'].map((value) => ({ topic: 'orders', key: 'k', value })));
    await using reader = await log.subscribe({ group: 'g', topics: ['orders'], from: offsets(['orders', 0, 1]) });
    await drain(reader);
    await reader.commit(offsets(['orders', 0, 2]));
    await reader.commit(offsets(['orders', 0, 3]));
    await expect.poll(() => log.committed('g'), { timeout: 5_000 }).toEqual(offsets(['orders', 0, 3]));
  });
});
