import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { arbitraryFilter } from '../../../core/query/arbitraries.test-support.ts';
import type { Query } from '../../../core/query.ts';
import { STATES } from '../../../core/record.ts';
import type { StoredRecord } from '../../../core/record.ts';
import { Decimal128, ObjectId } from '../../../core/value.ts';
import { DataFolder } from '../../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../../sqlite/embedded-file.ts';
import type { EmbeddedFile } from '../../../sqlite/embedded-file.ts';
import { propertyOptions } from '../../../testing/property.ts';
import { collection, put, record } from '../../store-conformance-support.ts';
import { SqliteStore } from '../sqlite-store.ts';
import { ReaderThread } from './reader-thread.ts';

const ALL: Query = { filter: { kind: 'true' } };
const SORTED: Query = { ...ALL, sort: [{ path: ['text'], direction: -1 }] };
const DOCUMENTS = 4_000;

let folder: DataFolder;
let file: EmbeddedFile;
let store: SqliteStore;

beforeAll(async () => {
  folder = await DataFolder.make();
  file = openEmbedded({ folder: folder.path });
  store = new SqliteStore(file);
  await store.define([collection('few'), collection('many'), collection('none'), collection('huge')]);
  const few = [
    { a: 1 },
    { a: 'é', b: [1n, null] },
    { a: new Date(0), b: Decimal128.fromString('1.50') },
    { c: ObjectId.createFromTime(1) },
  ];
  await put(
    store,
    'few',
    ...few.map((document, i) => record(String(i), document, { state: STATES[i % 2] ?? 'PUBLIC', meta: `{"i":${i}}` })),
  );
  const many = Array.from({ length: DOCUMENTS }, (_, i) => record(String(i).padStart(6, '0'), { i, text: 'x'.repeat(i % 100) }));
  await put(store, 'many', ...many);
  await put(store, 'huge', ...Array.from({ length: 100 }, (_, i) => record(String(i), { text: 'x'.repeat(20_000) })));
});

