import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { SqliteStore } from './sqlite-store.ts';

const DEFINITION = { name: 'orders', kind: 'projection', key: ['id'], indexes: [] } as const;

test('a file of the first schema keeps its queue, its errors and its documents, and begins another epoch', async () => {
  await using folder = await DataFolder.make();
  const old = new DatabaseSync(join(folder.path, 'millrace.db'));
  old.exec(`
    ${MIGRATIONS[0]}
    PRAGMA user_version = 1;
    INSERT INTO queue (kind, scope, key, lane, due_at, attempts, payload) VALUES
      ('trigger', 'view', 'a', 'bulk', 0, 0, 'first'), ('trigger', 'view', 'b', 'bulk', 0, 2, 'second');
    INSERT INTO errors (id, kind, code, reason, headers, attempts, created_at) VALUES ('e', 'dead-letter', 'NO_KEY', 'x', '{}', 1, 5);
    INSERT INTO facts (name, value) VALUES ('epoch', 'old'), ('other', 'kept');
    INSERT INTO collections (id, name, definition) VALUES (1, 'orders', '{"kind":"projection","key":["id"],"indexes":[],"nextIndex":1}');
    CREATE TABLE c1_orders (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, meta TEXT NOT NULL, doc TEXT) STRICT;
    INSERT INTO c1_orders (id, state, meta, doc) VALUES ('1', 0, '{}', '{"id":"1"}'), ('2', 0, '{}', NULL), ('3', 3, '{}', '{"id":"3"}')`);
  old.close();

  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([DEFINITION]);
  // Positions that clients hold end with a migration.
  expect([...(await store.facts(''))]).toEqual([['other', 'kept']]);
  const taken = await store.take({ kinds: ['trigger'], now: 0, limit: 10 });
  expect(taken.map(({ key, attempts, payload }) => [key, attempts, payload])).toEqual([['a', 0, 'first'], ['b', 2, 'second']]); // prettier-ignore
  await store.transact(async (writer) => {
    await writer.enqueue([{ kind: 'trigger', scope: 'view', key: 'b', lane: 'bulk', dueAt: 0, attempts: 0, payload: 'newer' }]);
    await writer.complete(taken);
    expect((await writer.tombstones('orders', { after: null, limit: 10 })).map(({ id }) => id)).toEqual(['2']);
    expect(await writer.removeErrorsBefore('dead-letter', 6, 10)).toBe(1);
  });
  expect((await store.take({ kinds: ['trigger'], now: 0, limit: 10 })).map(({ payload }) => payload)).toEqual(['newer']);
  expect((await store.find('orders', { filter: { kind: 'true' }, states: ['DELETED'] })).map(({ id }) => id)).toEqual(['3']);
  const indexes = file.reader.all<[string]>(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'c1_orders' AND sql IS NOT NULL",
  );
  expect(indexes.flat().sort()).toEqual(['c1_orders_deleted', 'c1_orders_tombstones']);
});
