import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf } from '../../server/src/core/key.ts';
import { propertyOptions } from '../../server/src/testing/property.ts';
import { keyText } from './key-text.ts';

const part = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
);

test('a key has the id that the server gives it', () => {
  fc.assert(
    fc.property(part, fc.dictionary(fc.string({ minLength: 1 }), part, { minKeys: 1, maxKeys: 3 }), (only, several) => {
      expect(keyText(only)).toBe(idOf({ key: only }));
      expect(keyText(several)).toBe(idOf(several));
    }),
    propertyOptions(300),
  );
});
