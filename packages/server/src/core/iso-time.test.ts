import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { isoTime } from './iso-time.ts';

const LAST = 8_640_000_000_000_000;

test('a time is written as dates are, one after another', () => {
  const time = fc.oneof(
    fc.integer({ min: -LAST, max: LAST }),
    fc.integer({ min: -100_000_000, max: 100_000_000 }),
    fc.constantFrom(-LAST, LAST, 0, -0, -1, 0.5, -1.5, 86_400_000 - 1, 253_402_300_800_000, -62_198_755_200_000),
  );
  fc.assert(
    fc.property(time, (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
    propertyOptions(2_000, 100_000),
  );
});

test.each([LAST + 1, Number.NaN, Number.POSITIVE_INFINITY])('what is no time (%d) is refused, and the next one is right', (ms) => {
  expect(() => isoTime(ms)).toThrow(RangeError);
  expect(isoTime(LAST)).toBe('+275760-09-13T00:00:00.000Z');
});
