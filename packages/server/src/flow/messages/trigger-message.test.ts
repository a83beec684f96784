import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyDocument } from '../../core/arbitrary-values.test-support.ts';
import { canonical } from '../../core/key.ts';
import type { LogRecord, NewLogRecord } from '../../core/log-record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Document } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { decodeTrigger, encodeTrigger } from './trigger-message.ts';

const CAUSE = { topic: 'orders', partition: 2, offset: 40, timestamp: 1_700_000_000_000 };
const anyIdentifier = anyDocument.filter((document) => Object.keys(document).length > 0).map((document) => canonical(document));

describe('a trigger as a message', () => {
  test('comes back exactly, whatever its identifier is', () => {
    fc.assert(
      fc.property(anyIdentifier, fc.boolean(), fc.nat(5), (identifier, isBulk, attempts) => {
        const trigger: Trigger = { view: 'sv', identifier, lane: isBulk ? 'bulk' : 'interactive', cause: isBulk ? null : CAUSE };
        const retry = attempts === 0 ? undefined : { attempts, lastError: { type: 'UNKNOWN_ERROR', message: 'it "failed"' } };
        const back = decodeTrigger(logged(encodeTrigger(trigger, { topic: 't', change: null, retry, now: 0 })));
        expect(back.attempts).toBe(attempts);
        expect({ ...back.trigger, identifier: encode(back.trigger.identifier) }).toEqual({ ...trigger, identifier: encode(identifier) });
      }),
      propertyOptions(2_000),
    );
  });

  test('has one key for equal identifiers, whatever the order of their fields', () => {
    const keyOf = (identifier: Document): unknown =>
      encodeTrigger({ view: 'sv', identifier, lane: 'bulk', cause: null }, { topic: 't', change: null, now: 0 }).key;
    expect(keyOf({ a: 1, b: { d: 1, c: 2 } })).toBe(keyOf({ b: { c: 2, d: 1 }, a: 1 }));
  });

  test('has the members of version 1.0.0', () => {
    const trigger: Trigger = { view: 'sv_customer', identifier: { id: 5, at: new Date(0) }, lane: 'interactive', cause: CAUSE };
    const change = { collection: 'orders', key: { order: 1 }, data: { order: 1, price: 2.5 } };
    const message = encodeTrigger(trigger, { topic: 't', change, retry: { attempts: 1, lastError: { type: 'X', message: 'y' } }, now: 7 });
    expect(message.headers).toEqual({ messageSchema: '{"type":"sv-trigger","version":"v1.0.0"}' });
    expect(message.key).toBe('{"at":"1970-01-01T00:00:00.000Z","id":5}');
    expect(JSON.parse(message.value as string)).toEqual({
      type: 'aggregation',
      singleViewName: 'sv_customer',
      singleViewIdentifier: { at: '1970-01-01T00:00:00.000Z', id: 5 },
      change: { projectionName: 'orders', projectionIdentifier: { order: 1 }, data: { order: 1, price: 2.5 } },
      retry: { attempts: 1, lastError: { type: 'X', message: 'y' } },
      __internal__kafkaInfo: { topic: 'orders', partition: 2, offset: 40, key: null, timestamp: '2023-11-14T22:13:20.000Z' },
      millrace: { types: { at: 'date' } },
    });
  });

  test.for([
    ['no value', null],
    ['no JSON', 'x'],
    ['no view', '{"singleViewIdentifier":{"id":1}}'],
    ['no identifier', '{"singleViewName":"sv"}'],
    ['an empty identifier', '{"singleViewName":"sv","singleViewIdentifier":{}}'],
    ['a type that its value has not', '{"singleViewName":"sv","singleViewIdentifier":{"id":"x"},"millrace":{"types":{"id":"long"}}}'],
  ] as const)('with %s is refused', ([, value]) => {
    const record: LogRecord = { topic: 't', partition: 0, offset: 3, timestamp: 0, key: null, value, headers: {} };
    expect(() => decodeTrigger(record)).toThrow(/^The message at t\/0\/3 /);
  });
});

function logged(message: NewLogRecord): LogRecord {
  return { ...message, partition: 0, offset: 0, timestamp: message.timestamp ?? 0, headers: message.headers ?? {} };
}
