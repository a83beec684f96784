import { describe, expect, test, vi } from 'vitest';

import type { Change } from '../../core/change.ts';
import { MemoryReader } from '../../store/memory/memory-reader.ts';
import { Bench, change, itemsProjection, story } from './projector.test-support.ts';

const ids = ['1', '2', '3', '4'];
const insert = (id: string, at: number): Change => change('insert', { id, name: `n${id}` }, { at });
const truncate = (at: number): Change => change('truncate', null, { at });

async function names(bench: Bench): Promise<string[]> {
  const documents = await Promise.all(ids.map((id) => bench.document(id)));
  return documents.flatMap((document) => (document === undefined ? [] : [document['id'] as string]));
}

describe.each(['hard', 'soft'] as const)('a truncate under %s delete', (deleteMechanism) => {
  const projections = [itemsProjection({ deleteMechanism })];

  test('removes what is not above it, in chunks, and announces each row once', async () => {
    const bench = new Bench({ projections });
    await bench.run(insert('1', 1), insert('2', 2), insert('3', 3), insert('4', 9));
    const { later } = await bench.run(truncate(5));
    expect(later).toMatchObject([{ kind: 'truncate', scope: 'items', lane: 'bulk' }]);
    bench.deltas.length = 0;
    expect(await bench.truncate(2)).toBe(3);
    expect(await names(bench)).toEqual(['4']);
    const gone = (id: string): string => (deleteMechanism === 'hard' ? 'null' : `DELETED {"id":"${id}","name":"n${id}"}`);
    expect(story(bench.deltas).sort()).toEqual(['1', '2', '3'].map((id) => `items/${id}: {"id":"${id}","name":"n${id}"} → ${gone(id)}`));
    expect(bench.deltas.every(({ position }) => position?.offset === 5)).toBe(true);
  });

  test('an older row that arrives later stays out, after a restart and in the same batch too', async () => {
    const bench = new Bench({ projections });
    await bench.run(truncate(5), insert('1', 1), insert('2', 7));
    bench.restart();
    await bench.run(insert('3', 3));
    await bench.truncate();
    await bench.run(change('delete', { id: '4' }, { at: 4 }), insert('4', 3));
    expect(await names(bench)).toEqual(['2']);
    expect(await bench.record('4')).toBe(undefined);
  });

  test('a row above it is a new row, though the old one was not removed yet', async () => {
    const bench = new Bench({ projections });
    await bench.run(change('insert', { id: '1', name: 'old', note: 'old' }, { at: 1 }));
    await bench.run(truncate(5), change('insert', { id: '1', name: 'new' }, { at: 6, row: 'partial' }));
    expect(await bench.document('1')).toEqual({ id: '1', name: 'new' });
    await bench.truncate();
    expect(await bench.document('1')).toEqual({ id: '1', name: 'new' });
    expect(story(bench.deltas)).toEqual([
      'items/1: null → {"id":"1","name":"old","note":"old"}',
      'items/1: {"id":"1","name":"old","note":"old"} → {"id":"1","name":"new"}',
    ]);
  });

  test('a replay changes nothing and announces nothing', async () => {
    const bench = new Bench({ projections });
    const history = [insert('1', 1), insert('2', 2), truncate(5), insert('2', 6), insert('3', 7)];
    await bench.run(...history);
    await bench.truncate();
    const before = await bench.everything(ids);
    bench.now += 1000;
    bench.restart();
    bench.deltas.length = 0;
    for (const item of [...history, ...history.slice(1, 3)]) await bench.run(item);
    await bench.truncate();
    expect(bench.deltas).toEqual([]);
    expect(await bench.everything(ids)).toEqual(before);
  });

  test('an older truncate that arrives after a newer one does nothing', async () => {
    const bench = new Bench({ projections });
    await bench.run(truncate(5));
    expect((await bench.run(truncate(3))).later).toEqual([]);
    await bench.run(insert('1', 4), insert('2', 6));
    expect(await names(bench)).toEqual(['2']);
  });

  test('a truncate whose unit of work was undone is not lost', async () => {
    const bench = new Bench({ projections });
    await bench.run(insert('1', 1));
    const projector = await bench.projector();
    const prepared = await projector.prepare([truncate(5)]);
    const undone = bench.store.transact(async (writer) => {
      await projector.apply(writer, prepared);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await bench.run(truncate(5))).later.length).toBe(1);
    bench.restart();
    await bench.truncate();
    await bench.run(insert('2', 2));
    expect(await names(bench)).toEqual([]);
  });
});

test('rows that stay are looked at once, however many chunks there are, also when another process goes on', async () => {
  const bench = new Bench();
  const many = Array.from({ length: 1_000 }, (_, i) => String(i));
  await bench.run(...many.map((id, i) => insert(id, i < 20 ? 1 : 9)));
  await bench.run(truncate(5));
  const found = vi.spyOn(MemoryReader.prototype, 'find');
  let units = 0;
  while ((await bench.store.queued()).length > 0) {
    await bench.truncateOnce(50);
    bench.restart();
    units++;
  }
  const looked = await Promise.all(found.mock.results.map(({ value }) => value as Promise<readonly unknown[]>));
  found.mockRestore();
  expect([units, looked.flat().length]).toEqual([21, 1_000]);
  expect(story(bench.deltas).filter((line) => line.endsWith('→ null')).length).toBe(20);
});

test('a load that began after a truncate stays, one that began before it is removed', async () => {
  const load = (id: string, start: number): Change =>
    change(
      'upsert',
      { id, name: `n${id}` },
      {
        counter: { type: 'load', value: BigInt(start) },
        position: { topic: 'load', partition: 0, offset: Number(id), timestamp: start + 100 },
      },
    );
  const bench = new Bench();
  await bench.run(load('1', 1004), load('2', 1006));
  await bench.run(truncate(5), load('3', 1004), load('4', 1006));
  await bench.truncate();
  expect(await names(bench)).toEqual(['2', '4']);
});
