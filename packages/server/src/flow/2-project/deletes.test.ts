import { describe, expect, test } from 'vitest';

import { Bench, change, itemsProjection, story } from './projector.test-support.ts';

describe('hard delete', () => {
  test('a deleted key is remembered, so that a replay of its insert does not bring it back', async () => {
    const bench = new Bench();
    const insert = change('insert', { id: '1', name: 'a' }, { at: 1 });
    await bench.run(insert, change('delete', { id: '1' }, { at: 2 }));
    bench.restart();
    expect((await bench.run(insert)).counts).toEqual({ accepted: 0, stale: 1, refused: 0 });
    expect((await bench.record('1'))?.isTombstone).toBe(true);
  });

  test('a delete that comes before its insert keeps the row out', async () => {
    const bench = new Bench();
    await bench.run(change('delete', { id: '1' }, { at: 2 }));
    await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1 }));
    expect(await bench.document('1')).toBe(undefined);
    expect(bench.deltas).toEqual([]);
  });

  test('a row inserted after its delete is there again', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1 }), change('delete', { id: '1' }, { at: 2 }));
    bench.now = 60_000;
    await bench.run(change('insert', { id: '1', name: 'b' }, { at: 3 }));
    expect(await bench.document('1')).toEqual({ id: '1', name: 'b' });
    expect(JSON.parse((await bench.record('1'))?.meta ?? '')).toMatchObject({ createdAt: 60_000, updatedAt: 60_000 });
  });

  test('a delete needs nothing but the key, and trusts nothing else of the row before', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', stock: 7 }, { at: 1 }));
    await bench.run(change('delete', { id: '1' }, { at: 2, before: { id: '1', name: '', stock: 0 } }));
    expect(story(bench.deltas)[1]).toBe('items/1: {"id":"1","name":"a","stock":7} → null');
  });
});

describe('soft delete', () => {
  const soft = [itemsProjection({ deleteMechanism: 'soft' })];

  test('the fields stay, the state is DELETED, and an insert makes it PUBLIC again', async () => {
    const bench = new Bench({ projections: soft });
    await bench.run(change('insert', { id: '1', name: 'a', stock: 1 }, { at: 1 }));
    await bench.run(change('delete', { id: '1' }, { at: 2 }));
    bench.now = 60_000;
    await bench.run(change('insert', { id: '1', name: 'b' }, { at: 3 }));
    expect(story(bench.deltas)).toEqual([
      'items/1: null → {"id":"1","name":"a","stock":1}',
      'items/1: {"id":"1","name":"a","stock":1} → DELETED {"id":"1","name":"a","stock":1}',
      'items/1: DELETED {"id":"1","name":"a","stock":1} → {"id":"1","name":"b"}',
    ]);
    expect(JSON.parse((await bench.record('1'))?.meta ?? '')).toMatchObject({ createdAt: 50_000, updatedAt: 60_000 });
  });

  test('a second delete is not announced', async () => {
    const bench = new Bench({ projections: soft });
    await bench.run(change('insert', { id: '1' }, { at: 1 }), change('delete', { id: '1' }, { at: 2 }));
    expect((await bench.run(change('delete', { id: '1' }, { at: 3 }))).deltas).toEqual([]);
  });

  test('a key that never had a row is remembered without one', async () => {
    const bench = new Bench({ projections: soft });
    await bench.run(change('delete', { id: '1' }, { at: 2 }));
    expect((await bench.record('1'))?.isTombstone).toBe(true);
    expect((await bench.run(change('insert', { id: '1' }, { at: 1 }))).deltas).toEqual([]);
  });
});

describe('strict inserts and updates', () => {
  const strict = [itemsProjection({ upsert: false })];

  test('an insert of a row that is there and an update of one that is not are refused, and stop nothing', async () => {
    const bench = new Bench({ projections: strict });
    const { refused, counts } = await bench.run(
      change('insert', { id: '1', name: 'a' }, { at: 1 }),
      change('insert', { id: '1', name: 'b' }, { at: 2 }),
      change('update', { id: '2', name: 'c' }, { at: 3 }),
      change('update', { id: '1', name: 'd' }, { at: 4 }),
    );
    expect(refused.map(({ code, reason }) => `${code}: ${reason}`)).toEqual([
      'RECORD_EXISTS: Projection "items" has a record "1" already, expected none before an insert',
      'RECORD_MISSING: Projection "items" has no record "2", expected one before an update',
    ]);
    expect(counts).toEqual({ accepted: 2, stale: 0, refused: 2 });
    expect(await bench.document('1')).toEqual({ id: '1', name: 'd' });
  });

  test('a replay is no violation', async () => {
    const bench = new Bench({ projections: strict });
    const insert = change('insert', { id: '1', name: 'a' }, { at: 1 });
    const update = change('update', { id: '1', name: 'b' }, { at: 2 });
    const remove = change('delete', { id: '1' }, { at: 3 });
    await bench.run(insert);
    expect((await bench.run(insert)).refused).toEqual([]);
    await bench.run(update, remove);
    const { refused, deltas } = await bench.run(insert, update, remove);
    expect([refused, deltas]).toEqual([[], []]);
  });

  test('a deleted row may be inserted again, but not updated', async () => {
    const bench = new Bench({ projections: strict });
    await bench.run(change('insert', { id: '1' }, { at: 1 }), change('delete', { id: '1' }, { at: 2 }));
    expect((await bench.run(change('update', { id: '1' }, { at: 3 }))).refused.map(({ code }) => code)).toEqual(['RECORD_MISSING']);
    expect((await bench.run(change('insert', { id: '1' }, { at: 4 }))).refused).toEqual([]);
  });
});
