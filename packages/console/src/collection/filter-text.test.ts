import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../../server/src/testing/property.ts';
import { filterText, parseFilterText, termText } from './filter-text.ts';

const FIELDS = [
  { name: 'city', type: 'string' },
  { name: 'code', type: 'string' },
  { name: 'total', type: 'number' },
  { name: 'placedAt', type: 'date' },
];

function filterOf(text: string): unknown {
  const parsed = parseFilterText(text, FIELDS);
  if (!parsed.isOk) throw new Error(parsed.message);
  return parsed.filter;
}

describe('the short form', () => {
  test.each<[string, unknown]>([
    ['', undefined],
    ['   ', undefined],
    ['city = Rome', { city: 'Rome' }],
    ['city=Reggio Emilia', { city: 'Reggio Emilia' }],
    ['city = "Rome, Italy" and total > 10', { city: 'Rome, Italy', total: { $gt: 10 } }],
    ['total >= 10, total < 20', { $and: [{ total: { $gte: 10 } }, { total: { $lt: 20 } }] }],
    ['city != Rome', { city: { $ne: 'Rome' } }],
    ['city ~ ^R', { city: { $regex: '^R' } }],
    ['city in (Rome, "Reggio Emilia")', { city: { $in: ['Rome', 'Reggio Emilia'] } }],
    ['address.city = Rome', { 'address.city': 'Rome' }],
    ['vip = true', { vip: true }],
    ['note = null', { note: null }],
    ['placedAt > 2026-01-01', { placedAt: { $gt: '2026-01-01' } }],
    ['city = Sand and gravel = 3', { city: 'Sand', gravel: 3 }],
  ])('%s', (text, filter) => {
    expect(filterOf(text)).toEqual(filter);
  });

  test('digits against a field of text stay text, and become a number elsewhere', () => {
    expect(filterOf('code = 0042')).toEqual({ code: '0042' });
    expect(filterOf('code = 42, total = 42, unknown = 42')).toEqual({ code: '42', total: 42, unknown: 42 });
  });

  test.each([
    ['Rome', /^“Rome” is no condition/],
    ['city =', /^“city =” has no value/],
    ['city in Rome', /^“city in Rome” is no list/],
    ['{"city": ', /^This is not JSON yet: /],
  ])('%s is refused with what was expected', (text, message) => {
    expect(parseFilterText(text, FIELDS)).toEqual({ isOk: false, message: expect.stringMatching(message) as string });
  });

  test('an object is the filter language itself', () => {
    expect(filterOf('{"$or": [{"a": 1}, {"b": {"$size": 2}}]}')).toEqual({ $or: [{ a: 1 }, { b: { $size: 2 } }] });
  });
});

describe('a filter as text', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('and', 'in', 'true', '12', 'a b', 'x, y'),
  );
  const condition = fc.oneof(
    scalar,
    scalar.map((value) => ({ $ne: value })),
    fc.integer().map((value) => ({ $gte: value })),
    fc.array(scalar).map((values) => ({ $in: values })),
  );

  test('means the filter that it was made of', () => {
    const filters = fc.dictionary(fc.constantFrom('a', 'b_2', 'c.d', '$or', 'with space'), condition, {
      minKeys: 1,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(filters, (filter) => {
        expect(parseFilterText(filterText(filter), [])).toEqual({ isOk: true, filter });
      }),
      propertyOptions(300),
    );
  });

  test('a term holds any value', () => {
    fc.assert(
      fc.property(
        fc.string().filter((value) => value.trim() !== ''),
        (value) => {
          expect(parseFilterText(termText('city', '=', value), FIELDS)).toEqual({
            isOk: true,
            filter: { city: value === 'null' ? null : value },
          });
        },
      ),
      propertyOptions(300),
    );
  });
});
