import { describe, expect, test } from 'vitest';
import { StoredRecord } from '../core/record.ts';
import { collection, on, put, record, remove, tombstone } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';

export function registerRecordTests(factory: StoreFactory): void {
  describe('records', () => {
    test('a record is read back with its text, state and metadata', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      const written = record('7', { id: 7n, name: 'Gazpacho' }, { state: 'DRAFT', meta: '{"offset":3}' });
      await put(store, 'dishes', written);
      const read = (await store.records('dishes', ['7'])).get('7');
      expect(read).toMatchObject({ id: '7', text: written.text, state: 'DRAFT', meta: '{"offset":3}', isTombstone: false });
      expect(read?.document).toEqual({ id: 7n, name: 'Gazpacho' });
    });

    test('ids without a record are left out, and an id asked for twice is given once', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes')]);
      await put(store, 'dishes', record('1', {}), record('2', {}));
      expect([...(await store.records('dishes', ['2', '9', '2'])).keys()]).toEqual(['2']);
      expect((await store.records('dishes', [])).size).toBe(0);
    });

    test('a tombstone is shown by records alone, and keeps its metadata', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      await put(store, 'dishes', record('1', { name: 'Soup' }), record('2', { name: 'Soup' }));
      await put(store, 'dishes', tombstone('1', '{"counter":"5"}'));
      const read = (await store.records('dishes', ['1'])).get('1');
      expect(read).toMatchObject({ text: null, meta: '{"counter":"5"}', isTombstone: true });
      const all = { filter: { kind: 'true' }, states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'] } as const;
      expect((await store.find('dishes', all)).map(({ id }) => id)).toEqual(['2']);
      expect(await store.count('dishes', all)).toBe(1);
      const chunks = await Array.fromAsync(store.iterate('dishes', all));
      expect(chunks.flat().map(({ id }) => id)).toEqual(['2']);
      const looked = await store.lookup('dishes', [['Soup']], { fields: ['name'], states: all.states });
      expect([...looked.values()].flat().map(({ id }) => id)).toEqual(['2']);
    });

    test('a tombstone can be written where nothing was, and a document over a tombstone', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      await put(store, 'dishes', tombstone('1'));
      expect((await store.records('dishes', ['1'])).get('1')?.isTombstone).toBe(true);
      await put(store, 'dishes', record('1', { name: 'Soup' }));
      expect((await store.lookup('dishes', [['Soup']], { fields: ['name'], states: ['PUBLIC'] })).size).toBe(1);
    });

    test('tombstones are gone through by id, page by page, apart from documents', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes'), collection('drinks')]);
      const ids = ['', '1', '10', 'B', 'a', 'é', '\uffff', '😀'];
      await put(
        store,
        'dishes',
        ...ids.map((id) => tombstone(id, `{"of":"${id}"}`)),
        record('2', {}),
        record('c', {}, { state: 'DELETED' }),
      );
      await put(store, 'drinks', tombstone('0'));
      await store.transact(async (writer) => {
        const pages: string[][] = [];
        for (let after: string | null = null; ;) {
          const page = await writer.tombstones('dishes', { after, limit: 3 });
          pages.push(page.map(({ id }) => id));
          for (const { id, meta, isTombstone } of page) expect([meta, isTombstone]).toEqual([`{"of":"${id}"}`, true]);
          if (page.length < 3) break;
          after = page.at(-1)?.id ?? null;
        }
        expect(pages).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
        const [first] = await writer.tombstones('dishes', { after: 'a', limit: 1 });
        expect(await writer.write('dishes', [{ id: 'é', previous: first ?? null, next: null }])).toEqual([]);
        await writer.write('dishes', [{ id: '0', previous: null, next: tombstone('0') }]);
        expect((await writer.tombstones('dishes', { after: null, limit: 100 })).map(({ id }) => id)).toEqual(
          ['', '0', ...ids.slice(1)].filter((id) => id !== 'é'),
        );
      });
    });

    test('a removed record leaves no trace, and can come again', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      await put(store, 'dishes', record('1', { name: 'Soup' }));
      await remove(store, 'dishes', '1', 'never there');
      expect((await store.records('dishes', ['1'])).size).toBe(0);
      expect((await store.lookup('dishes', [['Soup']], { fields: ['name'], states: ['PUBLIC'] })).size).toBe(0);
      await put(store, 'dishes', record('1', { name: 'Stew' }));
      expect((await store.records('dishes', ['1'])).get('1')?.document).toEqual({ name: 'Stew' });
    });

    test('state alone, metadata alone and text alone can change', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      const variants = [
        record('1', { name: 'Soup' }),
        record('1', { name: 'Soup' }, { state: 'DRAFT' }),
        record('1', { name: 'Soup' }, { state: 'DRAFT', meta: '{"a":1}' }),
        record('1', { name: 'Soup', price: 3 }, { state: 'DRAFT', meta: '{"a":1}' }),
      ];
      for (const variant of variants) {
        await put(store, 'dishes', variant, record('other', { name: 'Soup' }));
        const { text, state, meta } = variant;
        expect((await store.records('dishes', ['1'])).get('1')).toMatchObject({ text, state, meta });
      }
    });

    test('ids are told apart exactly', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes')]);
      const ids = [
        'a',
        'A',
        'a ',
        ' a',
        '',
        'é',
        'e\u0301',
        "x'y",
        'x"y',
        '%',
        'a_b',
        '1',
        '01',
        '1.0',
        'a\u0000',
        'a\u0000b',
        '😀',
        '\uffff',
      ];
      await put(store, 'dishes', ...ids.map((id) => record(id, { is: id })));
      const read = await store.records('dishes', ids);
      expect(new Map(Array.from(read, ([id, { document }]) => [id, document['is']]))).toEqual(new Map(ids.map((id) => [id, id])));
      await remove(store, 'dishes', 'a');
      expect((await store.records('dishes', ids)).size).toBe(ids.length - 1);
    });

    test('several writes of one unit of work build on one another', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')])]);
      const [first, second] = [record('1', { name: 'Soup' }), record('1', { name: 'Stew' })];
      await store.transact(async (writer) => {
        await writer.write('dishes', [{ id: '1', previous: null, next: first }]);
        await writer.write('dishes', [{ id: '1', previous: first, next: second }]);
        await writer.write('dishes', [{ id: '1', previous: second, next: null }]);
        await writer.write('dishes', [{ id: '1', previous: null, next: first }]);
      });
      expect((await store.records('dishes', ['1'])).get('1')?.text).toBe(first.text);
      expect((await store.lookup('dishes', [['Soup'], ['Stew']], { fields: ['name'], states: ['PUBLIC'] })).size).toBe(1);
    });

    test('two collections never mix', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('dishes', [on('name')]), collection('drinks', [on('name')])]);
      await put(store, 'dishes', record('1', { name: 'Soup' }));
      await put(store, 'drinks', record('1', { name: 'Milk' }));
      await remove(store, 'dishes', '1');
      expect((await store.records('drinks', ['1'])).get('1')?.document).toEqual({ name: 'Milk' });
      expect(await store.count('dishes', { filter: { kind: 'true' } })).toBe(0);
    });

    test('a write whose previous image is not the stored one is refused where units of work are not isolated', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(store.capabilities.transactions, 'a unit of work is the sole writer: what it read cannot have changed');
      await store.define([collection('dishes')]);
      await put(store, 'dishes', record('1', { name: 'Soup' }));
      const refused = await store.transact((writer) =>
        writer.write('dishes', [
          { id: '1', previous: record('1', { name: 'Stew' }), next: record('1', { name: 'Bread' }) },
          { id: '2', previous: record('2', {}), next: record('2', { name: 'Bread' }) },
          { id: '1', previous: null, next: record('1', { name: 'Bread' }) },
        ]),
      );
      expect(new Set(refused)).toEqual(new Set(['1', '2']));
      expect((await store.records('dishes', ['1', '2'])).get('1')?.document).toEqual({ name: 'Soup' });
    });

    test('the memory of what was deleted refuses who found nothing there, a document, or another memory', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(store.capabilities.transactions, 'a unit of work is the sole writer: what it read cannot have changed');
      await store.define([collection('dishes')]);
      await put(store, 'dishes', record('1', { name: 'Soup' }));
      const read = async (): Promise<StoredRecord | null> => (await store.records('dishes', ['1'])).get('1') ?? null;
      const write = (previous: StoredRecord | null, next: StoredRecord): Promise<readonly string[]> =>
        store.transact((writer) => writer.write('dishes', [{ id: '1', previous, next }]));
      const document = await read();
      expect(await write(document, tombstone('1'))).toEqual([]);
      const first = await read();
      const second = new StoredRecord('1', null, 'DELETED', '{"erased":true}');
      expect(await write(first, second)).toEqual([]);
      for (const previous of [null, document, first]) expect(await write(previous, record('1', { name: 'Bread' }))).toEqual(['1']);
      expect(await read()).toMatchObject({ isTombstone: true, meta: '{"erased":true}' });
      expect(await write(await read(), record('1', { name: 'Bread' }))).toEqual([]);
    });
  });
}
