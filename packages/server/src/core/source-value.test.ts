import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { SourceTime } from './source-value.ts';

describe('a time that a source counts in units', () => {
  test.each<[string, SourceTime, string, string | undefined]>([
    ['a day', new SourceTime('date', 'days', 25_445n), '2039-09-01', '2039-09-01T00:00:00.000Z'],
    ['a day before 1970', new SourceTime('date', 'days', -78n), '1969-10-15', '1969-10-15T00:00:00.000Z'],
    ['the first day', new SourceTime('date', 'days', -719_162n), '0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['micros of a day', new SourceTime('time', 'micros', 63_511_975_652n), '17:38:31.975652', '1970-01-01T17:38:31.975Z'],
    ['the end of a day', new SourceTime('time', 'millis', 86_400_000n), '24:00:00.000', '1970-01-02T00:00:00.000Z'],
    ['a negative span', new SourceTime('time', 'micros', -3_020_399_000_000n), '-838:59:59.000000', '1969-11-27T01:00:01.000Z'],
    ['micros', new SourceTime('timestamp', 'micros', 2_237_146_270_315_605n), '2040-11-21T21:31:10.315605Z', '2040-11-21T21:31:10.315Z'],
    ['micros before 1970', new SourceTime('timestamp', 'micros', -1n), '1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999Z'],
    ['nanos', new SourceTime('timestamp', 'nanos', 1n), '1970-01-01T00:00:00.000000001Z', '1970-01-01T00:00:00.000Z'],
    ['minus infinity', new SourceTime('timestamp', 'micros', -9_223_372_036_832_400_000n), '-290308-12-21T19:59:27.600000Z', undefined],
  ])('%s', (_name, time, iso, date) => {
    expect(time.toISO()).toBe(iso);
    expect(time.toDate()?.toISOString()).toBe(date);
  });

  test('every millisecond of a Date has the text and the value of that Date', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }), (ms) => {
        const time = new SourceTime('timestamp', 'millis', BigInt(ms));
        const date = new Date(ms);
        expect(time.toISO()).toBe(date.toISOString());
        expect(time.toDate()).toEqual(date);
        expect(new SourceTime('timestamp', 'nanos', BigInt(ms) * 1_000_000n + 999_999n).toDate()).toEqual(date);
      }),
      propertyOptions(300),
    );
  });
});
