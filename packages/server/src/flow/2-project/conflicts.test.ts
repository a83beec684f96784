import { expect, test } from 'vitest';

import type { Change } from '../../core/change.ts';
import { StoredRecord } from '../../core/record.ts';
import type { RecordWrite, StoreWriter } from '../../store/store.ts';
import type { Applied } from './prepared.ts';
import { Bench, change, story } from './projector.test-support.ts';

/** Applies changes through a writer before whose `times` first writes somebody else changes record 1. */
async function applyAgainst(bench: Bench, times: number, changes: readonly Change[]): Promise<Applied> {
  const projector = await bench.projector();
  const prepared = await projector.prepare(changes);
  return bench.store.transact(async (writer) => {
    let left = times;
    const contended: StoreWriter = Object.create(writer, {
      write: {
        value: async (collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> => {
          if (left-- > 0) {
            const previous = (await writer.records(collection, ['1'])).get('1') ?? null;
            const meta = {
              ...JSON.parse(previous?.meta ?? '{}'),
              offset: 100 + left,
              counter: '1001',
              counterType: 'timestamp',
              topic: 'shop.items',
              partition: 0,
              part: 0,
            };
            const next = new StoredRecord('1', `{"id":"1","name":"theirs ${left}"}`, 'PUBLIC', JSON.stringify(meta));
            await writer.write(collection, [{ id: '1', previous, next }]);
          }
          return writer.write(collection, writes);
        },
      },
      records: { value: (collection: string, ids: readonly string[]) => writer.records(collection, ids) },
    }) as StoreWriter;
    return projector.apply(contended, prepared);
  });
}

test('a record that changed in between is read and decided again, and each delta begins where others had left it', async () => {
  const bench = new Bench();
  await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1 }), change('insert', { id: '2', name: 'b' }, { at: 2 }));
  const { deltas } = await applyAgainst(bench, 2, [
    change('update', { id: '1', name: 'mine' }, { at: 5 }),
    change('update', { id: '2', name: 'c' }, { at: 6 }),
  ]);
  expect(story(deltas)).toEqual([
    'items/1: {"id":"1","name":"theirs 0"} → {"id":"1","name":"mine"}',
    'items/2: {"id":"2","name":"b"} → {"id":"2","name":"c"}',
  ]);
  expect(await bench.document('1')).toEqual({ id: '1', name: 'mine' });
});

test('a change that somebody else has overtaken is given up', async () => {
  const bench = new Bench();
  await bench.run(change('insert', { id: '1', name: 'a' }, { at: 0 }));
  const { deltas, counts } = await applyAgainst(bench, 1, [change('update', { id: '1', name: 'mine' }, { at: 1 })]);
  expect(deltas).toEqual([]);
  expect(counts).toEqual({ accepted: 0, stale: 1, refused: 0 });
  expect(await bench.document('1')).toEqual({ id: '1', name: 'theirs 0' });
});

test('a record that keeps changing is an error that may be tried again', async () => {
  const bench = new Bench();
  await bench.run(change('insert', { id: '1', name: 'a' }, { at: 1 }));
  const applied = applyAgainst(bench, 99, [change('update', { id: '1', name: 'mine' }, { at: 5 })]);
  await expect(applied).rejects.toMatchObject({ code: 'STORE_CONFLICT', retryable: true });
});
