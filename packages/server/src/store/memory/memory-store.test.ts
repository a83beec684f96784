import { expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
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

test('calls of a shared store are seen at once by all that have it open, and stay when a later one fails', async () => {
  const one = new MemoryStore(undefined, { shared: true });
  const two = one.another();
  await one.define([people]);
  const failing = one.transact(async (writer) => {
    await writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]);
    expect((await two.records('people', ['1'])).has('1')).toBe(true);
    await two.transact((other) => other.saveFact('seen', 'yes'));
    expect(await one.fact('seen')).toBe('yes');
    throw new RangeError('too late');
  });
  await expect(failing).rejects.toThrow('too late');
  expect((await two.records('people', ['1'])).get('1')?.document).toMatchObject({ city: 'Rome' });
});

test('of writes that read the same, one is done, whoever asks', async () => {
  const stores = [new MemoryStore(undefined, { shared: true })];
  const [first = new MemoryStore()] = stores;
  stores.push(first.another(), first.another());
  await first.define([people]);
  await first.transact((writer) => writer.write('people', [{ id: '1', previous: null, next: record('1', 'Rome') }]));
  const previous = (await first.records('people', ['1'])).get('1') ?? null;
  const refused = await Promise.all(
    stores.map((store, i) => store.transact((writer) => writer.write('people', [{ id: '1', previous, next: record('1', `City ${i}`) }]))),
  );
  expect(refused.filter((ids) => ids.length === 0)).toHaveLength(1);
});

test('a lease goes to another one when its time has passed', async () => {
  const clock = new ManualClock(1_000);
  const store = new MemoryStore(undefined, { shared: true, clock });
  expect(await store.lease('queue', 'one', 100)).toBe(true);
  clock.advance(99);
  expect(await store.another().lease('queue', 'two', 100)).toBe(false);
  clock.advance(1);
  expect(await store.another().lease('queue', 'two', 100)).toBe(true);
  expect(await store.lease('queue', 'one', 100)).toBe(false);
});
