import { describe, expect, test } from 'vitest';
import { readRecords, recordings, tableOf } from '../../../../../test/fixtures/formats/debezium/records.ts';
import { ExactNumber } from '../../core/change.ts';
import type { Decoded } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { SourceTime } from '../../core/source-value.ts';
import { Binary } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { registerFormatTests } from '../format-conformance.ts';
import { OPTIONS, changesOf, decodeWith, recordOf, targetOf } from '../format.test-support.ts';
import { createDebeziumFormat } from './debezium-format.ts';

const format = createDebeziumFormat(OPTIONS);
const byPosition = createDebeziumFormat({ ...OPTIONS, counter: 'position' });
const source = { connector: 'postgresql', lsn: 97020792, ts_ms: 1 };
const KEYS: Readonly<Record<string, readonly string[]>> = {
  growers: ['grower_no'],
  cultivars: ['cultivar_id'],
  dispatches: ['dispatch_code'],
  dispatch_lines: ['dispatch_code', 'line_no'],
  frost_warnings: ['warning_no'],
};

describe('what the connectors of four databases sent is read in full', () => {
  const OPERATIONS: Readonly<Record<string, string>> = { c: 'insert', r: 'upsert', u: 'update', d: 'delete', t: 'truncate' };

  /** What a record says, told by its text alone. */
  function expected(record: LogRecord, placeholder: string): string {
    if (record.value === null) return 'tombstone';
    if (record.topic.startsWith('__debezium-heartbeat')) return 'heartbeat';
    if (record.topic === 'nursery.transaction') return 'transaction';
    if (record.topic === 'nursery') return 'schema change';
    const message = JSON.parse(record.value as string) as { payload?: RawEnvelope } & RawEnvelope;
    const { op, after, source } = message.payload ?? message;
    if (op === 'm') return 'logical message';
    const isMongo = source.connector === 'mongodb';
    const operation = isMongo && op === 'u' && after === null ? 'patch' : (OPERATIONS[op] ?? 'none');
    const row = JSON.stringify(after);
    const forms = [placeholder, Buffer.from(placeholder).toString('base64'), JSON.stringify([...Buffer.from(placeholder)])];
    const moved = record.headers['__debezium.newkey'] === undefined ? '' : ' to';
    const from = record.headers['__debezium.oldkey'] === undefined ? '' : ' from';
    const counter = isMongo || source.lsn === null ? 'load' : source.lsn === undefined ? 'binlog' : 'lsn';
    return `${operation}${moved}${from}${forms.some((form) => row.includes(form)) ? ' left out' : ''} ${counter}`;
  }

  function told(decoded: Decoded | undefined): string {
    if (decoded?.kind !== 'changes') return decoded?.reason ?? 'nothing';
    const labels = decoded.changes.map(({ operation, movedTo, movedFrom, unavailable, counter }) => {
      const moved = `${movedTo === undefined ? '' : ' to'}${movedFrom === undefined ? '' : ' from'}`;
      return `${operation}${moved}${unavailable === undefined ? '' : ' left out'} ${counter.type}`;
    });
    return labels.join(' + ');
  }

  test.each(recordings().filter((name) => !name.includes('flattened')))('%s', async (name) => {
    const unavailableValue = name === 'postgres-microseconds' ? '<<unchanged>>' : OPTIONS.unavailableValue;
    const reader = createDebeziumFormat({ ...OPTIONS, unavailableValue, counter: 'position' });
    const records = readRecords(name);
    const kinds: string[] = [];
    for (const record of records) {
      const table = tableOf(record.topic);
      const sourceKey = name.startsWith('mongodb') ? ['_id'] : (KEYS[table] ?? ['id']);
      kinds.push(told(await decodeWith(reader, record, targetOf(sourceKey))));
    }
    expect(kinds).toEqual(records.map((record) => expected(record, unavailableValue)));
  });
});

interface RawEnvelope {
  readonly op: string;
  readonly after: unknown;
  readonly source: { readonly connector: string; readonly lsn?: number | null };
}

