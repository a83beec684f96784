import { describe, expect, test } from 'vitest';
import { Decimal128 } from '../../packages/server/src/core/value.ts';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { at, put, remove } from './messages.ts';
import type { Message } from './messages.ts';
import { openProject } from './project.ts';
import { START } from './start.ts';

const TOPIC = 'shop.rooms.ingestion';
const ROOMS = { id: 'string!', beds: 'number', note: 'string' } as const;
const literal = (format: string, system: Record<string, unknown> = {}): ProjectLiteral => ({
  format,
  system,
  projections: { rooms: ROOMS },
});

/** An event of Debezium, without its envelope. */
function event(op: string, after: object | null, before: object | null = null, key: object | null = null): Message {
  const row = (after ?? before ?? key) as { id?: string } | null;
  return { topic: TOPIC, key: key ?? { id: row?.id }, value: { op, before, after, source: { ts_ms: 1 }, ts_ms: 2 } };
}

function golden(op_type: string, rows: { before?: object | null; after?: object | null; pos?: unknown }, key = 'anything'): Message {
  return { topic: TOPIC, key, value: { op_type, ...rows } };
}

describe('db2', () => {
  test('rows are upserts, under the key of the row where the record has none, and a null or empty value is a delete', async () => {
    await using project = await openProject(filesOf(literal('db2')));
    await project.process(
      put('rooms', { id: 'a', beds: 1 }),
      { topic: TOPIC, key: '', value: { id: 'b', beds: 2 } },
      { topic: TOPIC, key: { id: 'c' }, value: { beds: 3 } },
      { topic: TOPIC, key: { id: 'd' }, value: { id: 'd' } },
      { topic: TOPIC, key: { id: 'd' }, value: '' },
      put('rooms', { id: 'a', beds: 4 }),
    );
    expect(await project.documents('rooms')).toEqual([
      { id: 'a', beds: 4 },
      { id: 'b', beds: 2 },
      { id: 'c', beds: 3 },
    ]);
    await project.process(remove('rooms', 'a'));
    expect(await project.documents('rooms')).toHaveLength(2);
    expect(await project.errors()).toEqual([]);
  });

  test('is called basic too', async () => {
    await using project = await openProject(filesOf(literal('basic')));
    await project.process(put('rooms', { id: 'a', beds: 1 }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 1 }]);
  });

  test('whole rows replace: a field that is not sent becomes absent', async () => {
    await using project = await openProject(filesOf(literal('db2')));
    await project.process(put('rooms', { id: 'a', beds: 1, note: 'sea' }), put('rooms', { id: 'a', beds: 2 }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2 }]);
  });

  test('flattened topics of Debezium mark what is deleted with a field', async () => {
    await using project = await openProject(filesOf(literal('db2', { deletedField: '__deleted' })));
    await project.process(put('rooms', { id: 'a', beds: 1, __deleted: 'false' }), put('rooms', { id: 'b', beds: 2, __deleted: 'false' }));
    await project.process(put('rooms', { id: 'a', beds: null, __deleted: 'true' }));
    expect(await project.documents('rooms')).toEqual([{ id: 'b', beds: 2 }]);
    expect(await project.documents('rooms', { states: ['DELETED'] })).toEqual([{ id: 'a', beds: 1 }]);
  });
});

