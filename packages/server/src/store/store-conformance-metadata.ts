import { describe, expect, test } from 'vitest';
import { parseFilter } from '../core/query/parse-filter.ts';
import type { Query } from '../core/query.ts';
import type { Value } from '../core/value.ts';
import { collection, on, put, record } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

function metaOf(createdAt: number, updatedAt: number): string {
  const place = { counterType: 'position', counter: '7', topic: 't', partition: 0, offset: 7, part: 0, timestamp: updatedAt };
  return JSON.stringify({ ...place, recordKey: null, createdAt, updatedAt });
}

const RECORDS = [
  record('a', { v: 1 }, { meta: metaOf(100, 900) }),
  record('b', { v: 2 }, { meta: metaOf(200, 800) }),
  record('é', { v: 1 }, { meta: metaOf(300, 700) }),
  record('😀', { v: 2 }, { meta: metaOf(400, 600), state: 'DRAFT' }),
];

/** Filter, and the ids that it finds in any state. */
const TABLE: readonly (readonly [Value, string])[] = [
  [{ _id: 'a' }, 'a'],
  [{ _id: 'no' }, ''],
  [{ _id: 1 }, ''],
  [{ _id: null }, ''],
  [{ _id: { $exists: true } }, 'abé😀'],
  [{ _id: { $ne: 'a' } }, 'bé😀'],
  [{ _id: { $in: ['é', 'a', 'x', 5] } }, 'aé'],
  [{ _id: { $in: [] } }, ''],
  [{ _id: '😀' }, '😀'],
  [{ _id: { $in: ['😀', 'a'] } }, 'a😀'],
  [{ _id: { $gt: 'a', $lte: 'é' } }, 'bé'],
  [{ _id: { $regex: '^[ab]$' } }, 'ab'],
  [{ _id: { $not: { $in: ['a', 'b'] } } }, 'é😀'],
  [{ v: 2, _id: { $gte: 'b' } }, 'b😀'],
  [{ $or: [{ _id: 'a' }, { v: 2 }] }, 'ab😀'],
  [{ $or: [{ _id: 'a' }, { _id: 'é' }] }, 'aé'],
  [{ $nor: [{ _id: 'a' }] }, 'bé😀'],
  [{ __STATE__: 'DRAFT' }, '😀'],
  [{ createdAt: { $gte: { $date: '1970-01-01T00:00:00.200Z' } } }, 'bé😀'],
  [{ updatedAt: { $lt: { $date: '1970-01-01T00:00:00.700Z' } }, v: 2 }, '😀'],
  [{ '__internal__kafkaInfo.topic': 't', _id: { $lt: 'b' } }, 'a'],
  [{ '_id.x': { $exists: true } }, ''],
];

export function registerMetadataTests(factory: StoreFactory): void {
  describe('fields that are ours', () => {
    test('are filtered by as people see them, with indexes and without', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('plain'), collection('indexed', [on('v')])]);
      const states = ['PUBLIC', 'DRAFT'] as const;
      for (const name of ['plain', 'indexed']) {
        // In another order than that of the ids.
        await put(store, name, ...RECORDS.toReversed());
        for (const [json, ids] of TABLE) {
          const query: Query = { filter: parseFilter(json), states };
          const found = (await store.find(name, query)).map(({ id }) => id).join('');
          const iterated = (await Array.fromAsync(store.iterate(name, query))).flat().map(({ id }) => id);
          const snapshot = (await store.snapshot(name, query)).records.map(({ id }) => id);
          const result = { found, count: await store.count(name, query), iterated: iterated.join(''), snapshot: snapshot.join('') };
          expect({ name, json, ...result }).toEqual({
            name,
            json,
            found: ids,
            count: Array.from(ids).length,
            iterated: ids,
            snapshot: ids,
          });
        }
      }
    });

    test('are sorted by', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('values')]);
      await put(store, 'values', ...RECORDS);
      const sorted = async (...sort: NonNullable<Query['sort']>): Promise<string> => {
        const query: Query = { filter: { kind: 'true' }, states: ['PUBLIC', 'DRAFT'], sort };
        const chunks = await Array.fromAsync(store.iterate('values', query));
        expect(chunks.flat().map(({ id }) => id)).toEqual((await store.find('values', query)).map(({ id }) => id));
        return chunks
          .flat()
          .map(({ id }) => id)
          .join('');
      };
      expect(await sorted({ path: ['_id'], direction: -1 })).toBe('😀éba');
      expect(await sorted({ path: ['updatedAt'], direction: 1 })).toBe('😀éba');
      expect(await sorted({ path: ['v'], direction: -1 }, { path: ['createdAt'], direction: -1 })).toBe('😀béa');
      expect(await sorted({ path: ['__STATE__'], direction: 1 }, { path: ['_id'], direction: 1 })).toBe('😀abé');
    });
  });
}