describe('an event', () => {
  test('is a change at the place of its record', async () => {
    const record = recordOf({ id: 1 }, { op: 'c', before: null, after: { id: 1, name: 'a' }, source });
    expect(await changesOf(format, record)).toEqual([
      {
        projection: 'orders',
        operation: 'insert',
        key: { id: 1 },
        after: { id: 1, name: 'a' },
        before: null,
        row: 'whole',
        counter: { type: 'timestamp', value: 1_700_000_000_123n },
        position: { topic: 'shop.orders', partition: 1, offset: 7, timestamp: 1_700_000_000_123 },
        part: 0,
        recordKey: '{"id":1}',
        unavailable: undefined,
      },
    ]);
  });

  test('of a snapshot may find its row known already', async () => {
    expect((await changesOf(format, recordOf({ id: 1 }, { op: 'r', after: { id: 1 }, source })))[0]?.operation).toBe('upsert');
  });

  test('keeps every digit, and takes its key from the record where the row lacks it', async () => {
    const value = `{"op":"u","after":{"big":12345678901234567890,"price":0.10000000000000000001},"source":{"ts_ns":1795259424546442380},"ts_ns":1795259424546442381}`;
    const [change] = await changesOf(format, recordOf('{"id":9007199254740993}', value));
    expect(change?.key).toEqual({ id: 9007199254740993n });
    expect(change?.after).toEqual({ big: 12345678901234567890n, price: new ExactNumber('0.10000000000000000001'), id: 9007199254740993n });
  });

  test('that deletes needs the key alone', async () => {
    expect(await changesOf(format, recordOf({ id: 1 }, { op: 'd', before: null, after: null, source }))).toMatchObject([
      { operation: 'delete', key: { id: 1 }, after: null },
    ]);
  });

  test('that truncates has no key', async () => {
    expect(await changesOf(format, recordOf(null, { op: 't', before: null, after: null, source }))).toMatchObject([
      { operation: 'truncate', key: null, after: null, before: null },
    ]);
  });

  test('of a key that is not the table’s is a delete and an insert when that key changes', async () => {
    const record = recordOf({ no: 5 }, { op: 'u', before: { no: 5, id: 1 }, after: { no: 5, id: 2 }, source });
    expect(await changesOf(format, record)).toMatchObject([
      { operation: 'delete', key: { id: 1 }, part: 0, movedTo: { id: 2 } },
      { operation: 'insert', key: { id: 2 }, part: 1, movedFrom: { id: 1 } },
    ]);
  });

  test('of a changed primary key names the other key, with and without an envelope', async () => {
    const schema = { type: 'struct', fields: [{ type: 'int64', field: 'id' }] };
    const gone = recordOf({ id: 1 }, { op: 'd', before: { id: 1 }, source }, { headers: { '__debezium.newkey': '{"id":2}' } });
    const come = recordOf(
      { id: 2 },
      { op: 'c', after: { id: 2 }, source },
      { headers: { '__debezium.oldkey': JSON.stringify({ schema, payload: { id: 1 } }) } },
    );
    expect(await changesOf(format, gone)).toMatchObject([{ operation: 'delete', key: { id: 1 }, movedTo: { id: 2 } }]);
    expect(await changesOf(format, come)).toMatchObject([{ operation: 'insert', key: { id: 2 }, movedFrom: { id: 1 } }]);
  });

  test('leaves out what did not change, in every form of the placeholder', async () => {
    const text = OPTIONS.unavailableValue;
    const bytes = [...Buffer.from(text)];
    const after = {
      id: 1,
      a: text,
      b: Buffer.from(text).toString('base64'),
      c: [text],
      d: bytes,
      e: { [text]: text },
      f: [text, text],
      g: bytes.slice(1),
      h: `${text}!`,
    };
    const [change] = await changesOf(format, recordOf({ id: 1 }, { op: 'u', after, source }));
    expect(change?.unavailable).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(Object.keys(change?.after ?? {})).toEqual(['id', 'f', 'g', 'h']);
  });

  test.each([
    ['tombstone', null],
    ['tombstone', ''],
    ['tombstone', 'null'],
    ['heartbeat', { ts_ms: 1 }],
    ['transaction', { status: 'BEGIN', id: '1:2', ts_ms: 1 }],
    ['schema change', { source, databaseName: 'a', ddl: 'CREATE', tableChanges: [] }],
    ['logical message', { op: 'm', source, message: { prefix: 'a', content: '' } }],
    ['no operation', { before: null, after: { id: 1 }, source }],
  ])('that is a %s is skipped', async (reason, value) => {
    expect(await decodeWith(format, recordOf({ id: 1 }, value))).toEqual({ kind: 'skipped', reason });
  });

  test.each([
    ['MALFORMED_VALUE', { id: 1 }, '{"op":"c"', 'The value is not JSON'],
    ['MALFORMED_VALUE', { id: 1 }, Uint8Array.of(0xff, 0xfe), 'not UTF-8'],
    ['MALFORMED_VALUE', { id: 1 }, [1], 'The value is [1]: expected a change event'],
    ['MALFORMED_VALUE', { id: 1 }, { id: 1, name: 'a' }, 'format db2'],
    ['MALFORMED_VALUE', { id: 1 }, { op: 'c', after: 5 }, "The event's after is 5"],
    ['MALFORMED_VALUE', { id: 1 }, `{"op":"c","after":[${'['.repeat(300)}${']'.repeat(300)}]}`, 'deeper'],
    ['UNKNOWN_OPERATION', { id: 1 }, { op: 'x', after: { id: 1 } }, 'The operation is "x": expected c, r, u, d, t or m'],
    ['UNKNOWN_OPERATION', { id: 1 }, { op: 'toString', after: { id: 1 } }, 'toString'],
    ['MISSING_ROW', { id: 1 }, { op: 'c', after: null }, 'has no after'],
    ['MISSING_KEY', null, { op: 'c', after: { name: 'a' } }, '"id" has no value'],
    ['MISSING_KEY', { id: null }, { op: 'd', before: { id: null } }, '"id" has no value'],
    ['MISSING_KEY', { no: 5 }, { op: 'd', before: { no: 5, id: 0 }, source }, 'REPLICA IDENTITY FULL'],
    ['MALFORMED_KEY', '{', { op: 'd', before: null }, 'The key is not JSON'],
    ['REGISTRY_ENCODED', { id: 1 }, Uint8Array.of(0, 0, 0, 1, 2, 3), 'schema 258'],
    ['REGISTRY_ENCODED', '\u0000\u0000\u0000\u0000\u0007abc', { op: 'd', before: null }, 'schema 7'],
  ])('is refused with %s', async (code, key, value, reason) => {
    const decoded = await decodeWith(format, recordOf(key, value));
    expect(decoded).toMatchObject({ kind: 'refused', code });
    expect(decoded.kind === 'refused' && decoded.reason).toContain(reason);
  });
});