describe('golden-gate', () => {
  test('I, U and D insert, update and delete, whatever the key of the record is', async () => {
    await using project = await openProject(filesOf(literal('golden-gate')));
    await project.process(
      golden('I', { before: null, after: { id: 'a', beds: 1, note: 'sea' }, pos: '00000000650028162190' }),
      golden('I', { after: { id: 'b', beds: 1 }, pos: '00000000650028162191' }),
      golden('U', { before: { id: 'a', beds: 1 }, after: { id: 'a', beds: 2 }, pos: '00000000650028162192' }),
      golden('D', { before: { id: 'b' }, after: null, pos: '00000000650028162193' }),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2, note: 'sea' }]);
  });

  test('pos orders changes as an integer of any length, as text or as a bare number, and shows in the metadata', async () => {
    await using project = await openProject(filesOf(literal('golden-gate')));
    const value = (pos: string, beds: number): Message => ({
      topic: TOPIC,
      key: 'k',
      value: `{"op_type":"U","after":{"id":"a","beds":${beds}},"pos":${pos}}`,
    });
    await project.process(value('92233720368547758071', 1), value('"00092233720368547758070"', 2));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 1 }]);
    await project.process(value('92233720368547758072', 3));
    expect(await project.document('rooms', 'a', { metadata: true })).toMatchObject({
      beds: 3,
      __internal__counter: '92233720368547758072',
      __internal__counterType: 'pos',
    });
  });

  test('without pos the time of the record orders them', async () => {
    await using project = await openProject(filesOf(literal('golden-gate')));
    await project.process(at(2_000, golden('I', { after: { id: 'a', beds: 2 } })), at(1_000, golden('U', { after: { id: 'a', beds: 1 } })));
    expect(await project.document('rooms', 'a', { metadata: true })).toMatchObject({ beds: 2, __internal__counterType: 'timestamp' });
  });

  test('a changed primary key moves the row, with the fields that were not sent', async () => {
    await using project = await openProject(filesOf(literal('golden-gate')));
    await project.process(golden('I', { after: { id: 'a', beds: 1, note: 'sea' }, pos: 1 }));
    await project.process(golden('U', { before: { id: 'a' }, after: { id: 'z', beds: 2 }, pos: 2 }));
    expect(await project.documents('rooms')).toEqual([{ id: 'z', beds: 2, note: 'sea' }]);
  });

  test('a truncate removes all rows below it', async () => {
    await using project = await openProject(filesOf(literal('golden-gate')));
    await project.process(
      golden('I', { after: { id: 'a' }, pos: 1 }),
      golden('T', { pos: 2 }),
      golden('I', { after: { id: 'b' }, pos: 3 }),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'b' }]);
  });
});

