import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../core/change.ts';
import type { SourceValue } from '../core/change.ts';
import { SourceTime } from '../core/source-value.ts';
import { Binary } from '../core/value.ts';
import { propertyOptions } from '../testing/property.ts';
import { sourceTypeDecoder } from './source-types.ts';

function decode(type: string, value: SourceValue): SourceValue {
  const decoder = sourceTypeDecoder(type);
  if (decoder === undefined) throw new Error(`no source type: ${type}`);
  return decoder(value);
}

test.each<[string, SourceValue, SourceValue]>([
  ['date-days', -78, new SourceTime('date', 'days', -78n)],
  ['time-millis', 5, new SourceTime('time', 'millis', 5n)],
  ['time-nanos', 12345678901234567890n, new SourceTime('time', 'nanos', 12345678901234567890n)],
  ['timestamp-micros', 5, new SourceTime('timestamp', 'micros', 5n)],
  ['timestamp-nanos', 5, new SourceTime('timestamp', 'nanos', 5n)],
  ['decimal:4', 'B1wcKg==', new ExactNumber('12347.7034')],
  ['decimal:4', '/w==', new ExactNumber('-0.0001')],
  ['decimal:4', '', new ExactNumber('0.0000')],
  ['decimal:0', '/w==', new ExactNumber('-1')],
  ['decimal:2', 12.5, new ExactNumber('12.50')],
  ['decimal:4', new ExactNumber('9999999999999999.9999'), new ExactNumber('9999999999999999.9999')],
  ['decimal-variable', { scale: 21, value: '/w==' }, new ExactNumber('-0.000000000000000000001')],
  ['decimal-variable', { scale: -3, value: 'AQ==' }, new ExactNumber('1000')],
  ['bytes-base64', 'AQI=', new Binary(Buffer.from([1, 2]))],
  ['bytes-hex', '0aFF', new Binary(Buffer.from([10, 255]))],
  ['bits', '7gE=', 494],
  ['bits', '//////////8=', 18446744073709551615n],
  ['bits', true, true],
  ['unsigned-long', -1, 18446744073709551615n],
  ['unsigned-long', 12, 12],
  ['unsigned-long', -9223372036854775808n, 9223372036854775808n],
  ['json', '{"a":[1,12345678901234567890]}', { a: [1, 12345678901234567890n] }],
])('%s (%#)', (type, encoded, expected) => {
  expect(decode(type, encoded)).toEqual(expected);
});

describe('what is not so encoded stays as it is', () => {
  const TYPES = [
    'date-days',
    'time-micros',
    'timestamp-nanos',
    'decimal:2',
    'decimal-variable',
    'bytes-base64',
    'bytes-hex',
    'bits',
    'unsigned-long',
    'json',
  ];

  test.each(TYPES)('%s', (type) => {
    for (const value of [null, true, 'no!', 1.5, [], {}, { scale: 'x', value: 'AQ==' }, { scale: 1e9, value: 'AQ==' }]) {
      const decoded = decode(type, value);
      expect(type === 'decimal:2' && value === 1.5 ? 1.5 : decoded).toBe(value);
    }
  });

  test('and no name but those is a source type', () => {
    for (const name of ['', 'date', 'decimal', 'decimal:', 'decimal:x', 'time-days', 'toString', 'bits '])
      expect(sourceTypeDecoder(name)).toBeUndefined();
  });
});

test('every decimal comes back from its bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 45 }), (unscaled, scale) => {
      let size = 1;
      while (BigInt.asIntN(size * 8, unscaled) !== unscaled) size++;
      const hex = BigInt.asUintN(size * 8, unscaled)
        .toString(16)
        .padStart(size * 2, '0');
      const { text } = decode(`decimal:${scale}`, Buffer.from(hex, 'hex').toString('base64')) as ExactNumber;
      expect(text.split('.')[1]?.length ?? 0).toBe(scale);
      expect(BigInt(text.replace('.', ''))).toBe(unscaled);
    }),
    propertyOptions(300),
  );
});
