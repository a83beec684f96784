import { expect, test, vi } from 'vitest';
import { EmbeddedLog } from '../../log/embedded/embedded-log.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import { collection, deadLetter, item, on, onElements, record, tombstone, viewError } from '../store-conformance-support.ts';
import type { Store } from '../store.ts';
import { SqliteStore } from './sqlite-store.ts';

/** What a running engine does all the time, on a store and a log. */
async function runHotPaths(store: Store, log: EmbeddedLog): Promise<void> {
  await log.append([{ topic: 'dishes', key: 'k', value: 'v' }]);
  await log.read('dishes', 0, 0, 10);
  const everywhere = { filter: { kind: 'true' }, limit: 10 } as const;
  for (let round = 0; round < 2; round++) {
    await store.transact(async (writer) => {
      const stored = await writer.records('dishes', ['1', '2']);
      await writer.write('dishes', [
        { id: '1', previous: stored.get('1') ?? null, next: record('1', { name: 'Soup', tags: ['a', String(round)] }) },
        { id: '2', previous: stored.get('2') ?? null, next: tombstone('2') },
        { id: '3', previous: null, next: record('3', { name: 'Stew' }, { state: 'DELETED' }) },
      ]);
      await writer.write('dishes', [{ id: '3', previous: record('3', { name: 'Stew' }, { state: 'DELETED' }), next: null }]);
      await writer.lookup('dishes', [['Soup']], { fields: ['name'], states: ['PUBLIC'] });
      await writer.lookup('dishes', [['a']], { fields: ['tags'], states: ['PUBLIC'], documentsOnly: true });
      await writer.enqueue([item('a'), item('b', { lane: 'bulk' }), item('c', { kind: 'job', lane: 'bulk' })]);
      await writer.dequeue('trigger', 'view', ['a']);
      await writer.saveErrors([deadLetter('1'), viewError('2', 'view', 'i1')]);
      await writer.resolveErrors({ view: 'view', identifiers: ['i1'] }, 1);
      await writer.resolveErrors({ ids: ['1'] }, 1);
      await writer.savePositions('engine', new Map([['dishes', new Map([[0, 1]])]]));
      await writer.saveFact('truncate/dishes', '{}');
    });
    const taken = await store.take({ kinds: ['trigger', 'record', 'job'], now: 1_000, limit: 10 });
    await store.queued();
    await store.errors({ all: true, limit: 10 });
    await store.countErrors();
    await store.find('dishes', { ...everywhere, afterId: '1' });
    await store.find('dishes', { ...everywhere, states: ['DELETED'], afterId: '1' });
    await store.find('dishes', { ...everywhere, states: ['DELETED'] });
    await store.findShort('dishes', everywhere);
    await store.findShort('dishes', { ...everywhere, afterId: '1' });
    await store.findShort('dishes', { filter: { kind: 'compare', path: ['name'], operator: '$eq', value: 'Soup' } });
    await store.transact(async (writer) => {
      await writer.tombstones('dishes', { after: null, limit: 10 });
      await writer.tombstones('dishes', { after: '1', limit: 10 });
      await writer.removeErrorsBefore('dead-letter', 0, 10);
      await writer.putBack(taken);
      await writer.complete(taken);
    });
    await log.trim({ maxBytes: 0, keepFrom: new Map([['dishes', new Map([[0, 1]])]]) });
  }
}

/** Each statement that walks through all rows of a table, or sorts them, with its plan. */
function walksOf(file: EmbeddedFile, sql: string): string[] {
  const steps = file.reader.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as { readonly detail: string }[];
  return steps.map(({ detail }) => detail).filter((detail) => WALK.test(detail) && !ALLOWED.test(`${detail} of ${sql}`));
}

const WALK = /^SCAN|TEMP B-TREE/;
/** Parameters; catalogues with a row per collection or partition; pages along an index, which end with their limit. */
const ALLOWED = new RegExp(
  [
    String.raw`^SCAN (?:j|json_each) VIRTUAL TABLE`,
    String.raw`^SCAN (?:CONSTANT ROW|1 CONSTANT ROW)`,
    String.raw`^(?:SCAN|USE) .* of SELECT .* FROM (?:collections|topics t JOIN partitions)`,
    String.raw`^SCAN partitions of SELECT coalesce\(sum\(bytes\), 0\)`,
    String.raw`^SCAN t USING (?:COVERING )?INDEX c\d+_dishes_(?:tombstones|deleted) of`,
    String.raw`^SCAN t USING INDEX sqlite_autoindex_c\d+_dishes_1 of .* ORDER BY t\.id LIMIT`,
    String.raw`^SCAN c of .* LIMIT \?\) c CROSS JOIN`,
    String.raw`^SCAN errors USING INDEX errors_created of .* ORDER BY created_at, id LIMIT`,
    String.raw`^SCAN errors USING (?:COVERING )?INDEX errors_counts of`,
  ].join('|'),
  's',
);

test('no statement of the hot paths walks through a table, or sorts one', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  const log = new EmbeddedLog(file);
  await store.define([collection('dishes', [on('name'), onElements('tags')])]);
  const texts = [vi.spyOn(file.writer, 'get'), vi.spyOn(file.reader, 'get')];
  await runHotPaths(store, log);
  const statements = new Set(
    texts.flatMap(({ mock }) => mock.calls.map(([sql]) => sql)).filter((sql) => !/^(?:BEGIN|COMMIT|PRAGMA)/.test(sql)),
  );
  expect(statements.size).toBeGreaterThan(30);
  const walks = [...statements].flatMap((sql) => walksOf(file, sql).map((step) => `${step}: ${sql.replaceAll(/\s+/g, ' ').trim()}`));
  expect(walks).toEqual([]);
});