describe('debezium', () => {
  test('c, r, u and d insert, upsert, update and delete; a tombstone does nothing', async () => {
    await using project = await openProject(filesOf(literal('debezium')));
    await project.process(
      event('r', { id: 'a', beds: 1 }),
      event('c', { id: 'b', beds: 2 }),
      event('u', { id: 'a', beds: 3 }, { id: 'a', beds: 1 }),
      event('d', null, { id: 'b', beds: 0 }),
      { topic: TOPIC, key: { id: 'b' }, value: null },
      event('r', { id: 'a', beds: 3 }),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 3 }]);
    // The image before a delete is the stored row, not what the event says of it.
    expect(await project.documents('rooms', { states: ['DELETED'] })).toEqual([{ id: 'b', beds: 2 }]);
    expect(project.engine.stats()).toMatchObject({ records: 6, changes: 5, skipped: 1 });
  });

  test('an envelope with a schema decodes its values by it', async () => {
    const fields = { id: 'string!', price: 'decimal', born: 'date', at: 'string' };
    await using project = await openProject(filesOf({ format: 'debezium', projections: { rooms: fields } }));
    const row = (field: string, optional: object): object => ({ field, type: 'struct', optional: true, ...optional });
    const columns = [
      { field: 'id', type: 'string', optional: false },
      { field: 'price', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' }, optional: true },
      { field: 'born', type: 'int32', name: 'io.debezium.time.Date', optional: true },
      { field: 'at', type: 'int64', name: 'io.debezium.time.MicroTimestamp', optional: true },
    ];
    const schema = { type: 'struct', fields: [row('before', { fields: columns }), row('after', { fields: columns })] };
    const after = { id: 'a', price: 'BNI=', born: 19_675, at: '1700000000123456' };
    await project.process({
      topic: TOPIC,
      key: { schema: {}, payload: { id: 'a' } },
      value: JSON.stringify({ schema, payload: { op: 'c', before: null, after, source: {} } }).replace(
        '"1700000000123456"',
        '1700000000123456',
      ),
    });
    expect(await project.documents('rooms')).toEqual([
      { id: 'a', price: Decimal128.fromString('12.34'), born: new Date('2023-11-14T00:00:00Z'), at: '2023-11-14T22:13:20.123456Z' },
    ]);
  });

  test('a truncate removes every row that is not above it, softly where deletes are soft', async () => {
    await using project = await openProject(filesOf(literal('debezium')));
    await project.process(
      event('c', { id: 'a', beds: 1 }),
      event('c', { id: 'b', beds: 2 }),
      { topic: TOPIC, key: null, value: { op: 't', before: null, after: null, source: {} } },
      event('c', { id: 'b', beds: 3 }),
      at(START, event('c', { id: 'z', beds: 9 })),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'b', beds: 3 }]);
    expect(await project.documents('rooms', { states: ['DELETED'] })).toEqual([{ id: 'a', beds: 1 }]);
    expect(await project.engine.store.queued()).toEqual([]);
  });

  test.for([
    ['an envelope without an operation', { source: {}, ts_ms: 1, before: null, after: null }],
    ['a logical message', { op: 'm', message: {} }],
    ['a heartbeat', { ts_ms: 1 }],
    ['the end of a transaction', { status: 'END', id: '1' }],
    ['a change of the schema', { source: {}, ddl: 'ALTER TABLE rooms', tableChanges: [] }],
  ] as const)('%s is skipped and counted', async ([, value]) => {
    await using project = await openProject(filesOf(literal('debezium')));
    await project.process({ topic: TOPIC, key: {}, value }, event('c', { id: 'a' }));
    expect(project.engine.stats()).toMatchObject({ records: 2, skipped: 1, deadLetters: 0 });
    expect(await project.documents('rooms')).toEqual([{ id: 'a' }]);
  });

  test('a changed primary key moves the row, its unchanged large columns too, and rebuilds what showed it', async () => {
    await using project = await openProject(
      filesOf({
        format: 'debezium',
        projections: { rooms: ROOMS },
        views: {
          sv: {
            SV_CONFIG: {
              dependencies: { rooms: { type: 'projection', on: '_identifier' } },
              mapping: { id: 'rooms.id', note: 'rooms.note' },
            },
          },
        },
      }),
    );
    await project.process(event('c', { id: 'a', beds: 1, note: 'a long text' }));
    const placeholder = '__debezium_unavailable_value';
    await project.process(
      { ...event('d', null, { id: 'a' }), headers: { '__debezium.newkey': '{"id":"z"}' } },
      { topic: TOPIC, key: { id: 'a' }, value: null },
      { ...event('c', { id: 'z', beds: 2, note: placeholder }), headers: { '__debezium.oldkey': '{"id":"a"}' } },
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'z', beds: 2, note: 'a long text' }]);
    expect(await project.documents('sv')).toEqual([{ id: 'z', note: 'a long text' }]);
  });

  test.for([
    ['the default placeholder', {}, '__debezium_unavailable_value'],
    ['a placeholder of one’s own', { unavailableValue: 'n/a' }, 'n/a'],
  ] as const)('%s keeps the stored value', async ([, system, placeholder]) => {
    await using project = await openProject(filesOf(literal('debezium', system)));
    await project.process(event('c', { id: 'a', beds: 1, note: 'long' }), event('u', { id: 'a', beds: 2, note: placeholder }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2, note: 'long' }]);
  });

  test('with counter: position the position of the source orders changes', async () => {
    await using project = await openProject(filesOf(literal('debezium', { counter: 'position' })));
    const lsn = (position: number, beds: number): Message => ({
      topic: TOPIC,
      key: { id: 'a' },
      value: { op: 'u', before: null, after: { id: 'a', beds }, source: { connector: 'postgresql', lsn: position } },
    });
    await project.process(at(1_000, lsn(200, 2)), at(2_000, lsn(100, 1)));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2 }]);
    await project.process(at(500, lsn(300, 3)));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 3 }]);
  });

  test('MongoDB’s documents come as texts of extended JSON; an update without the document is applied to the stored one', async () => {
    await using project = await openProject(
      filesOf({
        format: 'debezium',
        projections: {
          rooms: { _key: { type: 'objectId', source: '_id', primaryKey: true }, beds: 'long', tags: 'object' },
        },
      }),
    );
    const oid = '65f1a2b3c4d5e6f708192a3b';
    const key = { id: `{"$oid": "${oid}"}` };
    const mongo = (value: object): Message => ({ topic: TOPIC, key, value: { source: { connector: 'mongodb' }, ...value } });
    await project.process(
      mongo({ op: 'c', after: `{"_id": {"$oid": "${oid}"}, "beds": {"$numberLong": "9007199254740993"}, "tags": {"a": 1, "b": 2}}` }),
      mongo({ op: 'u', after: null, updateDescription: { updatedFields: '{"tags.a": 5}', removedFields: ['tags.b'] } }),
    );
    expect(await project.documents('rooms')).toMatchObject([{ beds: 9_007_199_254_740_993n, tags: { a: 5 } }]);
    await project.process(mongo({ op: 'u', after: null }));
    expect(await project.errors()).toMatchObject([{ code: 'MISSING_ROW' }]);
  });
});

