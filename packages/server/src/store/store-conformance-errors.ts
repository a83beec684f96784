import { describe, expect, test } from 'vitest';
import { deadLetter, viewError } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import type { ErrorEntry, ErrorQuery, Store } from './store.ts';

function save(store: Store, ...entries: readonly ErrorEntry[]): Promise<void> {
  return store.transact((writer) => writer.saveErrors(entries));
}

async function ids(store: Store, query: ErrorQuery = {}): Promise<string[]> {
  return (await store.errors(query)).map(({ id }) => id);
}

/** Byte arrays of any class as plain ones. */
function plain(entry: ErrorEntry | undefined): unknown {
  return entry === undefined ? undefined : { ...entry, key: entry.key && [...entry.key], value: entry.value && [...entry.value] };
}

export function registerErrorTests(factory: StoreFactory): void {
  describe('errors', () => {
    test('an entry is read back as it was saved, bytes and headers too', async () => {
      await using context = await factory();
      const { store } = context;
      const entries = [
        deadLetter('1'),
        viewError('2', 'sv', '{"id":1}'),
        deadLetter('3', { key: null, value: new Uint8Array(0), position: null }),
      ];
      await save(store, ...entries);
      expect((await store.errors({})).map(plain)).toEqual(entries.map(plain));
    });

    test('the same id again updates the entry', async () => {
      await using context = await factory();
      const { store } = context;
      await save(store, deadLetter('1', { reason: 'first', attempts: 1 }));
      await save(store, deadLetter('1', { reason: 'second', attempts: 2 }));
      expect((await store.errors({})).map(({ reason, attempts }) => [reason, attempts])).toEqual([['second', 2]]);
    });

    test('entries come oldest first, then by id, up to a limit, and are chosen by kind, code, view, projection and id', async () => {
      await using context = await factory();
      const { store } = context;
      await save(
        store,
        viewError('v1', 'sv_a', 'i1', { createdAt: 30 }),
        viewError('v2', 'sv_b', 'i1', { createdAt: 20 }),
        deadLetter('d2', { createdAt: 10 }),
        deadLetter('d1', { createdAt: 10, code: 'NO_KEY', projection: 'items' }),
      );
      expect(await ids(store)).toEqual(['d1', 'd2', 'v2', 'v1']);
      expect(await ids(store, { limit: 2 })).toEqual(['d1', 'd2']);
      expect(await ids(store, { kind: 'single-view' })).toEqual(['v2', 'v1']);
      expect(await ids(store, { view: 'sv_a' })).toEqual(['v1']);
      expect(await ids(store, { projection: 'items' })).toEqual(['d1']);
      expect(await ids(store, { code: 'BAD_BYTES' })).toEqual(['d2']);
      expect(await ids(store, { ids: ['v1', 'd2', 'none'] })).toEqual(['d2', 'v1']);
      expect(await ids(store, { ids: [] })).toEqual([]);
      expect(await ids(store, { kind: 'dead-letter', view: 'sv_a' })).toEqual([]);
    });

    test('single-view errors are resolved by view and identifier, dead letters by id; history keeps them', async () => {
      await using context = await factory();
      const { store } = context;
      await save(
        store,
        viewError('1', 'sv', 'i1'),
        viewError('2', 'sv', 'i1', { code: 'NO_SV_GENERATED' }),
        viewError('3', 'sv', 'i2'),
        viewError('4', 'other', 'i1'),
        deadLetter('5'),
        deadLetter('6'),
      );
      await store.transact(async (writer) => {
        await writer.resolveErrors({ view: 'sv', identifiers: ['i1', 'none'] }, 77);
        await writer.resolveErrors({ ids: ['5', 'none'] }, 88);
      });
      expect(await ids(store)).toEqual(['3', '4', '6']);
      const all = await store.errors({ all: true });
      expect(all.map(({ id, resolvedAt }) => [id, resolvedAt])).toEqual([
        ['1', 77],
        ['2', 77],
        ['3', null],
        ['4', null],
        ['5', 88],
        ['6', null],
      ]);
    });

    test('a resolved error keeps the time it was resolved first, and is open again when it comes again', async () => {
      await using context = await factory();
      const { store } = context;
      await save(store, viewError('1', 'sv', 'i1'));
      await store.transact((writer) => writer.resolveErrors({ view: 'sv', identifiers: ['i1'] }, 77));
      await store.transact((writer) => writer.resolveErrors({ view: 'sv', identifiers: ['i1'] }, 99));
      expect((await store.errors({ all: true }))[0]?.resolvedAt).toBe(77);
      await save(store, viewError('1', 'sv', 'i1'));
      expect(await ids(store)).toEqual(['1']);
    });

    test('all entries are met page by page, once each, also those of one moment', async () => {
      await using context = await factory();
      const { store } = context;
      await save(store, ...['e', 'b', 'd', 'a', 'c'].map((id) => deadLetter(id, { createdAt: id < 'c' ? 20 : 10 })));
      const found: string[][] = [];
      let after: ErrorEntry | undefined;
      do {
        const page = await store.errors({ after, limit: 2 });
        found.push(page.map(({ id }) => id));
        after = page.at(-1);
      } while (after !== undefined);
      expect(found).toEqual([['c', 'd'], ['e', 'a'], ['b'], []]);
    });

    test('removed entries are gone', async () => {
      await using context = await factory();
      const { store } = context;
      await save(store, deadLetter('1'), deadLetter('2'));
      await store.transact((writer) => writer.removeErrors(['1', 'none']));
      expect(await ids(store, { all: true })).toEqual(['2']);
    });

    test('old entries of a kind are removed, oldest first, up to a limit; what was resolved is as old as that', async () => {
      await using context = await factory();
      const { store } = context;
      await save(
        store,
        deadLetter('new', { createdAt: 100 }),
        deadLetter('resolved late', { createdAt: 1, resolvedAt: 100 }),
        deadLetter('resolved early', { createdAt: 1, resolvedAt: 50 }),
        deadLetter('older', { createdAt: 40 }),
        deadLetter('oldest', { createdAt: 30 }),
        viewError('other', 'sv', 'i1', { createdAt: 1 }),
      );
      const removed = (before: number, limit: number): Promise<number> =>
        store.transact((writer) => writer.removeErrorsBefore('dead-letter', before, limit));
      expect(await removed(100, 1)).toBe(1);
      expect((await ids(store, { all: true })).sort()).toEqual(['new', 'older', 'other', 'resolved early', 'resolved late']);
      expect(await removed(100, 10)).toBe(2);
      expect(await removed(100, 10)).toBe(0);
      expect((await ids(store, { all: true })).sort()).toEqual(['new', 'other', 'resolved late']);
      expect(await removed(101, 10)).toBe(2);
      expect(await ids(store, { all: true })).toEqual(['other']);
    });

    test('unresolved entries are counted by kind, scope and code', async () => {
      await using context = await factory();
      const { store } = context;
      await save(
        store,
        viewError('1', 'sv', 'i1'),
        viewError('2', 'sv', 'i2'),
        viewError('3', 'sv', 'i3', { code: 'NO_SV_GENERATED' }),
        deadLetter('4'),
      );
      await save(store, deadLetter('5', { resolvedAt: 9 }));
      const counts = [...(await store.countErrors())].sort((a, b) => (a.code < b.code ? -1 : 1));
      expect(counts).toEqual([
        { kind: 'dead-letter', scope: 'orders', code: 'BAD_BYTES', count: 1 },
        { kind: 'single-view', scope: 'sv', code: 'NO_SV_GENERATED', count: 1 },
        { kind: 'single-view', scope: 'sv', code: 'VALIDATION_ERROR', count: 2 },
      ]);
    });
  });
}
