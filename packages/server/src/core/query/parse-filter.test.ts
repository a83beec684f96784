import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import type { FieldType } from '../projection.ts';
import { Decimal128, ObjectId } from '../value.ts';
import type { Value } from '../value.ts';
import { parseFilter } from './parse-filter.ts';

const TYPES: Readonly<Record<string, FieldType>> = {
  born: 'date',
  owner: 'objectId',
  count: 'long',
  price: 'decimal',
  name: 'string',
  'items.at': 'date',
};
const typeOf = (path: readonly string[]): FieldType | undefined => TYPES[path.join('.')];

const hex = '65f0000000000000000000aa';

function deep(levels: number): Value {
  let filter: Value = { a: 1 };
  for (let i = 0; i < levels; i++) filter = { $and: [filter] };
  return filter;
}

/** Filter, code, and what the message says. */
const REFUSED: readonly (readonly [string, Value, RegExp])[] = [
  ['an unknown operator', { a: { $foo: 1 } }, /^Operator \$foo on "a" is not supported: expected \$eq, /],
  ['an unknown operator at the top', { $where: 'x' }, /^Operator \$where is not supported where a field is named/],
  ['$not at the top', { $not: { a: 1 } }, /expected \$not below a field/],
  ['fields among operators', { a: { $gt: 1, b: 2 } }, /^Field "b" among operators on "a"/],
  ['an operator within a literal', { a: { b: { $gt: 1 } } }, /^Operator \$gt stands within a literal on "a"/],
  ['an operator in elements', { a: { $elemMatch: { b: { $near: 1 } } } }, /^Operator \$near on "a\.b"/],
  ['a wrong logical operator in elements', { a: { $elemMatch: { b: 1, $foo: 1 } } }, /\$foo .*in the elements of "a"/],
  ['no list', { a: { $in: 3 } }, /^\$in on "a" has 3: expected a list$/],
  ['an empty $or', { $or: [] }, /^\$or has \[\]: expected a list of at least one filter$/],
  ['no filter in $and', { $and: [1] }, /^An item of \$and has 1: expected an object$/],
  ['a size that is none', { a: { $size: -1 } }, /^\$size on "a" has -1/],
  ['a fraction as size', { a: { $size: 1.5 } }, /^\$size on "a" has 1\.5/],
  ['an $exists that is no truth', { a: { $exists: 'yes' } }, /^\$exists on "a" has "yes": expected true or false$/],
  ['$not of a value', { a: { $not: 3 } }, /^\$not on "a" has 3/],
  ['$all of both', { a: { $all: [1, { $elemMatch: {} }] } }, /either values or \$elemMatch/],
  ['no object for $elemMatch', { a: { $elemMatch: [1] } }, /^\$elemMatch on "a" has \[1\]: expected an object$/],
  ['a path with a hole', { 'a..b': 1 }, /"a\.\.b": expected names of fields/],
  ['an endless path', { [Array(60).fill('a').join('.')]: 1 }, /at most 50 fields/],
  ['no filter', [1], /^The filter has \[1\]: expected an object$/],
  ['too deep', deep(31), /nested too deep/],
  ['too many conditions', { $or: Array.from({ length: 1_001 }, () => ({ a: 1 })) }, /too many conditions: expected at most 1000/],
  ['too many values', { a: { $in: Array(100_001).fill(1) } }, /too many values/],
  ['a pattern that is none', { a: { $regex: '(' } }, /^\$regex on "a" has "\(": a group is not closed$/],
  ['a pattern that is too long', { a: { $regex: 'x'.repeat(1_001) } }, /at most 1000 characters/],
  ['a pattern that looks ahead', { a: { $regex: 'a(?=b)' } }, /not supported/],
  ['unknown flags', { a: { $regex: 'a', $options: 'x' } }, /^\$options on "a" has "x": expected flags among i, m, s$/],
  ['flags alone', { a: { $options: 'i' } }, /^\$options on "a" stands alone/],
  ['no text as a pattern', { a: { $regex: 5 } }, /^\$regex on "a" has 5: expected a text$/],
  ['a date that is none', { a: { $date: 'soon' } }, /^\$date holds /],
  ['an invalid date', { a: new Date(Number.NaN) }, /a valid date/],
  ['a long that is too long', { a: { $gt: { $numberLong: '9223372036854775808' } } }, /within 64 bits/],
];

