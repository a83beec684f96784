import { describe, expect, test } from 'vitest';
import { LEAVE_MS, MARK_MS, hasMarks, markRows } from './row-marks.ts';
import type { MarkedRow, Row } from './row-marks.ts';

const row = (id: string, document: Row['document'] = { n: 1 }): Row => ({ id, document });
const shown = (rows: readonly MarkedRow[]): string[] => rows.map(({ id, mark }) => (mark === undefined ? id : `${id}:${mark}`));
const A = row('a');
const B = row('b');
const C = row('c');

describe('rows and their marks', () => {
  test('a first result has no marks', () => {
    expect(shown(markRows(undefined, [A, B], 0))).toEqual(['a', 'b']);
  });

  test('a row that comes in is marked, also as the first of an empty result', () => {
    expect(shown(markRows(markRows(undefined, [], 0), [A], 5))).toEqual(['a:enter']);
  });

  test('a changed row is marked with the fields that changed, nothing else is', () => {
    const next = markRows(
      markRows(undefined, [row('a', { n: 1, list: [1], gone: 1 }), B], 0),
      [row('a', { n: 2, list: [1], more: 1 }), B],
      5,
    );
    expect(shown(next)).toEqual(['a:change', 'b']);
    expect([...(next[0]?.changedFields ?? [])].toSorted()).toEqual(['gone', 'more', 'n']);
  });

  test('a row that leaves stays for a moment where it stood, and then is gone', () => {
    const first = markRows(undefined, [A, B, C], 0);
    const leaving = markRows(first, [A, C], 10);
    expect(shown(leaving)).toEqual(['a', 'b:leave', 'c']);
    expect(shown(markRows(leaving, [A, C], 10 + LEAVE_MS - 1))).toEqual(['a', 'b:leave', 'c']);
    expect(shown(markRows(leaving, [A, C], 10 + LEAVE_MS))).toEqual(['a', 'c']);
  });

  test('a row that leaves at the front, and one behind a row that moved, are shown too', () => {
    const leaving = markRows(markRows(undefined, [A, B, C], 0), [C], 10);
    expect(shown(leaving)).toEqual(['a:leave', 'b:leave', 'c']);
    expect(shown(markRows(markRows(undefined, [A, B, C], 0), [C, A], 10))).toEqual(['c', 'a', 'b:leave']);
  });

  test('a row that comes back while it leaves has entered', () => {
    const leaving = markRows(markRows(undefined, [A, B], 0), [A], 10);
    expect(shown(markRows(leaving, [A, B], 20))).toEqual(['a', 'b:enter']);
  });

  test('marks end', () => {
    const marked = markRows(markRows(undefined, [A], 0), [A, B], 10);
    expect(hasMarks(markRows(marked, [A, B], 10 + MARK_MS - 1))).toBe(true);
    expect(hasMarks(markRows(marked, [A, B], 10 + MARK_MS))).toBe(false);
  });
});
