import { describe, expect, test } from 'vitest';
import type { Document, Value } from '../value.ts';
import { parseSort } from './parse-sort.ts';
import { parseProjection, project } from './projection.ts';
import { sortRecords } from './sort.ts';

function order(documents: Readonly<Record<string, Document>>, sort: Value): string {
  const records = Object.entries(documents).map(([id, document]) => ({ id, document }));
  return sortRecords(records, parseSort(sort)).map(({ id }) => id).join(''); // prettier-ignore
}

describe('sorting', () => {
  test('sorts are written as objects or as text', () => {
    const expected = [
      { path: ['a', 'b'], direction: 1 },
      { path: ['c'], direction: -1 },
    ];
    expect(parseSort({ 'a.b': 1, c: -1 })).toEqual(expected);
    expect(parseSort('a.b, -c')).toEqual(expected);
    expect(parseSort('')).toEqual([]);
    expect(() => parseSort({ a: 2 })).toThrow('The sort on "a" has 2: expected 1 or -1');
    expect(() => parseSort([1])).toThrow('The sort has [1]: expected an object');
    expect(() => parseSort({ 'a.': 1 })).toThrow('expected names of fields');
  });

  test('several terms, then the id', () => {
    const documents = { x: { a: 1, b: 1 }, w: { a: 1, b: 1 }, y: { a: 0, b: 2 }, z: { a: 1, b: 2 } };
    expect(order(documents, { a: 1, b: -1 })).toBe('yzwx');
    expect(order(documents, { a: -1 })).toBe('wxzy');
    expect(order(documents, {})).toBe('wxyz');
  });

  test('an array counts with its least element upwards and its greatest downwards', () => {
    const documents = { e: { a: [] }, n: {}, one: { a: 1 }, span: { a: [0, 5] }, three: { a: 3 } };
    expect(order(documents, { a: 1 })).toBe('enspanonethree');
    expect(order(documents, { a: -1 })).toBe('spanthreeonene');
    expect(order({ p: { a: [{ b: 3 }, { b: 1 }] }, q: { a: { b: 2 } }, r: { a: [{ b: 9 }, {}] } }, { 'a.b': 1 })).toBe('rpq');
  });
});

describe('projections of fields', () => {
  const document: Document = {
    _id: 'x',
    a: 1,
    b: { c: 1, d: 2 },
    e: [{ c: 1, d: 2 }, 5, [{ c: 3 }]],
    toString: 'own',
  } as unknown as Document;

  test.for<[Value, Value]>([
    [{ a: 1 }, { _id: 'x', a: 1 }],
    ['a,b.c', { _id: 'x', a: 1, b: { c: 1 } }],
    [{ a: 1, _id: 0 }, { a: 1 }],
    [{ _id: 1 }, { _id: 'x' }],
    [{ 'e.c': true }, { _id: 'x', e: [{ c: 1 }, [{ c: 3 }]] }],
    [{ 'a.z': 1 }, { _id: 'x' }],
    [
      { 'e.c': 0, b: 0, toString: 0 },
      { _id: 'x', a: 1, e: [{ d: 2 }, 5, [{}]] },
    ],
    [{ _id: 0, e: 0, b: false, toString: 0 }, { a: 1 }],
    ['-_id,-e,-b,-toString', { a: 1 }],
    [{ constructor: 1 }, { _id: 'x' }],
  ])('%j', ([projection, expected]) => {
    expect(project(document, parseProjection(projection))).toEqual(expected);
  });

  test('what cannot be is refused', () => {
    expect(() => parseProjection({ a: 1, b: 0 })).toThrow('not both');
    expect(() => parseProjection({ a: 1, 'a.b': 1 })).toThrow('inner fields');
    expect(() => parseProjection({ 'a.b': 1, a: 1 })).toThrow('inner fields');
    expect(() => parseProjection({ a: { $slice: 1 } })).toThrow('expected 1 or 0');
    expect(project(document, parseProjection({}))).toEqual(document);
  });
});

test('a field that is called like what every object has is a field like any other', () => {
  const document = JSON.parse('{"__proto__":{"__proto__":{"a":0}},"constructor":{"name":1},"b":2}') as Document;
  expect(JSON.stringify(project(document, { mode: 'exclude', fields: { b: true } }))).toBe(
    '{"__proto__":{"__proto__":{"a":0}},"constructor":{"name":1}}',
  );
});
