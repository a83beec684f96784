import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import type { Query } from '../../packages/server/src/core/query.ts';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { encode } from '../../packages/server/src/core/tagged-json.ts';
import { LiveEngine } from '../../packages/server/src/flow/5-serve/live-engine.ts';
import type { LiveSink } from '../../packages/server/src/flow/5-serve/live.ts';
import { DataFolder } from '../../packages/server/src/sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../packages/server/src/sqlite/embedded-file.ts';
import type { CollectionDefinition } from '../../packages/server/src/store/store.ts';
import { ReaderThread } from '../../packages/server/src/store/sqlite/reader-thread/reader-thread.ts';
import { SqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';

const THINGS: CollectionDefinition = { name: 'things', kind: 'projection', key: ['id'], indexes: [{ fields: ['n'], multi: false }] };
const ALL: Query = { filter: { kind: 'true' } };

/** Ids that are held, and how the live query ended, if it did. */
class Held implements LiveSink {
  readonly ids = new Set<string>();
  sequence = 0;
  resets = 0;
  end: string | undefined;

  reset(rows: Parameters<LiveSink['reset']>[0], { sequence }: { readonly sequence: number }): void {
    this.#reach(sequence);
    this.resets++;
    this.ids.clear();
    for (const { docId } of rows) this.ids.add(docId);
  }

  changes(changes: Parameters<LiveSink['changes']>[0], { sequence }: { readonly sequence: number }): void {
    this.#reach(sequence);
    for (const change of changes) {
      if (change.kind === 'delete') this.ids.delete(change.docId);
      else this.ids.add(change.row.docId);
    }
  }

  closed(code: string): void {
    this.end = code;
  }

  #reach(sequence: number): void {
    if (sequence < this.sequence) this.end = `back from ${this.sequence} to ${sequence}`;
    this.sequence = sequence;
  }
}

let resources: AsyncDisposableStack;
let store: SqliteStore;
let thread: ReaderThread;
let live: LiveEngine;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  const folder = resources.use(await DataFolder.make());
  const file = resources.use(openEmbedded({ folder: folder.path }));
  store = new SqliteStore(file);
  await store.define([THINGS]);
  thread = resources.use(new ReaderThread({ folder: folder.path, maxQueryMs: 500, clock: systemClock }));
  const limits = { maxRows: 10_000, resumeMs: 60_000, resumeBytes: 1_000_000, slackRows: 2 };
  live = resources.use(await LiveEngine.open({ commits: store, snapshots: thread, collections: ['things'], limits, clock: systemClock, epoch: 'e' })); // prettier-ignore
});

afterEach(async () => {
  await resources.disposeAsync();
});

async function put(...ids: readonly number[]): Promise<void> {
  await store.transact(async (writer) => {
    const deltas = ids.map((n) => {
      const document = encode({ n, text: 'x'.repeat(20_000 * (n % 2)) });
      const after = new StoredRecord(String(n), document, 'PUBLIC', '{"identifier":"{}","createdAt":1,"updatedAt":1}');
      return { collection: 'things', id: after.id, before: null, after, position: null };
    });
    await writer.write('things', deltas.map(({ id, after }) => ({ id, previous: null, next: after }))); // prettier-ignore
    writer.announce(deltas);
  });
}

/** Takes minutes: many patterns, none of which matches, on long texts. */
function stall(): Promise<unknown> {
  const filters = Array.from({ length: 900 }, (_, i) => ({ kind: 'regex' as const, path: ['text'], source: `(x+x+)+y${i}`, flags: '' }));
  return Promise.allSettled([thread.count('things', { filter: { kind: 'or', filters } })]);
}

async function subscribe(query: { readonly limit?: number } = {}): Promise<Held> {
  const held = new Held();
  await live.subscribe({ collection: 'things', filter: { kind: 'true' }, ...query }, held);
  return held;
}

async function expectEqual(held: readonly Held[], query: Query): Promise<void> {
  const ids = (await store.find('things', query)).map(({ id }) => id);
  await vi.waitFor(() => expect(held.map((each) => [[...each.ids].sort(), each.end])).toEqual(held.map(() => [ids, undefined])), 20_000);
}

test('a result waits for a new thread where another query ended the one that was to read it', async () => {
  await put(...Array.from({ length: 60 }, (_, n) => n));
  const window = await subscribe({ limit: 5 });
  const stalled = stall();
  const waiting = [subscribe(), subscribe()];
  await put(60, 61);
  const held = await Promise.all(waiting);
  await put(62);
  expect(await stalled).toMatchObject([{ reason: { code: 'QUERY_TOO_SLOW' } }]);
  await expectEqual(held, ALL);
  await expectEqual([window], { ...ALL, limit: 5 });
});

test('whoever begins while others write holds what was written before and after, once', async () => {
  const waiting: Promise<Held>[] = [];
  for (let n = 0; n < 300; n += 3) {
    await put(n, n + 1, n + 2);
    if (n % 15 === 0) waiting.push(subscribe());
    if (n % 30 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const held = await Promise.all(waiting);
  await expectEqual(held, ALL);
  expect(held.map(({ resets }) => resets)).toEqual(held.map(() => 1));
});

test('a collection that is emptied as a whole is empty to all who hold it, and fills again', async () => {
  await put(1, 2, 3);
  const held = [await subscribe(), await subscribe({ limit: 2 })];
  await vi.waitFor(() => expect(held.map(({ resets }) => resets)).toEqual([1, 1]));
  await store.drop('things', THINGS);
  await expectEqual(held, ALL);
  await put(4);
  await expectEqual(held, ALL);
  expect(held.map(({ ids }) => [...ids])).toEqual([['4'], ['4']]);
});
