import { describe, expect, test } from 'vitest';

import { Bench, change, field, itemsProjection } from './projector.test-support.ts';

describe('whole and partial rows', () => {
  test('a field that a whole row does not have becomes absent', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', stock: 1 }, { at: 1 }), change('update', { id: '1', name: 'b' }, { at: 2 }));
    expect(await bench.document('1')).toEqual({ id: '1', name: 'b' });
  });

  test('a field that a partial row does not have keeps its value, and the order of fields stays', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', stock: 1, note: 'n' }, { at: 1, row: 'partial' }));
    await bench.run(change('update', { id: '1', note: null, name: 'b' }, { at: 2, row: 'partial' }));
    expect((await bench.record('1'))?.text).toBe('{"id":"1","name":"b","stock":1,"note":null}');
  });

  test('a partial row keeps what an earlier change of the same batch had set', async () => {
    const bench = new Bench();
    const { deltas } = await bench.run(
      change('insert', { id: '1', name: 'a' }, { at: 1, row: 'partial' }),
      change('update', { id: '1', stock: 2 }, { at: 2, row: 'partial' }),
      change('update', { id: '1', note: 'n' }, { at: 3, row: 'partial' }),
    );
    expect(deltas.length).toBe(1);
    expect(await bench.document('1')).toEqual({ id: '1', name: 'a', stock: 2, note: 'n' });
  });

  test('a required field may be left out of a partial update, not of a row that is new', async () => {
    const fields = [field('id', { primaryKey: true }), field('name', { required: true }), field('note')];
    const bench = new Bench({ projections: [itemsProjection({ fields })] });
    const update = change('update', { id: '1', note: 'n' }, { at: 2, row: 'partial' });
    expect((await bench.run(update)).refused.map(({ code }) => code)).toEqual(['MISSING_FIELD']);
    expect(await bench.record('1')).toBe(undefined);
    await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1, row: 'partial' }));
    expect((await bench.run(update)).refused).toEqual([]);
    expect(await bench.document('1')).toEqual({ id: '1', name: 'a', note: 'n' });
  });

  test('an insert after a soft delete begins a new row', async () => {
    const bench = new Bench({ projections: [itemsProjection({ deleteMechanism: 'soft' })] });
    await bench.run(
      change('insert', { id: '1', name: 'a', stock: 1 }, { at: 1, row: 'partial' }),
      change('delete', { id: '1' }, { at: 2 }),
      change('insert', { id: '1', name: 'b' }, { at: 3, row: 'partial' }),
    );
    expect(await bench.document('1')).toEqual({ id: '1', name: 'b' });
  });

  test('a value that the source left out because it did not change keeps its stored value', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', note: 'long' }, { at: 1 }));
    await bench.run(change('update', { id: '1', name: 'b', note: '__unavailable' }, { at: 2, unavailable: ['note'] }));
    expect(await bench.document('1')).toEqual({ id: '1', name: 'b', note: 'long' });
    await bench.run(change('update', { id: '2', name: 'c', note: '__unavailable' }, { at: 3, unavailable: ['note'] }));
    expect(await bench.document('2')).toEqual({ id: '2', name: 'c' });
  });
});

describe('patches', () => {
  const fields = [
    field('id', { primaryKey: true }),
    field('stock', { type: 'number', source: 'qty' }),
    field('address', { type: 'object' }),
    field('lines', { type: 'arrayOfObject' }),
    field('name', { required: true }),
  ];
  const projections = [itemsProjection({ fields })];
  const start = change(
    'insert',
    { id: '1', name: 'a', qty: 1, address: { city: 'Rome', zip: { code: 1 } }, lines: [{ n: 1 }, { n: 2 }] },
    { at: 1 },
  );
  const patch = (set: Record<string, never>, unset: string[] = [], at = 2): ReturnType<typeof change> =>
    change('patch', { id: '1' }, { at, patch: { set, unset } });

  test.each([
    ['a field, renamed and cast', { qty: '7' }, [], { stock: 7 }],
    ['a field removed', {}, ['qty'], { stock: undefined }],
    ['a value in an object', { 'address.city': 'Oslo' }, [], { address: { city: 'Oslo', zip: { code: 1 } } }],
    ['a value that had no object yet', { 'address.geo.lat': 1 }, [], { address: { city: 'Rome', zip: { code: 1 }, geo: { lat: 1 } } }],
    ['a value removed in an object', {}, ['address.zip.code'], { address: { city: 'Rome', zip: {} } }],
    ['an element of an array', { 'lines.1.n': 5 }, [], { lines: [{ n: 1 }, { n: 5 }] }],
    ['an element at the end of an array', { 'lines.2': { n: 3 } }, [], { lines: [{ n: 1 }, { n: 2 }, { n: 3 }] }],
    [
      'several at once',
      { 'address.a': 1, 'address.b': 2, qty: null },
      ['lines'],
      { address: { city: 'Rome', zip: { code: 1 }, a: 1, b: 2 }, stock: null, lines: undefined },
    ],
  ])('%s', async (_what, set, unset, expected) => {
    const bench = new Bench({ projections });
    await bench.run(start);
    expect((await bench.run(patch(set as never, unset))).refused).toEqual([]);
    const before = { id: '1', stock: 1, address: { city: 'Rome', zip: { code: 1 } }, lines: [{ n: 1 }, { n: 2 }], name: 'a' };
    expect(await bench.document('1')).toEqual({ ...before, ...expected });
    const [, delta] = bench.deltas;
    expect(delta?.before?.document).toEqual(before);
    expect((await bench.run(patch(set as never, unset))).deltas).toEqual([]);
  });

  test('a patch of a record that is not there is refused, and creates none', async () => {
    const bench = new Bench({ projections });
    expect((await bench.run(patch({}))).refused.map(({ code }) => code)).toEqual(['RECORD_MISSING']);
    expect(await bench.record('1')).toBe(undefined);
  });

  test('a patch keeps to what is required and nullable, and to objects', async () => {
    const bench = new Bench({ projections });
    await bench.run(start);
    const { refused } = await bench.run(
      patch({}, ['name'], 2),
      patch({ name: null } as never, [], 3),
      patch({ 'name.first': 1 } as never, [], 4),
    );
    expect(refused.map(({ code }) => code)).toEqual(['MISSING_FIELD', 'NULL_FIELD', 'UNCASTABLE_FIELD']);
  });

  test('an older patch that comes late is ignored', async () => {
    const bench = new Bench({ projections });
    await bench.run(start, patch({ qty: 5 } as never, [], 3), patch({ qty: 4 } as never, [], 2));
    expect((await bench.document('1'))?.['stock']).toBe(5);
  });
});