describe('parsing filters', () => {
  test.for(REFUSED)('refused: %s', ([, json, message]) => {
    let error: unknown;
    try {
      parseFilter(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toMatch(message);
    expect((error as AppError).message.length).toBeLessThan(400);
  });

  test('literals take the type of the field where they can be read as it', () => {
    const cases: [Value, Value][] = [
      [{ born: '2024-05-01' }, new Date('2024-05-01')],
      [{ born: '2024-05-01T10:00:00' }, new Date('2024-05-01T10:00:00Z')],
      [{ born: '2024-05-01T10:00:00+02:00' }, new Date('2024-05-01T08:00:00Z')],
      [{ born: 'soon' }, 'soon'],
      [{ owner: hex }, ObjectId.createFromHexString(hex)],
      [{ owner: 'x' }, 'x'],
      [{ count: '9007199254740993' }, 9_007_199_254_740_993n],
      [{ count: 5 }, 5],
      [{ price: '12.50' }, Decimal128.fromString('12.50')],
      [{ price: '.' }, '.'],
      [{ name: hex }, hex],
      [{ other: '2024-05-01' }, '2024-05-01'],
    ];
    for (const [json, value] of cases) expect(parseFilter(json, { typeOf })).toMatchObject({ operator: '$eq', value });
    const at = new Date('2024-05-01');
    expect(parseFilter({ born: { $in: ['2024-05-01', null] } }, { typeOf })).toEqual({ kind: 'in', path: ['born'], values: [at, null] });
    expect(parseFilter({ born: { $not: { $gt: '2024-05-01' } } }, { typeOf })).toMatchObject({ kind: 'not', filter: { value: at } });
    expect(parseFilter({ items: { $elemMatch: { at: '2024-05-01' } } }, { typeOf })).toMatchObject({ filter: { path: ['at'], value: at } });
    expect(parseFilter({ born: { $elemMatch: { $lt: '2024-05-01' } } }, { typeOf })).toMatchObject({ filter: { path: [], value: at } });
  });

  test('typed literals are extended JSON, or values as they are', () => {
    const cases: [Value, Value][] = [
      [{ $date: '2024-05-01T00:00:00Z' }, new Date('2024-05-01')],
      [{ $date: { $numberLong: '-5' } }, new Date(-5)],
      [{ $date: 7 }, new Date(7)],
      [{ $oid: hex }, ObjectId.createFromHexString(hex)],
      [{ $numberLong: '9007199254740993' }, 9_007_199_254_740_993n],
      [{ $numberInt: '7' }, 7],
      [{ $numberDouble: '-Infinity' }, Number.NEGATIVE_INFINITY],
      [{ $numberDecimal: '1.10' }, Decimal128.fromString('1.10')],
      [new Date(5), new Date(5)],
      [9n, 9n],
      [{ x: [{ $oid: hex }] }, { x: [ObjectId.createFromHexString(hex)] }],
    ];
    for (const [literal, value] of cases) {
      expect(parseFilter({ a: literal })).toEqual({ kind: 'compare', path: ['a'], operator: '$eq', value });
      expect(parseFilter({ a: { $gte: literal } })).toEqual({ kind: 'compare', path: ['a'], operator: '$gte', value });
      expect(parseFilter({ a: { $in: [literal] } })).toEqual({ kind: 'in', path: ['a'], values: [value] });
    }
  });

  test('filters become what they say', () => {
    const one = { kind: 'compare', path: ['a'], operator: '$eq', value: 1 } as const;
    expect(parseFilter({})).toEqual({ kind: 'true' });
    expect(parseFilter({ a: undefined })).toEqual({ kind: 'true' });
    expect(parseFilter({ a: 1, 'b.c': { $exists: 1 } })).toEqual({
      kind: 'and',
      filters: [one, { kind: 'exists', path: ['b', 'c'], exists: true }],
    });
    expect(parseFilter({ $nor: [{ a: 1 }, {}] })).toEqual({ kind: 'nor', filters: [one, { kind: 'true' }] });
    expect(parseFilter({ a: { $all: [{ $elemMatch: { a: 1 } }] } })).toEqual({ kind: 'elemMatch', path: ['a'], filter: one });
    expect(parseFilter({ a: { $size: { $numberInt: '2' } } })).toEqual({ kind: 'size', path: ['a'], size: 2 });
    const regex = { kind: 'regex', path: ['a'], source: '^x', flags: 'i' };
    expect(parseFilter({ a: { $regex: '^x', $options: 'i' } })).toEqual(regex);
    expect(parseFilter({ a: /^x/i as unknown as Value })).toEqual(regex);
    expect(parseFilter({ a: { $regularExpression: { pattern: '^x', options: 'i' } } })).toEqual(regex);
    expect(parseFilter({ a: { $not: /^x/gi as unknown as Value } })).toEqual({ kind: 'not', filter: regex });
  });
});
