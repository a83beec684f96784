import { describe, expect, test } from 'vitest';

import { ExactNumber } from '../change.ts';
import type { SourceValue } from '../change.ts';
import { FIELD_TYPES } from '../projection.ts';
import type { FieldType } from '../projection.ts';
import { SourceTime } from '../source-value.ts';
import { Binary, Decimal128, ObjectId } from '../value.ts';
import type { Value } from '../value.ts';
import { DEFAULT_CASTS, DEFAULT_CAST_LIST, defaultCastFor } from './default-casts.ts';

const FAILS = Symbol('fails');
type Row = readonly [input: SourceValue | undefined, output: Value | undefined | typeof FAILS, type?: FieldType];

const hex = '65f1a2b3c4d5e6f708192a3b';
const micros = new SourceTime('timestamp', 'micros', 1_700_000_000_123_456n);
const iso = '2023-11-14T22:13:20.123456Z';
const ms = new Date(1_700_000_000_123);

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  defaultIdentity: [
    [null, null],
    [undefined, undefined],
    ['a', 'a'],
    [5, 5],
    [2n ** 60n, 2n ** 60n],
    [2n ** 70n, Decimal128.fromString('1180591620717411303424')],
    [new ExactNumber('0.10000000000000000001'), Decimal128.fromString('0.10000000000000000001')],
    [{ a: [1, { b: 2n ** 60n }] }, { a: [1, { b: 2n ** 60n }] }],
    [micros, ms],
    [micros, iso, 'string'],
    [new SourceTime('time', 'millis', 1000n), '00:00:01.000'],
  ],
  defaultCastToString: [
    [null, null],
    [undefined, undefined],
    ['', ''],
    [5, '5'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [true, 'true'],
    [12345678901234567890n, '12345678901234567890'],
    [new ExactNumber('9999999999999999.9999'), '9999999999999999.9999'],
    [{ a: 1, b: 'x' }, '{"a":1,"b":"x"}'],
    [{ a: 12345678901234567890n, b: new ExactNumber('1.00000000000000000001') }, '{"a":12345678901234567890,"b":1.00000000000000000001}'],
    [[1, null, '"'], '[1,null,"\\""]'],
    [micros, iso],
    [new SourceTime('time', 'micros', 86_400_000_000n), '24:00:00.000000'],
    [ms, '2023-11-14T22:13:20.123Z'],
    [new ObjectId(hex), hex],
    [Decimal128.fromString('12.50'), '12.50'],
    [new Binary(Buffer.from('hi')), 'aGk='],
  ],
  defaultCastToInteger: [
    [null, null],
    [undefined, undefined],
    [5, 5],
    [5.9, 5],
    [-5.9, -5],
    ['5.9', 5],
    ['', 0],
    [true, 1],
    [false, 0],
    [' 7 ', 7],
    ['abc', FAILS],
    ['NaN', FAILS],
    ['Infinity', FAILS],
    [1e21, 1],
    ['1e21', 1],
    [0.0000005, 5],
    [2n ** 53n + 1n, 2 ** 53],
    [{}, FAILS],
    [[], 0],
  ],
  defaultCastToFloat: [
    [null, null],
    [undefined, undefined],
    [5.9, 5.9],
    ['5.9', 5.9],
    ['', 0],
    [true, 1],
    ['12abc', FAILS],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    [2n ** 60n, 2 ** 60],
    [new ExactNumber('9999999999999999.9999'), 1e16],
    [{ toString: 1 }, FAILS],
    [[7], 7],
    [[1, 2], FAILS],
    [new SourceTime('date', 'days', 19_000n), 19_000],
  ],
  defaultCastUnitTimestampToISOString: [
    [null, null],
    [undefined, undefined],
    [0, '1970-01-01T00:00:00.000Z'],
    [1_700_000_000_123, '2023-11-14T22:13:20.123Z'],
    ['1700000000123', FAILS],
    ['2023', FAILS],
    ['2023-11-14', '2023-11-14T00:00:00.000Z'],
    ['no date', FAILS],
    [1e300, FAILS],
    [micros, iso],
  ],
  defaultCastStringToBoolean: [
    [null, null],
    [undefined, undefined],
    ['true', true],
    ['false', false],
    [true, FAILS],
    [false, FAILS],
    ['TRUE', FAILS],
    [1, FAILS],
  ],
  defaultCastToDate: [
    [null, null],
    [undefined, FAILS],
    [1_700_000_000_123, ms],
    [-1, new Date(-1)],
    [2 ** 31 - 1, new Date(2 ** 31 - 1)],
    ['2023-11-14T22:13:20.123Z', ms],
    ['2023-11-14T22:13:20.123456789Z', ms],
    ['1700000000123', FAILS],
    ['2401-01-01', new Date(Date.UTC(2401, 0, 1))],
    ['infinity', FAILS],
    ['', FAILS],
    [{}, FAILS],
    [micros, ms],
    [new SourceTime('date', 'days', -1n), new Date(-86_400_000)],
    [new SourceTime('timestamp', 'millis', 10n ** 17n), FAILS],
  ],
  defaultCastToObject: [
    [null, null],
    [undefined, FAILS],
    [{ a: 1 }, { a: 1 }],
    ['{"a":{"b":9007199254740993}}', { a: { b: 9007199254740993n } }],
    ['null', FAILS],
    ['[1]', FAILS],
    ['{', FAILS],
    [[1], FAILS],
    [5, FAILS],
    [micros, FAILS],
  ],
  defaultCastToArrayOfObject: [
    [null, null],
    [undefined, FAILS],
    [[], []],
    [
      [{ a: 1 }, {}],
      [{ a: 1 }, {}],
    ],
    ['[{"a":1}]', [{ a: 1 }]],
    [[{ a: 1 }, null], FAILS],
    [[1], FAILS],
    [{ a: 1 }, FAILS],
  ],
  castToBoolean: [
    [null, null],
    [undefined, undefined],
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    [1, true],
    [0, false],
    [0n, false],
    [2, FAILS],
    ['1', FAILS],
    ['yes', FAILS],
    [{}, FAILS],
  ],
  castToLong: [
    [null, null],
    [undefined, undefined],
    [5, 5n],
    [-0, 0n],
    [1e18, 10n ** 18n],
    [1.5, FAILS],
    [Number.NaN, FAILS],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', FAILS],
    [2n ** 63n, FAILS],
    ['12.00', 12n],
    ['12.01', FAILS],
    ['1e3', 1000n],
    ['1200e-2', 12n],
    ['1e-1', FAILS],
    ['1e999999', FAILS],
    ['0e999999', 0n],
    ['', FAILS],
    ['abc', FAILS],
    [true, FAILS],
    [new ExactNumber('9007199254740993.0'), 9007199254740993n],
    [new SourceTime('timestamp', 'micros', 5n), 5n],
  ],
  castToDecimal: [
    [null, null],
    [undefined, undefined],
    [12.5, Decimal128.fromString('12.5')],
    ['12.50', Decimal128.fromString('12.50')],
    [12345678901234567890n, Decimal128.fromString('12345678901234567890')],
    [new ExactNumber('9999999999999999.9999'), Decimal128.fromString('9999999999999999.9999')],
    ['NaN', Decimal128.fromString('NaN')],
    ['-Infinity', Decimal128.fromString('-Infinity')],
    ['12345678901234567890123456789012345', FAILS],
    ['1,5', FAILS],
    ['', FAILS],
    [true, FAILS],
    [{}, FAILS],
  ],
  castToArray: [
    [null, null],
    [undefined, undefined],
    [[1, 'a', null], [1, 'a', null], 'array'],
    ['[1,"a"]', [1, 'a'], 'array'],
    ['a', FAILS, 'array'],
    [{ a: 1 }, FAILS, 'array'],
    [['a', null], ['a', null], 'arrayOfString'],
    [['a', 1], FAILS, 'arrayOfString'],
    [[micros], [iso], 'arrayOfString'],
    [[1, 2n ** 60n, 'NaN', null], [1, 2 ** 60, Number.NaN, null], 'arrayOfNumber'],
    [[1, '2'], FAILS, 'arrayOfNumber'],
    [[true], FAILS, 'arrayOfNumber'],
    [[{ a: 1 }], [{ a: 1 }], 'arrayOfObject'],
    [[1], FAILS, 'arrayOfObject'],
  ],
  castToObjectId: [
    [null, null],
    [undefined, undefined],
    [hex, new ObjectId(hex)],
    [new ObjectId(hex), new ObjectId(hex)],
    [{ $oid: hex }, new ObjectId(hex)],
    ['65f1', FAILS],
    ['twelve chars', FAILS],
    [5, FAILS],
  ],
  castToGeoPoint: [
    [null, null],
    [undefined, undefined],
    [[9.1, 45.4], { type: 'Point', coordinates: [9.1, 45.4] }],
    [
      { type: 'Point', coordinates: [9.1, 45.4] },
      { type: 'Point', coordinates: [9.1, 45.4] },
    ],
    ['[9.1,45.4]', { type: 'Point', coordinates: [9.1, 45.4] }],
    [[45.4, 190], FAILS],
    [[190, 45.4], FAILS],
    [[1, 2, 3], FAILS],
    [['9', '45'], FAILS],
    [{ type: 'Polygon', coordinates: [9.1, 45.4] }, FAILS],
  ],
};

