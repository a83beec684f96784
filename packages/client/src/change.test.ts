import { expect, test } from 'vitest';
import { mergeChanges } from './change.ts';
import type { Change } from './change.ts';

const insert = (id: string, row: number): Change<number> => ({ kind: 'insert', id, row });
const update = (id: string, previous: number, row: number): Change<number> => ({ kind: 'update', id, row, previous });
const remove = (id: string, previous: number): Change<number> => ({ kind: 'delete', id, previous });

test.each([
  { first: [insert('a', 1)], later: [update('a', 1, 2)], both: [insert('a', 2)] },
  { first: [insert('a', 1)], later: [remove('a', 1)], both: [] },
  { first: [update('a', 1, 2)], later: [update('a', 2, 3)], both: [update('a', 1, 3)] },
  { first: [update('a', 1, 2)], later: [remove('a', 2)], both: [remove('a', 1)] },
  { first: [remove('a', 1)], later: [insert('a', 2)], both: [update('a', 1, 2)] },
  { first: [insert('a', 1), insert('b', 1)], later: [remove('a', 1), insert('c', 1)], both: [insert('b', 1), insert('c', 1)] },
  { first: [], later: [insert('a', 1)], both: [insert('a', 1)] },
  { first: [insert('a', 1)], later: [], both: [insert('a', 1)] },
])('changes in sum: $both', ({ first, later, both }) => {
  expect(mergeChanges(first, later)).toEqual(both);
});
