import { describe, expect, test } from 'vitest';

import type { Change } from '../../core/change.ts';
import { Bench, change, field, itemsProjection, story } from './projector.test-support.ts';

/** The delete and the insert of one changed key, as Debezium sends them: `note` is a large column that it left out. */
function move(from: string, to: string, name: string, options: Partial<Change> & { at: number }): [Change, Change] {
  const { at, ...rest } = options;
  return [
    change('delete', { id: from }, { at, movedTo: { id: to }, ...rest }),
    change('insert', { id: to, name, note: '__unavailable' }, { at: at + 2, movedFrom: { id: from }, unavailable: ['note'], ...rest }),
  ];
}

const keyOf = ({ key }: Change): string => key?.['id'] as string;

const soft = itemsProjection({ deleteMechanism: 'soft' });

describe.each([
  ['hard', itemsProjection()],
  ['soft', soft],
])('a changed key under %s delete', (_kind, projection) => {
  const insert = change('insert', { id: '1', name: 'a', note: 'long' }, { at: 1 });
  const [remove, again] = move('1', '2', 'b', { at: 2 });

  test.each<[string, Change[][]]>([
    ['in one batch', [[insert, remove, again]]],
    ['in two batches', [[insert], [remove, again]]],
    ['in three batches', [[insert], [remove], [again]]],
    ['with the new row first', [[insert], [again], [remove]]],
    ['with the new row first, in one batch', [[insert, again, remove]]],
    ['with the new row before all', [[again], [insert], [remove]]],
    ['with a replay in the midst', [[insert], [remove], [insert, remove], [again], [remove, again], [insert, remove, again]]],
  ])('takes along what was not sent: %s', async (_what, batches) => {
    const bench = new Bench({ projections: [projection] });
    for (const batch of batches) await bench.run(...batch);
    expect(await bench.document('1')).toBe(undefined);
    expect(await bench.document('2')).toEqual({ id: '2', name: 'b', note: 'long' });
    expect((await bench.record('1'))?.meta).not.toContain('removedText');
    expect((await bench.record('2'))?.meta).not.toContain('awaits');
    const before = await bench.everything(['1', '2']);
    expect((await bench.run(insert, remove, again)).deltas).toEqual([]);
    expect(await bench.everything(['1', '2'])).toEqual(before);
  });

  test('a new row that came first gets the last values of the old one', async () => {
    const bench = new Bench({ projections: [projection] });
    const [last, next] = move('1', '2', 'b', { at: 4 });
    await bench.run(insert, next);
    expect((await bench.document('2'))?.['note']).toBe('long');
    await bench.run(change('update', { id: '1', name: 'a', note: 'longer' }, { at: 3 }), last);
    expect((await bench.document('2'))?.['note']).toBe('longer');
  });

  test('a value that was set under the new key since then stays', async () => {
    const bench = new Bench({ projections: [projection] });
    await bench.run(insert, again, change('update', { id: '2', name: 'b', note: 'new' }, { at: 5 }), remove);
    expect(await bench.document('2')).toEqual({ id: '2', name: 'b', note: 'new' });
  });
});

/** All ways to merge sequences, each of which keeps its order. */
function* merges<T>(sequences: readonly (readonly T[])[]): Generator<T[]> {
  if (sequences.every((sequence) => sequence.length === 0)) yield [];
  for (const [index, [head, ...tail]] of sequences.entries()) {
    if (head === undefined) continue;
    for (const rest of merges(sequences.map((sequence, i) => (i === index ? tail : sequence)))) yield [head, ...rest];
  }
}