describe.each(Object.entries(TABLE))('%s', (name, rows) => {
  const entry = DEFAULT_CASTS.get(name);
  test.each(rows.map((row, index) => [index, ...row] as const))('row %i: %o', (_index, input, output, type) => {
    const result = entry?.cast(input, type ?? 'object');
    expect(result).toEqual(output === FAILS ? { ok: false } : { ok: true, value: output });
  });
});

test('every default cast has a table, and both names of the originals work', () => {
  expect(DEFAULT_CAST_LIST.map((entry) => entry.name)).toEqual(Object.keys(TABLE));
  const pairs = DEFAULT_CAST_LIST.filter((entry) => entry.original).map((entry) => entry.names);
  expect(pairs).toEqual([
    ['defaultIdentity', 'identity'],
    ['defaultCastToString', 'castToString'],
    ['defaultCastToInteger', 'castToInteger'],
    ['defaultCastToFloat', 'castToFloat'],
    ['defaultCastUnitTimestampToISOString', 'castUnixTimestampToISOString'],
    ['defaultCastStringToBoolean', 'castStringToBoolean'],
    ['defaultCastToDate', 'castToDate'],
    ['defaultCastToObject', 'castToObject'],
    ['defaultCastToArrayOfObject', 'castToArrayOfObject'],
  ]);
  for (const [name, alias] of pairs) expect(DEFAULT_CASTS.get(alias as string)).toBe(DEFAULT_CASTS.get(name as string));
});

test('every type has a default cast that exists', () => {
  for (const type of FIELD_TYPES) expect(DEFAULT_CASTS.has(defaultCastFor(type))).toBe(true);
  expect(defaultCastFor('number')).toBe('defaultCastToFloat');
});