describe('an adapter of one’s own', () => {
  const adapter = (body: string): ProjectLiteral => ({
    ...literal('./adapter.js'),
    files: { 'adapter.js': `module.exports = (message, primaryKeys, logger) => { ${body} };` },
  });
  const change = (value: object, timestamp = START): Message => ({ topic: TOPIC, key: '{"id":"a"}', value, timestamp });

  test('gets bytes and texts, the primary keys and a logger, and says what the change is', async () => {
    await using project = await openProject(
      filesOf(
        adapter(`
          logger.info({ primaryKeys }, 'in');
          if (!Buffer.isBuffer(message.key) || typeof message.timestamp !== 'string' || typeof message.offset !== 'string') throw new Error('types');
          const { beds } = JSON.parse(message.value.toString());
          return { keyObject: JSON.parse(message.key.toString()), value: beds === null ? null : { id: 'a', beds, note: primaryKeys.join() },
            timestampDate: new Date(Number(message.timestamp)), offset: Number(message.offset) };`),
      ),
    );
    await project.process(change({ beds: 1 }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 1, note: 'id' }]);
    await project.process(change({ beds: null }));
    expect(await project.documents('rooms')).toEqual([]);
  });

  test('may say the position by which changes are ordered, and both sides of a changed key', async () => {
    await using project = await openProject(filesOf(adapter(`return JSON.parse(message.value.toString());`)));
    const row = (id: string, beds: number, operationPosition: number, more: object = {}): Message =>
      change({ keyObject: { id }, value: { id, beds }, offset: 0, operationPosition, ...more });
    await project.process(row('a', 2, 20), row('a', 1, 10));
    expect(await project.document('rooms', 'a', { metadata: true })).toMatchObject({
      beds: 2,
      __internal__counter: 20,
      __internal__counterType: 'custom',
    });
    await project.process(row('z', 3, 30, { operation: 'U', before: { id: 'a' }, after: { id: 'z', beds: 3 } }));
    expect(await project.documents('rooms')).toEqual([{ id: 'z', beds: 3 }]);
  });

  test('may be a TypeScript module', async () => {
    await using project = await openProject(
      filesOf({
        ...literal('./adapter.ts'),
        files: {
          'adapter.ts': `export default (message: { value: Buffer; timestamp: string }) => {
            const value: { id: string } = JSON.parse(message.value.toString());
            return { keyObject: { id: value.id }, value, timestampDate: new Date(Number(message.timestamp)), offset: 1 };
          };`,
        },
      }),
    );
    await project.process(change({ id: 'a', beds: 7 }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 7 }]);
  });
});

