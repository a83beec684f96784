import { describe, expect, test } from 'vitest';

import { Bench, change, field, itemsProjection, story } from './projector.test-support.ts';

describe('one delta per document that differs', () => {
  test('a new row, a changed row and a deleted row are announced with their images', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'nut', stock: 5 }, { at: 1 }));
    await bench.run(change('update', { id: '1', name: 'nut', stock: 6 }, { at: 2 }));
    await bench.run(change('delete', { id: '1' }, { at: 3 }));
    expect(story(bench.deltas)).toEqual([
      'items/1: null → {"id":"1","name":"nut","stock":5}',
      'items/1: {"id":"1","name":"nut","stock":5} → {"id":"1","name":"nut","stock":6}',
      'items/1: {"id":"1","name":"nut","stock":6} → null',
    ]);
    expect(bench.deltas.map(({ position }) => position?.offset)).toEqual([1, 2, 3]);
  });

  test('changes of one key in one batch are one delta, from the first image to the last', async () => {
    const bench = new Bench();
    const { deltas, counts } = await bench.run(
      change('insert', { id: '1', name: 'a' }, { at: 1 }),
      change('update', { id: '1', name: 'b' }, { at: 2 }),
      change('insert', { id: '2', name: 'x' }, { at: 3 }),
      change('delete', { id: '2' }, { at: 4 }),
    );
    expect(story(deltas)).toEqual(['items/1: null → {"id":"1","name":"b"}']);
    expect(counts).toEqual({ accepted: 4, stale: 0, refused: 0 });
  });

  test('a row that comes again unchanged is not announced, but its newer position is kept', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1 }));
    bench.now += 5;
    const { deltas } = await bench.run(change('update', { id: '1', name: 'a' }, { at: 7 }));
    expect(deltas).toEqual([]);
    const meta = JSON.parse((await bench.record('1'))?.meta ?? '');
    expect(meta).toMatchObject({ offset: 7, counter: '1007', createdAt: 50_000, updatedAt: 50_000 });
  });

  test('a replay of everything writes nothing and announces nothing', async () => {
    const bench = new Bench();
    const history = [
      change('insert', { id: '1', name: 'a' }, { at: 1 }),
      change('insert', { id: '2', name: 'b' }, { at: 2 }),
      change('update', { id: '1', name: 'c' }, { at: 3 }),
      change('delete', { id: '2' }, { at: 4 }),
    ];
    for (const item of history) await bench.run(item);
    const before = await bench.everything(['1', '2']);
    bench.now += 1000;
    bench.restart();
    for (const item of history) expect((await bench.run(item)).deltas).toEqual([]);
    expect((await bench.run(...history)).deltas).toEqual([]);
    expect(await bench.everything(['1', '2'])).toEqual(before);
  });

  test('a replay fills a field that the projection did not have before', async () => {
    const old = new Bench({ projections: [itemsProjection({ fields: [field('id', { primaryKey: true })] })] });
    const insert = change('insert', { id: '1', note: 'n' }, { at: 1 });
    await old.run(insert);
    const bench = new Bench({ store: old.store });
    expect(story((await bench.run(insert)).deltas)).toEqual(['items/1: {"id":"1"} → {"id":"1","note":"n"}']);
  });

  test('changes of several projections in one batch go to their own collections', async () => {
    const bench = new Bench({ projections: [itemsProjection(), itemsProjection({ name: 'orders' })] });
    const { deltas } = await bench.run(change('insert', { id: '1' }), change('insert', { id: '1', name: 'o' }, { projection: 'orders' }));
    expect(story(deltas)).toEqual(['items/1: null → {"id":"1"}', 'orders/1: null → {"id":"1","name":"o"}']);
  });
});

