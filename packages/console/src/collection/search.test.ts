import { describe, expect, test } from 'vitest';
import { nextSort, readSearch, sortOf } from './search.ts';

describe('the address of a collection', () => {
  test.each<[Record<string, unknown>, object]>([
    [
      { filter: { city: 'Rome' }, sort: '-total', limit: 50, doc: 'a' },
      { filter: { city: 'Rome' }, sort: '-total', limit: 50, doc: 'a' },
    ],
    [{ doc: 12 }, { doc: '12' }],
    [{ limit: 200 }, {}],
    [{ filter: 'x', sort: 5, limit: 7, doc: {} }, {}],
    [{ filter: [1], sort: '-' }, {}],
  ])('%o', (search, read) => {
    expect(readSearch(search)).toEqual(read);
  });

  test('a column sorts up, down, and not at all', () => {
    expect([undefined, 'a', '-a', 'b'].map((sort) => nextSort(sort, 'a'))).toEqual(['a', '-a', undefined, 'a']);
    expect([undefined, 'a', '-a.b'].map(sortOf)).toEqual([undefined, { a: 1 }, { 'a.b': -1 }]);
  });
});
