import { expect, test } from 'vitest';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { QueueItem, StoreWriter } from '../../store/store.ts';
import { OF_NO_TOPIC } from './image-keeping.ts';
import { Bench, change, itemsProjection, story } from './projector.test-support.ts';

const row = (id: string, at: number) => change('insert', { id, name: `n${id}` }, { at });
/** Of another partition, so that another process reads it. */
const truncate = change('truncate', null, { at: 5, position: { topic: 'shop.items', partition: 1, offset: 0, timestamp: 1005 } });

function benches(): readonly [late: Bench, other: Bench] {
  const store = new MemoryStore(undefined, { shared: true });
  const projections = [itemsProjection()];
  return [new Bench({ store: store.another(), projections, isShared: true }), new Bench({ store, projections, isShared: true })];
}

/** The first process carries a row out while the second has a truncate come and go between its look at truncates and its write. */
async function overtaken(late: Bench, other: Bench): Promise<readonly QueueItem[]> {
  const projector = await late.projector();
  const prepared = await projector.prepare([row('1', 1)]);
  const applied = await late.store.transact((writer) => {
    const write: StoreWriter['write'] = async (...args) => {
      await other.run(truncate);
      await other.truncate();
      return writer.write(...args);
    };
    const slow = new Proxy(writer, {
      get: (target, name: keyof StoreWriter) => {
        const member = name === 'write' ? write : target[name];
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    return projector.apply(slow, prepared, OF_NO_TOPIC);
  });
  return applied.later;
}

test('a row that is written after a truncate of another process has looked for it is looked for again', async () => {
  const [late, other] = benches();
  const later = await overtaken(late, other);
  expect(await late.document('1')).toBeDefined();
  expect(later).toMatchObject([{ kind: 'truncate', scope: 'items' }]);
  await late.store.transact((writer) => writer.enqueue(later));
  await other.truncate();
  expect(await late.record('1')).toBeUndefined();
});

test('a row that a process left behind, which died then, is found when its record is read again', async () => {
  const [late, other] = benches();
  await overtaken(late, other);
  // Nothing of what it was to queue was queued.
  const { later } = await other.run(row('1', 1));
  expect(later).toMatchObject([{ kind: 'truncate', scope: 'items' }]);
  await other.truncate();
  expect(await late.record('1')).toBeUndefined();
});

test('truncates of several partitions do not hide one another', async () => {
  const [late, other] = benches();
  const newer = change('truncate', null, { at: 9 });
  await late.run(newer);
  await other.run(truncate);
  other.restart();
  await other.run(row('1', 7));
  expect(await other.record('1')).toBeUndefined();
  expect([...(await late.store.facts('truncate/')).keys()]).toHaveLength(1);
});

test('rows that are removed are announced, also by who goes on after a death, and nothing stays', async () => {
  const [late, other] = benches();
  await late.run(row('1', 1), truncate);
  // The ids are noted, then the rows removed; its announcement is lost.
  await late.truncateOnce(10);
  const [item] = await late.store.take({ kinds: ['truncate'], now: late.now, limit: 1 });
  expect(item?.payload).toContain('"ids":["1"]');
  const projector = await late.projector();
  if (item !== undefined) await late.store.transact((writer) => projector.truncate(writer, item, 10));
  expect((await late.record('1'))?.isTombstone).toBe(true);
  await other.truncate();
  expect(story(other.deltas)).toContain('items/1: {"id":"1","name":"n1"} → null');
  expect((await late.record('1'))?.meta ?? '').not.toContain('"previous"');
});
