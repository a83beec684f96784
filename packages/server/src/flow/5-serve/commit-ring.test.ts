import { describe, expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { CommitRing } from './commit-ring.ts';
import type { NetChange } from './net-change.ts';

function record(id: string, v: number, padding = ''): StoredRecord {
  return new StoredRecord(id, JSON.stringify({ v, padding }), 'PUBLIC', '{}');
}

function change(id: string, before: number | null, after: number | null): NetChange {
  return { id, before: before === null ? null : record(id, before), after: after === null ? null : record(id, after) };
}

function shown(changes: readonly NetChange[] | null): string | null {
  const value = (image: StoredRecord | null): string => (image === null ? '-' : JSON.stringify(image.document['v']));
  return changes === null ? null : changes.map(({ id, before, after }) => `${id}:${value(before)}>${value(after)}`).join(' ');
}

function ring(maxBytes = 1_000_000): CommitRing {
  return new CommitRing(10, { maxAgeMs: 1_000, maxBytes });
}

describe('past commits', () => {
  test('tell what became of each document since a commit', () => {
    const commits = ring();
    commits.add(11, 0, new Map([['a', [change('x', null, 1)]], ['b', [change('y', null, 1)]]]), []); // prettier-ignore
    commits.add(12, 0, new Map([['a', [change('x', 1, 2), change('z', null, 3)]]]), []);
    commits.add(13, 0, new Map([['a', [change('z', 3, null)]]]), []);
    expect(shown(commits.after('a', 10))).toBe('x:->2');
    expect(shown(commits.after('a', 11))).toBe('x:1>2');
    expect(shown(commits.after('a', 12))).toBe('z:3>-');
    expect([shown(commits.after('a', 13)), shown(commits.after('c', 10))]).toEqual(['', '']);
    expect(commits.after('a', 9)).toBeNull();
  });

  test('say nothing of a collection that was replaced since', () => {
    const commits = ring();
    commits.add(11, 0, new Map(), ['a']);
    expect([commits.after('a', 10), shown(commits.after('a', 11)), shown(commits.after('b', 10))]).toEqual([null, '', '']);
  });

  test('are forgotten by age', () => {
    const commits = ring();
    commits.add(11, 0, new Map([['a', [change('x', null, 1)]]]), []);
    commits.add(12, 900, new Map([['a', [change('x', 1, 2)]]]), []);
    commits.add(13, 1_500, new Map([['a', [change('x', 2, 3)]]]), []);
    expect([commits.after('a', 10), shown(commits.after('a', 11))]).toEqual([null, 'x:1>3']);
  });

  test('are forgotten by size, however many come', () => {
    const commits = ring(20_000);
    for (let sequence = 11; sequence < 5_000; sequence++) {
      commits.add(sequence, 0, new Map([['a', [change('x', sequence - 1, sequence)]]]), []);
      expect(commits.bytes).toBeLessThanOrEqual(20_000);
    }
    expect(commits.after('a', 4_000)).toBeNull();
    expect(shown(commits.after('a', 4_990))).toBe('x:4990>4999');
  });

  test('that were not heard of make all before them unknown', () => {
    const commits = ring();
    commits.add(11, 0, new Map([['a', [change('x', null, 1)]]]), []);
    commits.clear(20);
    expect([commits.after('a', 11), commits.after('a', 19), shown(commits.after('a', 20))]).toEqual([null, null, '']);
    expect(commits.bytes).toBe(0);
  });
});