describe('fields', () => {
  test('fields are renamed and cast, and stand in the order of the projection', async () => {
    const fields = [field('sku', { source: 'ID', primaryKey: true }), field('stock', { type: 'number', source: 'QTY' }), field('name')];
    const bench = new Bench({ projections: [itemsProjection({ fields })] });
    await bench.run(change('insert', { name: 5, QTY: '7', ID: 12 }, { key: null }));
    expect((await bench.record('12'))?.text).toBe('{"sku":"12","stock":7,"name":"5"}');
  });

  test('the id of a compound key does not depend on the order of its fields', async () => {
    const fields = [field('b', { primaryKey: true }), field('a', { primaryKey: true, type: 'number' })];
    const bench = new Bench({ projections: [itemsProjection({ fields, primaryKey: ['a', 'b'] })] });
    await bench.run(change('insert', { a: 1, b: 'x&y' }, { key: null }));
    expect(await bench.document('a=1&b=x%26y')).toEqual({ b: 'x&y', a: 1 });
  });

  test('key fields that stand in the record key only are taken from there', async () => {
    const bench = new Bench();
    await bench.run(change('upsert', { name: 'a' }, { key: { id: '9' } }));
    expect(await bench.document('9')).toEqual({ id: '9', name: 'a' });
  });

  test('a field that is not sent and not required is absent, dates included', async () => {
    const fields = [field('id', { primaryKey: true }), field('day', { type: 'date' }), field('tags', { type: 'arrayOfString' })];
    const bench = new Bench({ projections: [itemsProjection({ fields })] });
    await bench.run(change('insert', { id: '1' }));
    expect(await bench.document('1')).toEqual({ id: '1' });
  });

  test('fields of the source named like metadata are ignored and not reported', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', __STATE__: 'DRAFT', createdAt: 'x', _id: 'y', timestamp: 1 }));
    const record = await bench.record('1');
    expect(record?.text).toBe('{"id":"1"}');
    expect(record?.state).toBe('PUBLIC');
    expect((await bench.projector()).fieldReports()).toEqual([]);
  });

  test('unknown and uncastable fields are counted, with the places of the first and the last', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', stock: 'many', colour: 'red' }, { at: 1 }));
    await bench.run(change('insert', { id: '2', stock: 1, colour: 'blue' }, { at: 2 }));
    const reports = (await bench.projector()).fieldReports();
    expect(reports.map(({ type, field, count, first, last }) => [type, field, count, first.offset, last.offset])).toEqual([
      ['UNKNOWN_FIELD', 'colour', 2, 1, 2],
      ['UNCASTABLE_FIELD', 'stock', 1, 1, 1],
    ]);
    expect(JSON.stringify(reports)).not.toContain('many');
  });

  test('the reports of fields are bounded', async () => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) {
      const row = Object.fromEntries(Array.from({ length: 50 }, (_, j) => [`f${i}_${j}`, 1]));
      await bench.run(change('insert', { id: '1', ...row }, { at: i }));
    }
    const reports = (await bench.projector()).fieldReports();
    expect(reports.length).toBe(201);
    expect(reports[0]).toMatchObject({ field: '…', count: 300 });
  });
});

describe('required, nullable, uncastable', () => {
  const strict = [
    field('id', { primaryKey: true }),
    field('stock', { type: 'number', nullable: false }),
    field('name', { required: true }),
  ];
  const refusedBy = async (row: Record<string, unknown>, uncastable: 'deadLetter' | 'null' = 'deadLetter'): Promise<unknown> => {
    const bench = new Bench({ projections: [itemsProjection({ fields: strict })], compatibility: { uncastable } });
    const { refused } = await bench.run(change('insert', row as never, { key: null }));
    return refused.length > 0 ? refused.map(({ code }) => code) : bench.document('1');
  };

  test.each([
    [
      { id: '1', name: 'a', stock: 1 },
      { id: '1', name: 'a', stock: 1 },
    ],
    [
      { id: '1', name: 'a' },
      { id: '1', name: 'a' },
    ],
    [{ id: '1', stock: 1 }, ['MISSING_FIELD']],
    [{ id: '1', name: null }, ['NULL_FIELD']],
    [{ id: '1', name: 'a', stock: null }, ['NULL_FIELD']],
    [{ id: '1', name: 'a', stock: 'x' }, ['UNCASTABLE_FIELD']],
    [{ id: null, name: 'a' }, ['MISSING_KEY']],
    [{ name: 'a' }, ['MISSING_KEY']],
  ])('%j gives %j', async (row, expected) => {
    expect(await refusedBy(row)).toEqual(expected);
  });

  test('a failed cast is null where the field is nullable, or where the originals made it so', async () => {
    expect(await refusedBy({ id: '1', name: 'a', stock: 'x' }, 'null')).toEqual({ id: '1', name: 'a', stock: null });
    const bench = new Bench();
    const { refused } = await bench.run(change('insert', { id: '1', stock: 'x' }));
    expect(refused).toEqual([]);
    expect(await bench.document('1')).toEqual({ id: '1', stock: null });
  });

  test('a refused change says what, where, which value and what was expected, and stops nothing else', async () => {
    const bench = new Bench({ projections: [itemsProjection({ fields: strict })] });
    const { refused, deltas } = await bench.run(
      change('insert', { id: '1', name: 'a', stock: 'x' }, { at: 1 }),
      change('insert', { id: '2', name: 'b', stock: 2 }, { at: 2 }),
    );
    expect(refused.map(({ reason }) => reason)).toEqual([
      'Field "stock" of projection "items" cannot be cast from "x", expected a value of type number',
    ]);
    expect(deltas.length).toBe(1);
  });
});
