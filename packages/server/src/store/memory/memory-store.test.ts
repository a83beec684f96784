import { expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { MemoryStore } from './memory-store.ts';

const people = { name: 'people', kind: 'projection', key: ['id'], indexes: [{ fields: ['city'], multi: false }] } as const;

function record(id: string, city: string): StoredRecord {
  return new StoredRecord(id, JSON.stringify({ id, city }), 'PUBLIC', '{}');
}

test('a store that is opened again holds what was committed, and nothing of a unit of work that was open', async () => {
  const store = new MemoryStore();
  await store.define([people]);
  await store.transact((writer) => writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]));
  const hanging = Promise.withResolvers<void>();
  const unit = store.transact(async (writer) => {
    await writer.write('people', [{ id: '2', previous: null, next: record('2', 'Rome') }]);
    await hanging.promise;
  });

  const reopened = store.reopen();
  await reopened.transact((writer) => writer.write('people', [{ id: '3', previous: null, next: record('3', 'Rome') }]));
  hanging.resolve();

  await expect(unit).rejects.toThrow('A unit of work ends before the store is opened again');
  const found = await reopened.lookup('people', [['Rome']], { fields: ['city'], states: ['PUBLIC'] });
  expect([...found.values()].flat().map(({ id }) => id)).toEqual(['1', '3']);
});

test('a write whose previous image is not the stored one is refused', async () => {
  const store = new MemoryStore();
  await store.define([people]);
  await store.transact((writer) => writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]));
  const refused = await store.transact((writer) =>
    writer.write('people', [
      { id: '1', previous: record('1', 'Oslo'), next: record('1', 'Bern') },
      { id: '2', previous: record('2', 'Oslo'), next: record('2', 'Bern') },
      { id: '3', previous: null, next: record('3', 'Bern') },
    ]),
  );
  expect(refused).toEqual(['1', '2']);
  expect([...(await store.records('people', ['1', '2', '3'])).values()].map(({ document }) => document['city'])).toEqual(['Rome', 'Bern']);
});

test('a look-up without an index is a bug that is named', async () => {
  const store = new MemoryStore();
  await store.define([people]);
  await expect(store.lookup('people', [['x']], { fields: ['name'], states: ['PUBLIC'] })).rejects.toThrow(
    'Collection "people" has an index on ["name"]',
  );
});
