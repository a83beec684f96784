import { expect, test } from 'vitest';

import type { DeletedRetention } from './expiry.ts';
import { Bench, change, itemsProjection, story } from './projector.test-support.ts';

const ids = ['1', '2', '3', '4', '5'];

/** All calls of one round. */
async function expire(bench: Bench, limit: number): Promise<{ calls: number; removed: number; told: string[] }> {
  const projector = await bench.projector();
  const told: string[] = [];
  let removed = 0;
  for (let calls = 1; ; calls++) {
    const result = await bench.store.transact((writer) => projector.expire(writer, bench.now, limit));
    told.push(...story(result.deltas));
    removed += result.removed;
    if (result.done) return { calls, removed, told };
  }
}

function bench(deleteMechanism: 'hard' | 'soft', retention: DeletedRetention): Bench {
  return new Bench({ projections: [itemsProjection({ deleteMechanism })], retention });
}

test('deleted keys are forgotten when their time is over, and not before', async () => {
  const items = bench('hard', { deletedKeysMs: 1000, softDeletedMs: null });
  await items.run(...ids.map((id, at) => change('delete', { id }, { at })));
  items.now += 500;
  await items.run(change('delete', { id: '5' }, { at: 20 }));
  items.now += 500;
  expect(await expire(items, 2)).toEqual({ calls: 3, removed: 4, told: [] });
  expect(await items.record('1')).toBe(undefined);
  expect((await items.record('5'))?.isTombstone).toBe(true);
  await items.run(change('insert', { id: '1', name: 'back' }, { at: 0 }), change('insert', { id: '5', name: 'back' }, { at: 19 }));
  expect([await items.document('1'), await items.document('5')]).toEqual([{ id: '1', name: 'back' }, undefined]);
});

test('rows that were deleted softly are kept for ever unless told otherwise', async () => {
  const items = bench('soft', { deletedKeysMs: 1000, softDeletedMs: null });
  await items.run(change('insert', { id: '1' }, { at: 1 }), change('delete', { id: '1' }, { at: 2 }));
  items.now += 1_000_000;
  expect((await expire(items, 10)).removed).toBe(0);
});

test('rows that were deleted softly go away, announced, and their keys stay remembered as long as others', async () => {
  const items = bench('soft', { deletedKeysMs: 1000, softDeletedMs: 100 });
  for (const id of ids.slice(0, 3)) await items.run(change('insert', { id }, { at: 1 }), change('delete', { id }, { at: 2 }));
  await items.run(change('insert', { id: '4' }, { at: 1 }));
  items.now += 100;
  const { told, removed } = await expire(items, 2);
  expect([told.sort(), removed]).toEqual([ids.slice(0, 3).map((id) => `items/${id}: DELETED {"id":"${id}"} → null`), 3]);
  expect((await items.record('1'))?.isTombstone).toBe(true);
  expect(await items.document('4')).toEqual({ id: '4' });
  items.now += 1000;
  expect((await expire(items, 2)).removed).toBe(3);
  expect(await items.record('1')).toBe(undefined);
});
