import type { ProjectionMeta, ViewMeta } from '../../core/metadata.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import { Decimal128, ObjectId } from '../../core/value.ts';
import type { Document } from '../../core/value.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { StoreReader } from '../../store/store.ts';

const T0 = Date.UTC(2024, 0, 1);

/** Collections that the tests of database handles read. */
export const COLLECTIONS = new Map<string, 'projection' | 'view'>([
  ['pr_dishes', 'projection'],
  ['pr_orders', 'projection'],
  ['sv_menu', 'view'],
]);

const DISHES: readonly (readonly [id: number, name: string, price: number, state: State, more?: Document])[] = [
  [1, 'soup', 5, 'PUBLIC', { tags: ['warm', 'cheap'], cook: { name: 'Ada' } }],
  [2, 'fish', 20, 'PUBLIC', { tags: ['warm'], cook: { name: 'Bo' } }],
  [3, 'cake', 5, 'PUBLIC', { tags: [], cook: null }],
  [4, 'tea', 2, 'DRAFT'],
  [5, 'eel', 30, 'DELETED'],
];

const ORDERS: readonly (readonly [id: number, dish: number | null, count: bigint])[] = [
  [10, 1, 1n],
  [11, 1, 2n],
  [12, 2, 9007199254740993n],
  [13, null, 4n],
  [14, 99, 5n],
];

/** A small store of dishes, orders, and a view. */
export async function foodStore(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.define([
    { name: 'pr_dishes', kind: 'projection', key: ['id'], indexes: [] },
    { name: 'pr_orders', kind: 'projection', key: ['id'], indexes: [] },
    { name: 'sv_menu', kind: 'view', key: ['id'], indexes: [] },
  ]);
  const dishes = DISHES.map(([id, name, price, state, more = {}]) => projected(id, { id, name, price, ...more }, state));
  const orders = ORDERS.map(([id, dish, count]) => projected(id, { id, dish, count, price: Decimal128.fromString(`${id}.50`) }, 'PUBLIC'));
  const viewMeta: ViewMeta = { identifier: '{"id":1}', createdAt: T0, updatedAt: T0 + 1 };
  const view = new StoredRecord('1', encode({ id: 1, ref: new ObjectId('65f0c0ffee65f0c0ffee65f0') }), 'PUBLIC', JSON.stringify(viewMeta));
  const gone = new StoredRecord('6', null, 'DELETED', JSON.stringify(meta(6)));
  await store.transact(async (writer) => {
    for (const [name, records] of [
      ['pr_dishes', [...dishes, gone]],
      ['pr_orders', orders],
      ['sv_menu', [view]],
    ] as const)
      await writer.write(
        name,
        records.map((next) => ({ id: next.id, previous: null, next })),
      );
  });
  return store;
}

function projected(id: number, document: Document, state: State): StoredRecord {
  return new StoredRecord(String(id), encode(document), state, JSON.stringify(meta(id)));
}

function meta(id: number): ProjectionMeta {
  return {
    counterType: 'timestamp',
    counter: String(T0 + id),
    topic: 'food',
    partition: 0,
    offset: id,
    part: 0,
    timestamp: T0 + id,
    recordKey: `{"id":${id}}`,
    createdAt: T0,
    updatedAt: T0 + id,
  };
}

/** For processes that open a reader of their own. */
export async function openReader(argument: { readonly log: string }): Promise<StoreReader> {
  if (argument.log !== 'food') throw new Error('Not the argument that was given');
  return foodStore();
}
