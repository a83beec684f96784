import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyDocument, anyText } from '../../core/arbitrary-values.test-support.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import { kindOfRecord, withMetadata } from '../../core/metadata.ts';
import type { ProjectionMeta, ViewMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Lane } from '../../core/trigger.ts';
import type { Document } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { decodeDelta, encodeDelta, encodeReplacement, replacedCollection } from './delta-message.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const anyTime = fc.integer({ min: 0, max: 4e12 });
const anyPosition: fc.Arbitrary<LogPosition> = fc.record({
  topic: fc.constantFrom('shop.orders', 'a b "c"'),
  partition: fc.nat(9),
  offset: fc.nat(),
  timestamp: anyTime,
});
const anyProjectionMeta: fc.Arbitrary<ProjectionMeta> = fc
  .record({
    counterType: fc.constantFrom('timestamp', 'pos', 'load'),
    counter: fc.oneof(fc.nat().map(String), fc.constant('00000000650028162190'.replace(/^0+/, '')), fc.constant('98765432109876543210')),
    part: fc.constantFrom(0, 0, 1),
    recordKey: fc.option(anyText),
    createdAt: anyTime,
    updatedAt: anyTime,
  })
  .chain((meta) => anyPosition.map((position) => ({ ...meta, ...position })));
const anyViewMeta: fc.Arbitrary<ViewMeta> = fc
  .record({ identifier: anyDocument.map(encode), createdAt: anyTime, updatedAt: anyTime })
  .chain((meta) => fc.option(anyPosition, { nil: undefined }).map((position) => ({ ...meta, ...position })));
const anyFields = fc
  .tuple(anyDocument, fc.option(fc.record({ _id: anyText, updatedAt: anyText }, { requiredKeys: [] }), { freq: 5 }))
  .map(([document, clash]) => ({ ...document, ...clash }) as Document);

interface Case {
  readonly kind: 'projection' | 'view';
  readonly delta: RecordDelta;
  readonly lane: Lane;
}

const anyCase: fc.Arbitrary<Case> = fc.constantFrom('projection' as const, 'view' as const).chain((kind) => {
  const anyMeta: fc.Arbitrary<object> = kind === 'view' ? anyViewMeta : anyProjectionMeta;
  const record = (id: string): fc.Arbitrary<StoredRecord> =>
    fc
      .tuple(anyFields, fc.constantFrom(...STATES), anyMeta, fc.boolean())
      .map(([document, state, meta, hasText]) =>
        hasText
          ? new StoredRecord(id, encode(document), state, JSON.stringify(meta))
          : new StoredRecord(id, undefined, state, JSON.stringify(meta), document),
      );
  return anyText.chain((id) =>
    fc.record({
      kind: fc.constant(kind),
      lane: fc.constantFrom<Lane>('interactive', 'bulk'),
      delta: fc.record({
        collection: fc.constantFrom('orders', 'sv "x"'),
        id: fc.constant(id),
        before: fc.option(record(id)),
        after: fc.option(record(id)),
        position: fc.option(anyPosition),
      }),
    }),
  );
});