describe('the place in the source', () => {
  test.each<[string, object, { type: string; value: bigint }]>([
    ['a log sequence number', { lsn: 97020792 }, { type: 'lsn', value: 97020792n }],
    ['a system change number', { scn: '12345678901234567890' }, { type: 'scn', value: 12345678901234567890n }],
    ['a file, its position and a row', { file: 'bin.000002', pos: 3, row: 1 }, { type: 'binlog', value: (2n << 96n) | (3n << 32n) | 1n }],
    ['none, in an incremental snapshot', { lsn: null, snapshot: 'incremental' }, { type: 'load', value: 1_700_000_000_123n }],
  ])('is %s', async (_name, place, counter) => {
    const record = recordOf({ id: 1 }, { op: 'u', after: { id: 1 }, source: place });
    expect((await changesOf(byPosition, record))[0]?.counter).toEqual(counter);
    expect((await changesOf(format, record))[0]?.counter.type).toBe('timestamp');
  });

  test('grows from file to file', async () => {
    const at = async (file: string, pos: number): Promise<bigint> =>
      (await changesOf(byPosition, recordOf({ id: 1 }, { op: 'u', after: { id: 1 }, source: { file, pos, row: 0 } })))[0]?.counter.value ??
      0n;
    expect(await at('bin.000002', 4)).toBeGreaterThan(await at('bin.000001', 4_000_000_000));
  });
});

test('the schema of the record decodes its values, as the declared source types do without one', async () => {
  const column = (field: string, type: string, name?: string, more: object = {}): object => ({
    field,
    type,
    ...(name === undefined ? {} : { name }),
    ...more,
  });
  const row = {
    type: 'struct',
    fields: [
      column('id', 'int32', 'io.debezium.time.Date'),
      column('at', 'int64', 'io.debezium.time.MicroTimestamp'),
      column('price', 'bytes', 'org.apache.kafka.connect.data.Decimal', { parameters: { scale: '2' } }),
      column('ratio', 'struct', 'io.debezium.data.VariableScaleDecimal'),
      column('flags', 'bytes', 'io.debezium.data.Bits'),
      column('seal', 'bytes'),
      column('name', 'string'),
      { field: 'days', type: 'array', items: { type: 'int32', name: 'io.debezium.time.Date' } },
    ],
  };
  const schema = {
    type: 'struct',
    fields: [
      { ...row, field: 'before' },
      { ...row, field: 'after' },
    ],
  };
  const after = {
    id: 1,
    at: 1,
    price: 'BOI=',
    ratio: { scale: 1, value: '/w==' },
    flags: '7gE=',
    seal: 'AQI=',
    name: 'a',
    days: [null, 2],
    wrapped: -1,
  };
  const payload = { op: 'c', before: null, after, source };
  const [change] = await changesOf(format, recordOf(null, { schema, payload }), targetOf(['id'], { wrapped: 'unsigned-long' }));
  const expected = {
    id: new SourceTime('date', 'days', 1n),
    at: new SourceTime('timestamp', 'micros', 1n),
    price: new ExactNumber('12.50'),
    ratio: new ExactNumber('-0.1'),
    flags: 494,
    seal: new Binary(Buffer.from([1, 2])),
    name: 'a',
    wrapped: 18446744073709551615n,
  };
  expect(change?.after).toEqual({ ...expected, days: [null, new SourceTime('date', 'days', 2n)] });
  const types = {
    id: 'date-days',
    at: 'timestamp-micros',
    price: 'decimal:2',
    ratio: 'decimal-variable',
    flags: 'bits',
    seal: 'bytes-base64',
    wrapped: 'unsigned-long',
  };
  expect((await changesOf(format, recordOf(null, payload), targetOf(['id'], types)))[0]?.after).toEqual({ ...expected, days: [null, 2] });
});

describe.each([
  ['mysql-schema', 'cultivars', ['cultivar_id']],
  ['postgres-flat', 'cultivars', ['cultivar_id']],
  ['mysql-transaction', 'dispatch_lines', ['dispatch_code', 'line_no']],
  ['mongodb-patch-preimage', 'cultivars', ['_id']],
])('as every format: %s', (name, table, sourceKey) => {
  const samples = readRecords(name).filter(({ topic, value }) => tableOf(topic) === table && value !== null && value.length < 12_000);
  registerFormatTests({ format: byPosition, target: targetOf(sourceKey, { stock: 'decimal:2' }), samples, runs: propertyOptions(150) });
});