afterAll(async () => {
  await file[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function open(maxQueryMs = 60_000): ReaderThread {
  return new ReaderThread({ folder: folder.path, maxQueryMs, clock: systemClock });
}

/** Takes minutes: many patterns, none of which matches, on long texts. */
function stalled(thread: ReaderThread): Promise<number> {
  const filters = Array.from({ length: 900 }, (_, i) => ({ kind: 'regex' as const, path: ['text'], source: `(x+x+)+y${i}`, flags: '' }));
  return thread.count('huge', { filter: { kind: 'or', filters } });
}

async function ids(chunks: AsyncIterable<readonly { readonly id: string }[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const chunk of chunks) found.push(...chunk.map(({ id }) => id));
  return found;
}

function idsOf(chunk: readonly StoredRecord[] | undefined): string[] {
  return (chunk ?? []).map(({ id }) => id);
}

describe('reads in a thread', () => {
  test('give what the store gives, whatever is asked', async () => {
    await using thread = open();
    await fc.assert(
      fc.asyncProperty(arbitraryFilter, fc.subarray([...STATES]), fc.nat(3), fc.nat(3), async (filter, states, skip, limit) => {
        const query: Query = { filter, states, skip, limit, sort: [{ path: ['a'], direction: -1 }] };
        const expected = await store.find('few', query);
        const found = await thread.find('few', query);
        expect(found.map(({ id, text, state, meta }) => [id, text, state, meta])).toEqual(
          expected.map(({ id, text, state, meta }) => [id, text, state, meta]),
        );
        expect(await thread.count('few', { filter, states })).toBe(await store.count('few', { filter, states }));
        expect(await ids(thread.iterate('few', query))).toEqual(await ids(store.iterate('few', query)));
      }),
      propertyOptions(200, 4_000),
    );
  });

  test('say which commit a snapshot shows', async () => {
    await using thread = open();
    const expected = await store.snapshot('few', ALL);
    const found = await thread.snapshot('few', ALL);
    expect(found.sequence).toBe(expected.sequence);
    expect(found.records.map(({ id }) => id)).toEqual(expected.records.map(({ id }) => id));
  });

  test.each([
    ['by id', ALL],
    ['sorted', SORTED],
    ['from the middle', { ...ALL, skip: 1_234, limit: 1_500 }],
  ])('go through all of a large result %s, chunk by chunk', async (_, query) => {
    await using thread = open();
    expect(await ids(thread.iterate('many', query))).toEqual((await store.find('many', query)).map(({ id }) => id));
  });

  test('a question about a collection that there is not fails, and the next one is answered', async () => {
    await using thread = open();
    for (const asked of [thread.find('missing', ALL), thread.snapshot('missing', ALL), thread.countDeletedKeys('missing')])
      await expect(asked).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION', message: expect.stringContaining('missing') });
    expect(await thread.count('many', ALL)).toBe(DOCUMENTS);
  });

  test('a collection that is dropped and made anew, with other indexes, is read as it is then', async () => {
    await using thread = open();
    const query: Query = { filter: { kind: 'compare', path: ['a'], operator: '$eq', value: 1 } };
    await store.define([collection('anew', [{ fields: ['a'], multi: false }])]);
    await put(store, 'anew', record('1', { a: 1 }));
    expect(await thread.find('anew', query)).toHaveLength(1);
    await store.drop('anew', collection('anew', [{ fields: ['b'], multi: false }]));
    expect((await thread.snapshot('anew', query)).records).toEqual([]);
    await put(store, 'anew', record('2', { a: 1, b: 1 }));
    expect((await thread.snapshot('anew', query)).records).toHaveLength(1);
    await store.drop('anew');
    await expect(thread.snapshot('anew', query)).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION' });
  });

  test('an index that goes while it is known to the thread is no longer looked into', async () => {
    await using thread = open();
    const query: Query = { filter: { kind: 'compare', path: ['a'], operator: '$eq', value: 1 } };
    await store.define([collection('altered', [{ fields: ['a'], multi: false }])]);
    await put(store, 'altered', record('1', { a: 1 }));
    expect(await thread.find('altered', query)).toHaveLength(1);
    await store.define([collection('altered')]);
    expect(await thread.find('altered', query)).toHaveLength(1);
  });

  test('a result of nothing ends', async () => {
    await using thread = open();
    expect(await ids(thread.iterate('none', ALL))).toEqual([]);
  });
});

describe('a query that takes too long', () => {
  test('is stopped, and those behind it are answered all the same', async () => {
    await using thread = open(300);
    const slow = Promise.allSettled([stalled(thread)]);
    const others = await Promise.all([thread.count('many', ALL), thread.find('few', ALL), thread.snapshot('few', ALL)]);
    expect(others[0]).toBe(DOCUMENTS);
    expect(await slow).toMatchObject([{ status: 'rejected', reason: { code: 'QUERY_TOO_SLOW' } }]);
  });

  test('loses no place of a result that goes along the ids', async () => {
    await using thread = open(300);
    const chunks = thread.iterate('many', ALL);
    const first = await chunks.next();
    const slow = stalled(thread);
    const rest = ids(chunks);
    await expect(slow).rejects.toMatchObject({ code: 'QUERY_TOO_SLOW' });
    const all = (await store.find('many', ALL)).map(({ id }) => id);
    expect([...idsOf(first.value), ...(await rest)]).toEqual(all);
  });

  test('ends a sorted result that was under way, with its reason', async () => {
    await using thread = open(300);
    const chunks = thread.iterate('many', SORTED);
    await chunks.next();
    const slow = stalled(thread);
    const rest = ids(chunks);
    await expect(slow).rejects.toMatchObject({ code: 'QUERY_TOO_SLOW' });
    await expect(rest).rejects.toMatchObject({ code: 'EXPORT_BROKEN' });
  });
});

test('what still waits when it is closed is told so', async () => {
  const thread = open();
  const asked = Promise.allSettled([thread.count('many', ALL)]);
  await thread[Symbol.asyncDispose]();
  expect(await asked).toMatchObject([{ reason: { code: 'STORE_BUSY' } }]);
  await expect(thread.count('many', ALL)).rejects.toMatchObject({ code: 'STORE_BUSY' });
});
