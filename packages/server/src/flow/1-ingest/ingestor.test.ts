import { describe, expect, test } from 'vitest';
import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { createDb2Format } from '../../format/db2/db2-format.ts';
import { createDebeziumFormat } from '../../format/debezium/debezium-format.ts';
import type { Format } from '../../format/format.ts';
import { OPTIONS, recordOf, targetOf } from '../../format/format.test-support.ts';
import { deadLetter } from './dead-letter.ts';
import { Ingestor } from './ingestor.ts';
import type { IngestTarget } from './ingestor.ts';

const clock: Clock = { now: () => 5_000, sleep: () => Promise.resolve() };
const db2 = createDb2Format(OPTIONS);
const target = (projection: string, format: Format = db2): IngestTarget => ({
  system: 'shop',
  format,
  target: { ...targetOf(), projection },
});
const ingestor = (targets: Readonly<Record<string, readonly IngestTarget[]>>): Ingestor =>
  new Ingestor({ targets: new Map(Object.entries(targets)), clock });
const row = (topic: string, offset: number, id: number): LogRecord => recordOf({ id }, { id }, { topic, offset });
const bad = (topic: string, offset: number): LogRecord => recordOf({ id: 1 }, '{', { topic, offset });

test('changes are in the order of the records, over all topics', async () => {
  const stage = ingestor({ a: [target('one'), target('two')], b: [target('three', createDebeziumFormat(OPTIONS))] });
  const event = recordOf({ id: 9 }, { op: 'c', after: { id: 9 } }, { topic: 'b', offset: 0 });
  const { changes } = await stage.decode([row('a', 0, 1), event, row('a', 1, 2)]);
  expect(changes.map(({ projection, key }) => [projection, key?.['id']])).toEqual([
    ['one', 1],
    ['two', 1],
    ['three', 9],
    ['one', 2],
    ['two', 2],
  ]);
});

test('a record that cannot be read becomes a dead letter with its bytes and its place, and affects no other one', async () => {
  const raw = { ...bad('a', 1), key: Uint8Array.of(1, 255), headers: { h: 'x' } };
  const { changes, deadLetters, retry } = await ingestor({ a: [target('one')] }).decode([row('a', 0, 1), raw, row('a', 2, 2)]);
  expect(changes.map(({ key }) => key?.['id'])).toEqual([1, 2]);
  expect(retry).toEqual([]);
  expect(deadLetters).toEqual([
    {
      id: 'a/1/1',
      kind: 'dead-letter',
      code: 'MALFORMED_VALUE',
      reason: expect.stringContaining('The value is not JSON') as string,
      position: { topic: 'a', partition: 1, offset: 1, timestamp: 1_700_000_000_123 },
      key: Uint8Array.of(1, 255),
      value: Buffer.from('{'),
      headers: { h: 'x' },
      system: 'shop',
      projection: 'one',
      view: null,
      identifier: null,
      attempts: 1,
      createdAt: 5_000,
      resolvedAt: null,
    },
  ]);
});

test('a record that several projections cannot read is a dead letter of each', async () => {
  const { deadLetters } = await ingestor({ a: [target('one'), target('two')] }).decode([bad('a', 3)]);
  expect(deadLetters.map(({ id }) => id)).toEqual(['a/1/3/one', 'a/1/3/two']);
});

test('the same record gives the same dead letter again', async () => {
  const stage = ingestor({ a: [target('one')] });
  const [first, second] = [await stage.decode([bad('a', 3)]), await stage.decode([row('a', 2, 1), bad('a', 3)])];
  expect(first.deadLetters).toEqual(second.deadLetters);
});

test('what asks for nothing is counted by its reason', async () => {
  const stage = ingestor({ a: [target('one', createDebeziumFormat(OPTIONS))] });
  const tombstone = recordOf({ id: 1 }, null, { topic: 'a' });
  const heartbeat = recordOf({}, { ts_ms: 1 }, { topic: 'a' });
  const { skipped, changes, deadLetters } = await stage.decode([tombstone, heartbeat, tombstone, row('other', 0, 1)]);
  expect(Object.fromEntries(skipped)).toEqual({ tombstone: 2, heartbeat: 1, 'unread topic': 1 });
  expect([...changes, ...deadLetters]).toEqual([]);
});

describe('a format', () => {
  const failing: Format = {
    decode: (records) =>
      records.map(({ offset }) =>
        offset === 1 ? { kind: 'refused', code: 'ADAPTER_FAILED', reason: 'The adapter threw: no' } : { kind: 'skipped', reason: 'fine' },
      ),
  };
  const throwing: Format = {
    decode: (records, of) => {
      if (records.some(({ offset }) => offset === 1)) throw new Error('a fault of ours');
      return db2.decode(records, of);
    },
  };

  test('whose adapter failed has the record parked, since waiting may help', async () => {
    const { retry, deadLetters } = await ingestor({ a: [target('one', failing)] }).decode([row('a', 0, 1), row('a', 1, 2)]);
    expect(deadLetters).toEqual([]);
    expect(retry).toEqual([
      { record: row('a', 1, 2), system: 'shop', projection: 'one', code: 'ADAPTER_FAILED', reason: 'The adapter threw: no' },
    ]);
  });

  test('that throws costs the record that shows it, and no other', async () => {
    const { changes, deadLetters } = await ingestor({ a: [target('one', throwing)] }).decode([
      row('a', 0, 1),
      row('a', 1, 2),
      row('a', 2, 3),
    ]);
    expect(changes.map(({ key }) => key?.['id'])).toEqual([1, 3]);
    expect(deadLetters).toMatchObject([{ id: 'a/1/1', code: 'INTERNAL', reason: 'The format threw: a fault of ours' }]);
  });
});

test('a dead letter of a tombstone has no value', () => {
  const fault = { code: 'MISSING_KEY', reason: 'why', system: 'shop', projection: 'one', attempts: 5 };
  expect(deadLetter(recordOf(null, null), fault, clock, { shared: true })).toMatchObject({
    id: 'shop.orders/1/7/one',
    key: null,
    value: null,
    attempts: 5,
  });
});
