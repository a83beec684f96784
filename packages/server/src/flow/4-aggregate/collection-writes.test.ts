import { expect, test } from 'vitest';
import type { ViewPlan } from '../../plan/plan.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { CollectionWrites } from './collection-writes.ts';
import type { ViewUnits } from './collection-writes.ts';
import type { Built } from './outcome.ts';

const built: Built = {
  trigger: { view: 'v', identifier: { id: 1 }, lane: 'interactive', cause: null },
  id: '1',
  key: { id: 1 },
  outcome: { kind: 'absent' },
};

async function writesOn(store: MemoryStore, follow: ViewUnits['follow']): Promise<CollectionWrites> {
  await store.define([{ name: 'v', kind: 'view', key: ['id'], indexes: [] }]);
  return new CollectionWrites(
    { unit: (work) => store.transact(work), follow },
    { name: 'v' } as ViewPlan,
    { built, place: undefined },
    new ManualClock(0),
  );
}

test('a write of an upsert function is committed with what follows from it', async () => {
  const store = new MemoryStore();
  const item = { kind: 'trigger', scope: 'over', key: 'k', lane: 'interactive', dueAt: 0, attempts: 0, payload: '' } as const;
  const writes = await writesOn(store, async (writer, deltas) => {
    await writer.enqueue([item]);
    return deltas;
  });
  await writes.run('replaceOne', [{ id: 1 }, { id: 1, a: 'x' }, { upsert: true }]);
  expect(writes.deltas.map(({ after }) => after?.document)).toEqual([{ id: 1, a: 'x' }]);
  expect(await store.queued()).toMatchObject([{ scope: 'over', count: 1 }]);
});

test('where what follows fails, nothing is written and nothing is announced', async () => {
  const store = new MemoryStore();
  const writes = await writesOn(store, async () => Promise.reject(new Error('no room')));
  await expect(writes.run('insertOne', [{ id: 1 }])).rejects.toThrow('no room');
  expect(await store.count('v', { filter: { kind: 'true' } })).toBe(0);
  expect(writes.deltas).toEqual([]);
});
