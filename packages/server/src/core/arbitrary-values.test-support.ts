/** Random values of every type, with those numbers, texts and names that have gone wrong somewhere. */
import * as fc from 'fast-check';
import { Binary, Decimal128, ObjectId } from './value.ts';
import type { Document, Value } from './value.ts';

const DECIMALS = [
  '0',
  '-0',
  '1',
  '1.0',
  '1.00E+3',
  '1E-6',
  '0.1',
  '-0.1',
  '12.50',
  '1E+6000',
  '1E-6000',
  'NaN',
  'Infinity',
  '-Infinity',
  '9007199254740993',
];
const DOUBLES = [0, -0, 0.1, 0.5, 1, -1, 100, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e16, 1e20, 1e21, 1e300, 5e-324, Infinity, -Infinity, NaN];
const LONGS = [0n, 1n, -1n, 100n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 10n ** 16n, 2n ** 63n - 1n, -(2n ** 63n)];

const anyDecimal = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    fc.oneof(fc.integer({ min: -25, max: 5 }), fc.integer({ min: -6_000, max: 6_000 })),
  )
  .map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`));

/** Numbers of all three types, many of them equal or close to one another. */
export const anyNumber: fc.Arbitrary<number | bigint | Decimal128> = fc.oneof(
  fc.constantFrom(...DOUBLES),
  fc.constantFrom(...LONGS),
  fc.constantFrom(...DECIMALS).map((text) => Decimal128.fromString(text)),
  fc.integer({ min: -120, max: 120 }),
  fc.integer({ min: -120, max: 120 }).map(BigInt),
  fc.integer({ min: -1_200, max: 1_200 }).map((tenths) => tenths / 8),
  fc.integer({ min: -1_200, max: 1_200 }).map((tenths) => Decimal128.fromString(`${tenths}E-1`)),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  anyDecimal,
);

/** Without lone surrogates, which no UTF-8 text can hold. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a', 'a ', '\u0000', '\u0001', '\u0002', 'a\u0001', '\uffff', '\ue000', '😀', '\ud7ff', 'é'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

const anyName = fc.oneof(
  { arbitrary: fc.constantFrom('a', 'b', 'c', '10', '9', '', 'a.b'), weight: 3 },
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'toJSON',
    '$',
    '$$',
    '$a',
    '$date',
    '$long',
    '$$date',
    '$oid',
    '$binary',
    '$type',
    '$number',
  ),
);

export const anyScalar: fc.Arbitrary<Value> = fc.oneof(
  { arbitrary: anyNumber, weight: 3 },
  { arbitrary: anyText, weight: 3 },
  fc.constant(null),
  fc.boolean(),
  fc.oneof(fc.constantFrom(0, -1, 8.64e15, -8.64e15), fc.integer()).map((ms) => new Date(ms)),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.tuple(fc.uint8Array({ maxLength: 3 }), fc.constantFrom(0, 4, 128)).map(([bytes, type]) => new Binary(Buffer.from(bytes), type)),
);

export const { value: anyValue, document: anyDocument } = fc.letrec<{ value: Value; document: Document }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    { arbitrary: anyScalar, weight: 4 },
    fc.array(tie('value'), { maxLength: 3 }),
    tie('document'),
  ),
  document: fc.array(fc.tuple(anyName, tie('value')), { maxLength: 4 }).map((fields) => Object.fromEntries(fields) as Document),
}));
