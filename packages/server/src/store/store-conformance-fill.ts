import { expect, test } from 'vitest';
import { encode } from '../core/tagged-json.ts';
import type { Document } from '../core/value.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import { collection, found, on, onElements, put, record, remove, tombstone } from './store-conformance-support.ts';
import type { NewDocument, Store } from './store.ts';

const ORDERS = collection('orders', [on('customer'), on('shop', 'day'), onElements('tags')]);

function fresh(id: string, document: Document): NewDocument {
  const { customer, shop, day, tags } = document;
  return { id, text: encode(document), meta: '{"loaded":true}', indexed: encode({ customer, shop, day, tags }) };
}

function order(customer: number): Document {
  return { customer, shop: 'north', day: new Date(customer), tags: [customer, 'all'], note: 'ring twice' };
}

async function insert(store: Store, ...documents: readonly NewDocument[]): Promise<readonly number[]> {
  return store.transact((writer) => writer.insertNew('orders', documents));
}

/** Filling a collection without a look at what is stored. */
export function registerFillTests(factory: StoreFactory): void {
  test('new documents are put as they are, and all indexes find them', async () => {
    await using under = await factory();
    const { store } = under;
    await store.define([ORDERS]);
    expect(await insert(store, fresh('a', order(1)), fresh('b', order(2)))).toEqual([]);
    const records = await store.records('orders', ['a', 'b']);
    expect(records.get('a')).toMatchObject({ id: 'a', text: encode(order(1)), state: 'PUBLIC', meta: '{"loaded":true}' });
    expect(await found(store, 'orders', ['customer'], [2])).toEqual(['b']);
    expect(await found(store, 'orders', ['shop', 'day'], ['north', new Date(1)])).toEqual(['a']);
    expect(await found(store, 'orders', ['tags'], ['all'])).toEqual(['a', 'b']);
  });

  test('what is there already, be it a tombstone or put just before, stays and is told', async () => {
    await using under = await factory();
    const { store } = under;
    await store.define([ORDERS]);
    await put(store, 'orders', record('a', { customer: 9 }), tombstone('b'), record('c', { customer: 8 }, { state: 'DELETED' }));
    const documents = ['a', 'b', 'c', 'd', 'd', 'e'].map((id) => fresh(id, order(1)));
    expect(await insert(store, ...documents)).toEqual([0, 1, 2, 4]);
    expect(await found(store, 'orders', ['customer'], [1])).toEqual(['d', 'e']);
    expect(await found(store, 'orders', ['customer'], [9])).toEqual(['a']);
    expect((await store.records('orders', ['b'])).get('b')?.isTombstone).toBe(true);
  });

  test('a unit of work that fails leaves nothing of what was put', async ({ skip }) => {
    await using under = await factory();
    const { store } = under;
    skip(!store.capabilities.transactions, 'each call is done by itself');
    await store.define([ORDERS]);
    const failing = store.transact(async (writer) => {
      await writer.deferIndexes('orders');
      await writer.insertNew('orders', [fresh('a', order(1))]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await store.count('orders', { filter: { kind: 'true' } })).toBe(0);
    expect(await insert(store, fresh('a', order(1)))).toEqual([]);
  });

  test('while indexes are deferred, and after they were built, look-ups and changes are right', async () => {
    await using under = await factory();
    const { store } = under;
    await store.define([ORDERS]);
    await store.transact((writer) => writer.deferIndexes('orders'));
    await insert(store, fresh('a', order(1)), fresh('b', order(2)), fresh('c', order(2)));
    await put(store, 'orders', record('b', order(3)), record('d', order(2)));
    await remove(store, 'orders', 'a');
    const check = async (of: Store): Promise<void> => {
      expect(await found(of, 'orders', ['customer'], [1])).toEqual([]);
      expect(await found(of, 'orders', ['customer'], [2])).toEqual(['c', 'd']);
      expect(await found(of, 'orders', ['customer'], [3])).toEqual(['b']);
      expect(await found(of, 'orders', ['tags'], [2])).toEqual(['c', 'd']);
    };
    await check(store);
    while (await store.transact((writer) => writer.buildIndex('orders')));
    await check(store);
    expect(await store.transact((writer) => writer.buildIndex('orders'))).toBe(false);
  });

  test('deferred indexes stay so over a restart, may be removed from the definition, and be built after', async () => {
    await using under = await factory();
    await under.store.define([ORDERS]);
    await under.store.transact(async (writer) => {
      await writer.deferIndexes('orders');
      await writer.deferIndexes('orders');
      await writer.insertNew('orders', [fresh('a', order(1)), fresh('b', order(2))]);
    });
    const store = (await under.reopen?.()) ?? under.store;
    await store.define([collection('orders', [on('customer'), on('note')])]);
    expect(await found(store, 'orders', ['note'], ['ring twice'])).toEqual(['a', 'b']);
    while (await store.transact((writer) => writer.buildIndex('orders')));
    expect(await found(store, 'orders', ['customer'], [2])).toEqual(['b']);
  });
}