describe('a record that cannot be', () => {
  const REGISTRY = Uint8Array.of(0, 0, 0, 0, 7, 1, 2);
  const cases: readonly (readonly [story: string, format: string, bad: Message, code: string])[] = [
    ['broken JSON', 'db2', { topic: TOPIC, key: { id: 'x' }, value: '{"id":' }, 'MALFORMED_VALUE'],
    ['bytes that are no text', 'db2', { topic: TOPIC, key: { id: 'x' }, value: Uint8Array.of(0xff, 0xfe, 0x80) }, 'MALFORMED_VALUE'],
    ['a registry’s encoding', 'debezium', { topic: TOPIC, key: { id: 'x' }, value: REGISTRY }, 'REGISTRY_ENCODED'],
    ['a list', 'db2', { topic: TOPIC, key: { id: 'x' }, value: [1] }, 'MALFORMED_VALUE'],
    ['a broken key that is needed', 'db2', { topic: TOPIC, key: '{"id":', value: null }, 'MALFORMED_KEY'],
    ['no key', 'db2', { topic: TOPIC, key: null, value: { beds: 1 } }, 'MISSING_KEY'],
    ['a null in the key', 'db2', { topic: TOPIC, key: null, value: { id: null } }, 'MISSING_KEY'],
    ['an unknown operation', 'debezium', event('x', { id: 'x' }), 'UNKNOWN_OPERATION'],
    ['an unknown operation', 'golden-gate', golden('X', { after: { id: 'x' }, pos: 1 }), 'UNKNOWN_OPERATION'],
    ['an event without its row', 'debezium', event('c', null, null, { id: 'x' }), 'MISSING_ROW'],
    ['something else than an event', 'debezium', { topic: TOPIC, key: { id: 'x' }, value: { id: 'x', beds: 1 } }, 'MALFORMED_VALUE'],
    ['a position that is no number', 'golden-gate', golden('I', { after: { id: 'x' }, pos: 'first' }), 'MALFORMED_VALUE'],
    ['a failed cast in a field that may not be null', 'db2', put('rooms', { id: 'x', strict: 'many' }), 'UNCASTABLE_FIELD'],
    ['a null in such a field', 'db2', put('rooms', { id: 'x', strict: null }), 'NULL_FIELD'],
    ['a required field that is not there', 'db2', put('rooms', { id: 'x', strict: undefined }), 'MISSING_FIELD'],
  ];
  test.for(cases)('for %s (%s) is a dead letter with its bytes, and what stands around it is processed', async ([, format, bad, code]) => {
    const good = (id: string): Message => {
      const row = { id, beds: 1, strict: 1 };
      if (format === 'debezium') return event('c', row);
      return format === 'golden-gate' ? golden('I', { after: row, pos: 5 }) : put('rooms', row);
    };
    const strict = { type: 'number', required: true, nullable: false };
    await using project = await openProject(filesOf({ ...literal(format), projections: { rooms: { ...ROOMS, strict } } }));
    await project.process(good('a'), bad, good('c'));
    expect(await project.documents('rooms')).toMatchObject([{ id: 'a' }, { id: 'c' }]);
    const [entry, ...more] = await project.errors();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      kind: 'dead-letter',
      code,
      reason: expect.stringMatching(/\S/),
      position: { topic: TOPIC, partition: 0, offset: 1 },
      system: 'shop',
      projection: 'rooms',
      attempts: 1,
      resolvedAt: null,
    });
    expect(Buffer.from(entry?.value ?? [])).toEqual(bytesOf(bad.value));
  });

  test('is one dead letter, however often it is replayed', async () => {
    await using project = await openProject(filesOf(literal('db2')));
    await project.process({ topic: TOPIC, key: { id: 'x' }, value: 'nonsense' });
    await project.replay(await project.errors());
    await project.idle();
    await project.replay(await project.errors());
    await project.idle();
    expect(await project.errors({ all: true })).toMatchObject([{ attempts: 1, resolvedAt: null }]);
  });
});

describe('several topics', () => {
  test('may feed one projection, ordered by the time of their records', async () => {
    await using project = await openProject(filesOf({ ...literal('db2'), projectionOptions: { rooms: { topics: ['east', 'west'] } } }));
    await project.process(
      at(2_000, { topic: 'east', key: { id: 'a' }, value: { id: 'a', beds: 2 } }),
      at(1_000, { topic: 'west', key: { id: 'a' }, value: { id: 'a', beds: 1 } }),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2 }]);
    await project.process(at(3_000, { topic: 'west', key: { id: 'a' }, value: { id: 'a', beds: 3 } }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 3 }]);
  });

  test('follow the pattern of the system', async () => {
    await using project = await openProject(filesOf(literal('db2', { topic: 'acme.prod.{system}.{projection}.ingestion' })));
    await project.process({ topic: 'acme.prod.shop.rooms.ingestion', key: { id: 'a' }, value: { id: 'a' } });
    expect(await project.documents('rooms')).toEqual([{ id: 'a' }]);
  });
});

function bytesOf(value: unknown): Buffer {
  if (value === null) return Buffer.alloc(0);
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}
