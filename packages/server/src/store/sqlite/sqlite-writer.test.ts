import { expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { SqliteStore } from './sqlite-store.ts';

const record = (id: string, city: string): StoredRecord => new StoredRecord(id, JSON.stringify({ id, city }), 'PUBLIC', '{}');
const definition = { name: 'people', kind: 'projection', key: ['id'], indexes: [{ fields: ['city'], multi: false }] } as const;

test('what was read before the unit of work is written only if it is still so', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([definition]);
  await store.transact((writer) => writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]));
  const read = (await store.records('people', ['1'])).get('1') ?? null;
  await store.transact((writer) => writer.write('people', [{ id: '1', previous: read, next: record('1', 'Oslo') }]));
  const refused = await store.transact((writer) => writer.write('people', [{ id: '1', previous: read, next: record('1', 'Bern') }]));
  expect(refused).toEqual(['1']);
  expect((await store.records('people', ['1'])).get('1')?.document).toEqual({ id: '1', city: 'Oslo' });
});

test('what was read in the unit of work is refused once that unit has written it', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([definition]);
  await store.transact((writer) => writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]));
  await store.transact(async (writer) => {
    const previous = (await writer.records('people', ['1'])).get('1') ?? null;
    const oslo = record('1', 'Oslo');
    expect(await writer.write('people', [{ id: '1', previous, next: oslo }])).toEqual([]);
    expect(await writer.write('people', [{ id: '1', previous, next: record('1', 'Bern') }])).toEqual(['1']);
    expect(await writer.write('people', [{ id: '1', previous: oslo, next: record('1', 'Bern') }])).toEqual([]);
  });
  const found = await store.lookup('people', [['Rome'], ['Oslo'], ['Bern']], { fields: ['city'], states: ['PUBLIC'] });
  expect([...found.values()].flat().map(({ document }) => document['city'])).toEqual(['Bern']);
});

test('ids and keys of any characters are found again', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([definition]);
  const ids = ['', 'a', 'A', 'a ', 'a\0', 'a\0b', 'é', 'e\u0301', '😀', '\ufffd', '\uffff', "'", '"', '\\u0041', '[', '{"$oid":"x"}'];
  await store.transact((writer) =>
    writer.write(
      'people',
      ids.map((id) => ({ id, previous: null, next: record(id, id) })),
    ),
  );
  expect([...(await store.records('people', ids)).values()].map(({ document }) => document['id'])).toEqual(ids);
  const cities = ids.map((id) => [id]);
  const found = await store.lookup('people', cities, { fields: ['city'], states: ['PUBLIC'] });
  expect([...found.values()].map((records) => records.map(({ id }) => id))).toEqual(cities);
  expect((await store.find('people', { filter: { kind: 'true' } })).map(({ id }) => id).sort()).toEqual(ids.toSorted());
});