describe('two keys swapped through a third in one transaction', () => {
  /** Everything at one instant, each key in a partition of its own. */
  function swap(partitionOf: Readonly<Record<string, number>>): Change[][] {
    const offsets = new Map<number, number>();
    const place = (item: Change): Change => {
      const partition = partitionOf[keyOf(item)] ?? 0;
      const offset = (offsets.get(partition) ?? -1) + 1;
      offsets.set(partition, offset);
      return { ...item, counter: { type: 'timestamp', value: 5n }, position: { topic: 'shop.items', partition, offset, timestamp: 5 } };
    };
    const rows = [
      change('insert', { id: 'A', name: 'a', note: 'long a' }),
      change('insert', { id: 'B', name: 'b', note: 'long b' }),
      ...move('A', 'T', 'a', { at: 0 }),
      ...move('B', 'A', 'b', { at: 0 }),
      ...move('T', 'B', 'a', { at: 0 }),
    ].map(place);
    return [0, 1, 2].map((partition) => rows.filter(({ position }) => position.partition === partition));
  }
  const end = { A: { id: 'A', name: 'b', note: 'long b' }, B: { id: 'B', name: 'a', note: 'long a' }, T: undefined };

  test.each([
    ['one partition', { A: 0, B: 0, T: 0 }],
    ['three partitions', { A: 0, B: 1, T: 2 }],
    ['three partitions, the third key first', { A: 2, B: 1, T: 0 }],
    ['three partitions, the third key between', { A: 0, B: 2, T: 1 }],
    ['two partitions', { A: 0, B: 1, T: 0 }],
  ])('ends right in every order of the partitions: %s', async (_what, partitionOf) => {
    let orders = 0;
    for (const order of merges(swap(partitionOf))) {
      orders++;
      for (const projection of [itemsProjection(), soft]) {
        const single = new Bench({ projections: [projection] });
        for (const item of order) await single.run(item);
        const whole = new Bench({ projections: [projection] });
        await whole.run(...order);
        for (const bench of [single, whole]) {
          const documents = { A: await bench.document('A'), B: await bench.document('B'), T: await bench.document('T') };
          const told = order.map((item) => `${item.operation} ${keyOf(item)}`).join(', ');
          expect({ told, ...documents }).toEqual({ told, ...end });
          expect({ told, deltas: story((await bench.run(...order)).deltas) }).toEqual({ told, deltas: [] });
        }
      }
    }
    expect(orders).toBeGreaterThan(0);
  });
});

describe('other shapes of a changed key', () => {
  test('the delete and insert of one record are one position, and a partial row inherits what was not sent', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', stock: 3, note: 'n' }, { at: 1, row: 'partial' }));
    const pair = [
      change('delete', { id: '1' }, { at: 2, part: 0, movedTo: { id: '2' }, row: 'partial' }),
      change('insert', { id: '2', name: 'b' }, { at: 2, part: 1, movedFrom: { id: '1' }, row: 'partial' }),
    ];
    await bench.run(...pair);
    expect(story(bench.deltas.slice(1))).toEqual([
      'items/1: {"id":"1","name":"a","stock":3,"note":"n"} → null',
      'items/2: null → {"id":"2","name":"b","stock":3,"note":"n"}',
    ]);
    expect((await bench.run(...pair)).deltas).toEqual([]);
  });

  test.each([
    ['hard', itemsProjection()],
    ['soft', soft],
  ])('a move that a producer sent twice changes nothing the second time, under %s delete', async (_kind, projection) => {
    const bench = new Bench({ projections: [projection] });
    const [remove, again] = move('1', '2', 'b', { at: 2 });
    const [removeTwice, againTwice] = move('1', '2', 'b', { at: 12 });
    await bench.run(change('insert', { id: '1', name: 'a', note: 'long' }, { at: 1 }), remove, again);
    await bench.run(removeTwice, againTwice);
    expect(await bench.document('1')).toBe(undefined);
    expect(await bench.document('2')).toEqual({ id: '2', name: 'b', note: 'long' });
  });

  test('a required column that was left out waits for the delete of the old row', async () => {
    const fields = [field('id', { primaryKey: true }), field('name'), field('note', { required: true })];
    const bench = new Bench({ projections: [itemsProjection({ fields })] });
    const [remove, again] = move('1', '2', 'b', { at: 2 });
    expect((await bench.run(again)).refused).toEqual([]);
    await bench.run(change('insert', { id: '1', name: 'a', note: 'long' }, { at: 1 }), remove);
    expect(await bench.document('2')).toEqual({ id: '2', name: 'b', note: 'long' });
  });

  test('a key that changes to and fro keeps its row every time', async () => {
    const bench = new Bench();
    await bench.run(change('insert', { id: '1', name: 'a', note: 'long' }, { at: 1 }));
    for (let i = 0; i < 4; i++) {
      const [from, to] = i % 2 === 0 ? ['1', '2'] : ['2', '1'];
      const [remove, again] = move(from as string, to as string, `n${i}`, { at: 10 * (i + 1) });
      await bench.run(remove);
      await bench.run(again);
      expect(await bench.document(to as string)).toEqual({ id: to, name: `n${i}`, note: 'long' });
    }
  });
});
