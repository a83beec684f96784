import { expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import type { CollectionDefinition, Store } from '../store.ts';
import { openSqliteReader } from './open-reader.ts';
import { SqliteStore } from './sqlite-store.ts';

const people: CollectionDefinition = { name: 'people', kind: 'projection', key: ['id'], indexes: [] };
const ALL = { filter: { kind: 'true' } } as const;

async function put(store: Store, id: string): Promise<void> {
  await store.transact((writer) => writer.write('people', [{ id, previous: null, next: new StoredRecord(id, '{}', 'PUBLIC', '{}') }]));
}

test('a folder without data is refused by name', async () => {
  await using folder = await DataFolder.make();
  expect(() => openSqliteReader(folder.path)).toThrow(
    expect.objectContaining({ code: 'DATA_NOT_FOUND', message: expect.stringContaining(folder.path) }),
  );
});

test('a reader beside an engine sees what is committed, and collections that are made after it was opened', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  using reader = openSqliteReader(folder.path);
  await store.define([people]);
  await put(store, '1');
  expect(await reader.count('people', ALL)).toBe(1);
  await store.transact(async (writer) => {
    await writer.write('people', [{ id: '2', previous: null, next: new StoredRecord('2', '{}', 'PUBLIC', '{}') }]);
    expect(await reader.count('people', ALL)).toBe(1);
  });
  expect(await reader.count('people', ALL)).toBe(2);
  await store.drop('people');
  await store.define([people]);
  expect(await reader.count('people', ALL)).toBe(0);
});

test('a reader opens what an engine left behind, also one that did not end well', async () => {
  await using folder = await DataFolder.make();
  const file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([people]);
  await put(store, '1');
  await file[Symbol.asyncDispose]();
  using reader = openSqliteReader(folder.path);
  expect(await reader.collections()).toEqual(['people']);
  expect((await reader.find('people', ALL)).map(({ id }) => id)).toEqual(['1']);
});
