import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseSort } from '../../core/query/parse-sort.ts';
import type { Query } from '../../core/query.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { FeedCollection } from './feed-collection.ts';

const NAME = 'orders';

function recordOf(id: string, n: number): StoredRecord {
  return new StoredRecord(id, JSON.stringify({ n }), 'PUBLIC', JSON.stringify({ identifier: '{}', createdAt: 0, updatedAt: n }));
}

/** A collection whose next reading for a snapshot is only given out when the test has done something else. */
async function open(numbers: Readonly<Record<string, number>>): Promise<{
  readonly collection: FeedCollection;
  readonly told: RecordDelta[];
  readonly reads: () => number;
  readonly during: (query: Query, meanwhile: () => Promise<void>) => Promise<string>;
  readonly change: (id: string, n: number | null) => Promise<void>;
}> {
  const store = new MemoryStore(undefined, { shared: true });
  await store.define([{ name: NAME, kind: 'view', key: [], indexes: [] }]);
  const told: RecordDelta[] = [];
  let meanwhile: (() => Promise<void>) | undefined;
  let reads = 0;
  const collection = new FeedCollection(NAME, {
    records: (name, ids) => store.records(name, ids),
    find: async (name, query) => {
      reads++;
      const records = await store.find(name, query);
      const work = meanwhile;
      meanwhile = undefined;
      await work?.();
      return records;
    },
  });
  const change = async (id: string, n: number | null): Promise<void> => {
    const previous = (await store.records(NAME, [id])).get(id) ?? null;
    const next = n === null ? null : recordOf(id, n);
    await store.transact((writer) => writer.write(NAME, [{ id, previous, next }]));
    await collection.take(
      [{ collection: NAME, id, before: previous, after: next, position: null }],
      (deltas) => void told.push(...(deltas ?? [])),
    );
  };
  for (const [id, n] of Object.entries(numbers)) await change(id, n);
  const during = async (query: Query, work: () => Promise<void>): Promise<string> => {
    meanwhile = work;
    const { records } = await collection.snapshot(query, () => told.length);
    return records.map(({ id, document }) => `${id}${Number(document['n'])}`).join(' ');
  };
  return { collection, told, reads: () => reads, during, change };
}

const ALL: Query = { filter: parseFilter({ n: { $lt: 50 } }), limit: 100 };
const FIRST_TWO: Query = { filter: parseFilter({}), sort: parseSort({ n: 1 }), limit: 2 };

describe('a snapshot', () => {
  test('shows documents as they are told while it is read, and is not read again for that', async () => {
    const { during, change, reads } = await open({ a: 1, b: 2, c: 3 });
    const shown = await during(ALL, async () => {
      await change('a', 10);
      await change('b', null);
      await change('c', 60);
      await change('d', 4);
    });
    expect(shown).toBe('a10 d4');
    expect(reads()).toBe(1);
  });

  test('that is cut off is read again where a row behind its end comes in', async () => {
    const { during, change, reads } = await open({ a: 1, b: 2, c: 3, d: 4 });
    expect(await during(FIRST_TWO, () => change('a', 9))).toBe('b2 c3');
    expect(reads()).toBe(2);
  });

  test('that is cut off takes in what comes before its end', async () => {
    const { during, change, reads } = await open({ a: 1, c: 3, d: 4 });
    expect(await during(FIRST_TWO, () => change('b', 2))).toBe('a1 b2');
    expect(await during(FIRST_TWO, () => change('d', 5))).toBe('a1 b2');
    expect(reads()).toBe(2);
  });

  test('that began before a collection was replaced says so by its number', async () => {
    const { collection } = await open({ a: 1 });
    const snapshot = collection.snapshot(ALL, () => 7);
    collection.replaced(6);
    expect((await snapshot).sequence).toBe(5);
    expect((await collection.snapshot(ALL, () => 7)).sequence).toBe(7);
  });
});