describe('a change as a message', () => {
  test('comes back exactly, whatever its values are', () => {
    fc.assert(
      fc.property(anyCase, ({ kind, delta, lane }) => {
        const message = encodeDelta(delta, { topic: 't', kind, source: 'shop', key: ['id'], lane, now: NOW });
        const back = decodeDelta(logged(message), { name: delta.collection, kind, key: ['id'] });
        expect(back.lane).toBe(lane);
        expect(back.id).toBe(delta.id);
        expect(back.collection).toBe(delta.collection);
        expect(back.position).toEqual(delta.position);
        expectSame(back.before, delta.before, kind);
        expectSame(back.after, delta.after, kind);
      }),
      propertyOptions(3_000),
    );
  });

  test('shows plain JSON with the metadata of the stored document', () => {
    const meta = { identifier: '{"id":7}', createdAt: 1_000, updatedAt: 2_000, topic: 'in', partition: 1, offset: 9, timestamp: 3_000 };
    const after = new StoredRecord('7', undefined, 'PUBLIC', JSON.stringify(meta), { id: 7n, at: new Date(4_000) });
    const delta: RecordDelta = { collection: 'v', id: '7', before: null, after, position: null };
    const message = encodeDelta(delta, { topic: 't', kind: 'view', source: null, key: ['id'], lane: 'bulk', now: 5_000 });
    expect(message.key).toBe('{"id":7}');
    expect(JSON.parse(message.value as string)).toEqual({
      operation: { type: 'INSERT', timestamp: '1970-01-01T00:00:05.000Z' },
      storageNamespace: 'v',
      primaryKeys: ['id'],
      before: null,
      after: {
        _id: '7',
        id: 7,
        at: '1970-01-01T00:00:04.000Z',
        __STATE__: 'PUBLIC',
        createdAt: '1970-01-01T00:00:01.000Z',
        updatedAt: '1970-01-01T00:00:02.000Z',
        __internal__kafkaInfo: { topic: 'in', partition: 1, offset: 9, timestamp: '1970-01-01T00:00:03.000Z' },
      },
      millrace: { lane: 'bulk', after: { types: { id: 'long', at: 'date' }, identifier: '{"id":7}' } },
    });
  });

  test('names the type of the items of an array once', () => {
    const lines = Array.from({ length: 30 }, (_, i) => ({ at: i % 3 === 0 ? null : new Date(i), n: i }));
    const after = new StoredRecord('1', undefined, 'PUBLIC', '{"identifier":"{}","createdAt":0,"updatedAt":0}', { lines });
    const delta: RecordDelta = { collection: 'v', id: '1', before: null, after, position: null };
    const message = encodeDelta(delta, { topic: 't', kind: 'view', source: null, key: [], lane: 'interactive', now: 0 });
    expect((JSON.parse(message.value as string) as { millrace: { after: object } }).millrace.after).toEqual({
      types: { lines: { each: { at: 'date' } } },
      identifier: '{}',
    });
  });

  test.for([
    ['PUBLIC', 'DELETED', 'DELETE'],
    ['DELETED', 'PUBLIC', 'INSERT'],
    ['DELETED', 'DELETED', 'UPDATE'],
    [null, 'PUBLIC', 'INSERT'],
    ['DRAFT', null, 'DELETE'],
  ] as const)('from %s to %s is called %s', ([from, to, operation]) => {
    const record = (state: 'PUBLIC' | 'DELETED' | 'DRAFT' | null): StoredRecord | null =>
      state === null ? null : new StoredRecord('1', '{"a":1}', state, '{"identifier":"{}","createdAt":0,"updatedAt":0}');
    const delta: RecordDelta = { collection: 'v', id: '1', before: record(from), after: record(to), position: null };
    const { value } = encodeDelta(delta, { topic: 't', kind: 'view', source: null, key: [], lane: 'interactive', now: 0 });
    expect((JSON.parse(value as string) as { operation: { type: string } }).operation.type).toBe(operation);
  });

  test('of a whole collection is told from the others', () => {
    const message = encodeReplacement('örders', { topic: 't', kind: 'projection', now: NOW });
    expect(replacedCollection(logged(message))).toBe('örders');
    expect(replacedCollection({ headers: {} })).toBeUndefined();
  });

  test.for([
    ['no value', null],
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['bytes that are no text', new Uint8Array([0xff])],
    ['no image', '{"operation":{"type":"DELETE"}}'],
    ['an image that is no object', '{"after":5}'],
    ['an image without a key', '{"after":{"other":1}}'],
    ['a type that its value has not', '{"after":{"_id":"1","n":"x"},"millrace":{"after":{"types":{"n":"long"}}}}'],
  ] as const)('with %s is refused', ([, value]) => {
    const record: LogRecord = { topic: 't', partition: 0, offset: 3, timestamp: 0, key: null, value, headers: {} };
    expect(() => decodeDelta(record, { name: 'orders', kind: 'projection', key: ['id'] })).toThrow(/^The message at t\/0\/3 /);
  });
});

function logged(message: NewLogRecord): LogRecord {
  return { ...message, partition: 0, offset: 0, timestamp: message.timestamp ?? 0, headers: message.headers ?? {} };
}

function expectSame(back: StoredRecord | null, record: StoredRecord | null, kind: 'projection' | 'view'): void {
  expect(back === null).toBe(record === null);
  if (back === null || record === null) return;
  expect(back.id).toBe(record.id);
  expect(back.state).toBe(record.state);
  expect(back.text).toBe(record.text);
  expect(JSON.parse(back.meta)).toEqual(JSON.parse(record.meta));
  expect(kindOfRecord(back)).toBe(kind);
  expect(encode(withMetadata(back, kind))).toBe(encode(withMetadata(record, kind)));
}
