import { expect, test } from 'vitest';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { openEpoch } from './epoch.ts';
import type { EpochOptions } from './epoch.ts';

test.each<[string, EpochOptions, EpochOptions, boolean]>([
  ['the process starts again', { durability: 'process', boot: 'a' }, { durability: 'process', boot: 'a' }, true],
  ['the machine starts again', { durability: 'process', boot: 'a' }, { durability: 'process', boot: 'b' }, false],
  ['nobody knows whether the machine did', { durability: 'process' }, { durability: 'process' }, false],
  [
    'the machine starts again, and commits survive that',
    { durability: 'powerLoss', boot: 'a' },
    { durability: 'powerLoss', boot: 'b' },
    true,
  ],
  [
    'commits begin to survive a start of the machine, after one',
    { durability: 'process', boot: 'a' },
    { durability: 'powerLoss', boot: 'b' },
    false,
  ],
  ['commits survived starts of the machine until now', { durability: 'powerLoss', boot: 'a' }, { durability: 'process', boot: 'b' }, true],
  ['commits begin to survive a start', { durability: 'process', boot: 'a' }, { durability: 'powerLoss', boot: 'a' }, true],
])('when %s', async (_, first, second, isSame) => {
  const store = new MemoryStore();
  const epoch = await openEpoch(store, first);
  expect((await openEpoch(store, second)) === epoch).toBe(isSame);
});

test('what commits survive is what they survived when they were made', async () => {
  const store = new MemoryStore();
  const epoch = await openEpoch(store, { durability: 'powerLoss', boot: 'a' });
  expect(await openEpoch(store, { durability: 'process', boot: 'b' })).toBe(epoch);
  expect(await openEpoch(store, { durability: 'powerLoss', boot: 'c' })).not.toBe(epoch);
});

test('a folder that was restored begins another', async () => {
  const store = new MemoryStore();
  const options = { durability: 'process', boot: 'a' } as const;
  const epoch = await openEpoch(store, options);
  await store.transact((writer) => writer.saveFact('epoch', null));
  expect(await openEpoch(store, options)).not.toBe(epoch);
});
