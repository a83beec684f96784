import * as fc from 'fast-check';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { expect, test } from 'vitest';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { anyDocument } from '../../core/arbitrary-values.test-support.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import type { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import { orderTexts } from '../../core/value-order.ts';
import { ObjectId, isObjectId } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { collection, found, on, onElements, put, record, remove, tombstone } from '../store-conformance-support.ts';
import type { Store } from '../store.ts';
import { dropDatabase, openTestStore, testSettings } from './mongo.test-support.ts';
import { openMongoReader } from './open-reader.ts';
import { openMongoStore } from './mongo-store.ts';
import type { MongoSettings } from './mongo-settings.ts';

const ALL = { filter: { kind: 'true' } } as const;

describeWith(['mongo'], 'a store in MongoDB', ({ mongo: url }) => {
  /** A store, and the same database as other programs see it. */
  async function opened(settings: Partial<MongoSettings> = {}) {
    const database = settings.database ?? uniqueName('store');
    const under = await openTestStore({ url, database, ...settings });
    const client = new MongoClient(url);
    const db: Db = client.db(database);
    return {
      ...under,
      database,
      db,
      [Symbol.asyncDispose]: async () => {
        await client.close();
        await under[Symbol.asyncDispose]();
      },
    };
  }

  test('of twenty writers of one new key each has its turn, whatever process it is in', async () => {
    await using one = await opened();
    await using other = await openMongoStore(testSettings({ url, database: one.database }));
    await one.store.define([collection('counters')]);
    const add = async (store: Store): Promise<void> => {
      const [refused] = await store.transact(async (writer) => {
        const previous = (await writer.records('counters', ['c'])).get('c') ?? null;
        const n = Number(previous?.document['n'] ?? 0) + 1;
        return writer.write('counters', [{ id: 'c', previous, next: record('c', { n }, { meta: `{"n":${n}}` }) }]);
      });
      if (refused !== undefined) await add(store);
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(i % 2 === 0 ? one.store : other)));
    expect((await other.records('counters', ['c'])).get('c')).toMatchObject({ document: { n: 20 }, meta: '{"n":20}' });
  });

  test('what one process removed is not written again by another that read it before', async () => {
    await using one = await opened();
    await using other = await openMongoStore(testSettings({ url, database: one.database }));
    await one.store.define([collection('people')]);
    await put(one.store, 'people', record('1', { name: 'Ann' }), record('2', { name: 'Bob' }));
    const previous = (await other.records('people', ['1'])).get('1') as StoredRecord;
    await remove(one.store, 'people', '1');
    const next = record('1', { name: 'Ann of old' });
    expect(await other.transact((writer) => writer.write('people', [{ id: '1', previous, next }]))).toEqual(['1']);
    expect((await one.store.find('people', ALL)).map(({ id }) => id)).toEqual(['2']);
  });

  test('two processes that define, fill the queue and take a lease do not get in each other’s way', async () => {
    await using one = await opened();
    await using other = await openMongoStore(testSettings({ url, database: one.database }));
    const definitions = [collection('a', [on('x')]), collection('b', [on('x', 'y')])];
    await Promise.all([one.store.define(definitions), other.define(definitions)]);
    const put = (store: Store, payload: string): Promise<void> =>
      store.transact((writer) =>
        writer.enqueue(
          Array.from({ length: 50 }, (_, i) => ({
            kind: 'trigger',
            scope: 'v',
            key: `k${i}`,
            lane: 'bulk',
            dueAt: 1,
            attempts: 0,
            payload,
          })),
        ),
      );
    await Promise.all([put(one.store, 'one'), put(other, 'other')]);
    const taken = await other.take({ kinds: ['trigger'], now: 5, limit: 100 });
    expect([taken.length, new Set(taken.map(({ seq }) => seq)).size]).toEqual([50, 50]);
    const leases = await Promise.all([one.store.lease('queue', 'one', 60_000), other.lease('queue', 'other', 60_000)]);
    expect(leases.filter(Boolean)).toHaveLength(1);
  });

  test('documents are stored as everybody knows them, with their metadata beside their fields', async () => {
    await using context = await opened();
    const { store, db } = context;
    await store.define([collection('orders'), { ...collection('views'), kind: 'view' }]);
    const place = { counterType: 'position', counter: '7', topic: 't', partition: 1, offset: 7, part: 0, timestamp: 30 };
    await put(
      store,
      'orders',
      record('a', { total: 5 }, { meta: JSON.stringify({ ...place, recordKey: 'k', createdAt: 10, updatedAt: 20 }) }),
    );
    await put(store, 'views', record('v', { name: 'Ann' }, { meta: JSON.stringify({ identifier: '{}', createdAt: 10, updatedAt: 20 }) }));
    const { __millrace: ours, ...shown } = (await db.collection('orders').findOne({})) as Document;
    expect(Object.keys(ours as object).sort()).toEqual(['meta', 'rev']);
    expect(shown).toEqual({
      _id: 'a',
      total: 5,
      __STATE__: 'PUBLIC',
      createdAt: new Date(10),
      updatedAt: new Date(20),
      timestamp: new Date(30),
      __internal__kafkaInfo: { topic: 't', partition: 1, offset: '7', key: 'k', timestamp: new Date(30) },
      __internal__counter: 7,
      __internal__counterType: 'position',
    });
    expect(await db.collection('views').findOne({}, { projection: { __millrace: 0 } })).toEqual({
      _id: 'v',
      name: 'Ann',
      __STATE__: 'PUBLIC',
      createdAt: new Date(10),
      updatedAt: new Date(20),
    });
  });

  test('an update of metadata alone leaves nothing of the old ones', async () => {
    await using context = await opened();
    const { store, db } = context;
    await store.define([{ ...collection('views'), kind: 'view' }]);
    const meta = { identifier: '{}', createdAt: 10, updatedAt: 20 };
    const info = { topic: 't', partition: 0, offset: 5, timestamp: 9 };
    await put(store, 'views', record('v', { name: 'Ann' }, { meta: JSON.stringify({ ...meta, ...info }) }));
    for (const next of [
      { ...meta, ...info, offset: 6 },
      { ...meta, updatedAt: 21 },
    ]) {
      await put(store, 'views', record('v', { name: 'Ann' }, { meta: JSON.stringify(next) }));
      const stored = (await db.collection('views').findOne({})) as Document;
      expect((stored['__internal__kafkaInfo'] as Document | undefined)?.['offset']).toBe('offset' in next ? 6 : undefined);
      expect((await store.records('views', ['v'])).get('v')).toMatchObject({ meta: JSON.stringify(next), document: { name: 'Ann' } });
    }
  });

  test.each<[string, Document]>([
    ['fields that have the names of ours', { a: 1, createdAt: 'mine', _id: 7, timestamp: null, __STATE__: 'x', __millrace: { rev: 1 } }],
    ['fields at the top that begin with a dollar', { $set: { a: 1 }, a: 1, $: 3 }],
    ['objects that look like references', { a: 1, of: { $ref: 'x', $id: 5, more: 1 }, list: [{ $id: 1, $ref: 'y' }] }],
    ['names with a zero', { a: 1, 'b\0c': 2, inner: { 'd\0': 1 } }],
    ['names with dots and none', { 'a.b': 1, '': 2, b: { 'b.c': 3, '': { '.': 4 } }, a: 1 }],
    ['objects deeper than the database goes', { a: 1, deep: Array.from({ length: 250 }).reduce<Value>((inner) => ({ inner }), 1) }],
  ])('exactly as it was: %s', async (_, document) => {
    await using context = await opened();
    const { store } = context;
    await store.define([collection('odd', [on('a')])]);
    await put(store, 'odd', record('1', document), record('2', { a: 9 }));
    const text = encode(document);
    const first = (await store.records('odd', ['1'])).get('1');
    expect(first?.text).toBe(text);
    await put(store, 'odd', record('1', { ...document, more: 1 }), record('3', {}));
    await put(store, 'odd', record('1', document));
    await store.transact((writer) => writer.insertNew('odd', [{ id: '4', text, meta: '{}', indexed: '{}' }]));
    for (const id of ['1', '4']) expect((await store.records('odd', [id])).get(id)?.text).toBe(text);
    const ones = await found(store, 'odd', ['a'], [document['a'] ?? null]);
    expect(ones).toEqual(document['a'] === 1 ? ['1', '4'] : []);
  });

  test('any document is exactly as it was', async () => {
    await using context = await opened();
    const { store } = context;
    await store.define([collection('any')]);
    let round = 0;
    const property = fc.asyncProperty(fc.array(anyDocument, { minLength: 1, maxLength: 20 }), async (documents) => {
      round++;
      const records = documents.map((document, i) => record(`${round}-${i}`, document));
      await put(store, 'any', ...records);
      await put(store, 'any', ...records.map(({ id }) => record(id, {})));
      await put(store, 'any', ...records);
      const read = await store.records(
        'any',
        records.map(({ id }) => id),
      );
      expect(records.map(({ id }) => read.get(id)?.text)).toEqual(records.map(({ text }) => text));
    });
    await fc.assert(property, propertyOptions(30));
  });

  test('what is asked for is never taken for an operator', async () => {
    await using context = await opened();
    const { store } = context;
    await store.define([collection('people', [on('name'), on('name', 'city'), on('$where')])]);
    await put(store, 'people', record('1', { name: 'Ann', city: 'Rome' }), record('2', { name: { $gt: '' }, city: 'Oslo' }));
    const attacks: Value[] = [{ $gt: '' }, { $ne: null }, { $where: 'true' }, { $regex: '.*' }, [{ $gt: '' }], { $in: ['Ann'] }];
    for (const attack of attacks) {
      const expected = encode(attack) === encode({ $gt: '' }) ? ['2'] : [];
      expect(await found(store, 'people', ['name'], [attack])).toEqual(expected);
      const pair = await store.lookup('people', [[attack, 'Rome'], ['Ann', attack]], { fields: ['name', 'city'], states: ['PUBLIC'] }); // prettier-ignore
      expect(pair.size).toBe(0);
      const several = await store.lookup('people', [[attack], ['Ann']], { fields: ['name'], states: ['PUBLIC'] });
      expect(several.get(orderTexts(['Ann']))?.length).toBe(1);
      for (const operator of ['$eq', '$gt', '$lte'] as const) {
        const filter = { kind: 'compare', path: ['name'], operator, value: attack } as const;
        const ids = (await store.find('people', { filter })).map(({ id }) => id);
        expect(ids).not.toContain('1');
      }
      const inAny = { kind: 'in', path: ['name'], values: [attack, 'Bob'] } as const;
      expect((await store.find('people', { filter: inAny })).map(({ id }) => id)).toEqual(expected);
    }
    for (const path of [['$where'], ['__millrace', 'rev'], ['name', '$gt'], ['__millrace'], ['a\0b'], ['']]) {
      const filter = { kind: 'exists', path, exists: true } as const;
      expect(await store.count('people', { filter })).toBe(path[1] === '$gt' ? 1 : 0);
    }
    expect((await store.records('people', ['{"$gt":""}'])).size).toBe(0);
  });

  test('a document of 15 MB is kept, a larger one is refused without naming it', async () => {
    await using context = await opened();
    const { store } = context;
    await store.define([collection('large')]);
    const of = (megabytes: number): Document => ({ text: 'x'.repeat(megabytes * 1_000_000) });
    await put(store, 'large', record('private person', of(15)));
    expect((await store.records('large', ['private person'])).get('private person')?.document).toEqual(of(15));
    const writes = [record('small', { a: 1 }), record('private person', of(17))];
    const refused = await put(store, 'large', ...writes).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'DOCUMENT_TOO_LARGE',
      message: expect.stringMatching(/of 170\d{5} bytes .* at most 16777216/) as unknown,
    });
    expect(String(refused)).not.toContain('private');
    const put17 = store.transact((writer) => writer.insertNew('large', [{ id: 'x', text: encode(of(17)), meta: '{}', indexed: '{}' }]));
    await expect(put17).rejects.toMatchObject({ code: 'DOCUMENT_TOO_LARGE' });
  });

  test('documents with arrays in several fields of one index are kept and found', async () => {
    await using context = await opened();
    const { store } = context;
    const wanted = [collection('posts', [on('tags', 'years'), on('tags'), onElements('a', 'b')])];
    await store.define(wanted);
    await put(store, 'posts', record('1', { tags: 'x', years: 1 }));
    await put(store, 'posts', record('2', { tags: ['x', 'y'], years: [1, 2] }), record('3', { a: [1], b: [2, 3] }));
    await store.define(wanted);
    expect(await found(store, 'posts', ['tags', 'years'], ['x', 1])).toEqual(['1', '2']);
    expect(await found(store, 'posts', ['tags', 'years'], ['y', 2])).toEqual(['2']);
    expect(await found(store, 'posts', ['a', 'b'], [1, 3])).toEqual(['3']);
    await put(store, 'posts', record('2', { tags: ['z'], years: [1, 2] }));
    expect(await found(store, 'posts', ['tags', 'years'], ['z', 2])).toEqual(['2']);
  });

  test('documents that other programs wrote are read, and replaced', async () => {
    await using context = await opened();
    const { store, db } = context;
    await store.define([collection('orders', [on('customer')])]);
    const _id = new ObjectId();
    const info = { topic: 't', partition: 1, offset: '12', key: 'k', timestamp: new Date(5) };
    await db.collection('orders').insertOne({ _id, customer: 7, __STATE__: 'PUBLIC', createdAt: new Date(3), __internal__kafkaInfo: info, __internal__counter: 9, pattern: /a/u }); // prettier-ignore
    await db.collection('shops').insertMany([{ city: 'Rome', at: new Date(1) }, { city: 'Oslo', __STATE__: 'DRAFT' }]); // prettier-ignore
    const [order] = await store.find('orders', { filter: parseFilter({ customer: 7 }) });
    expect(order).toMatchObject({ id: _id.toHexString(), document: { customer: 7, pattern: 'a' } });
    expect(JSON.parse(order?.meta ?? '')).toMatchObject({ counter: '9', topic: 't', offset: 12, createdAt: 3, recordKey: 'k' });
    expect((await store.find('orders', { filter: parseFilter({ createdAt: { $exists: true } }) })).length).toBe(1);
    expect(await found(store, 'orders', ['customer'], [7])).toEqual([_id.toHexString()]);
    const [shop, ...others] = await store.find('shops', { filter: parseFilter({ city: { $regex: '^R' } }) });
    expect([shop?.document['city'], isObjectId(shop?.document['_id']), others]).toEqual(['Rome', true, []]);
    expect(await store.collections()).toEqual(['orders']);
    await expect(store.find('__millrace_facts', ALL)).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION' });
  });

  test('documents of the original services keep their ids where those are MongoDB’s own', async () => {
    await using context = await opened({ ids: 'objectId' });
    const { store, db } = context;
    const _id = new ObjectId();
    await db.collection<Document>('orders').insertMany([{ _id, number: 7, line: 2, v: 1, __STATE__: 'PUBLIC' }, { v: 0, __STATE__: 'PUBLIC' }]); // prettier-ignore
    const wanted = [collection('orders', [], ['number', 'line'])];
    for (let i = 0; i < 2; i++) await store.define(wanted);
    const read = (await store.records('orders', ['line=2&number=7'])).get('line=2&number=7');
    expect(read).toMatchObject({ id: 'line=2&number=7', document: { number: 7, line: 2, v: 1 } });
    await put(store, 'orders', record('line=2&number=7', { number: 7, line: 2, v: 2 }), record('new', { v: 3 }));
    expect(await db.collection('orders').findOne({ v: 2 })).toMatchObject({ _id, number: 7, __millrace: { id: 'line=2&number=7' } });
    const added = await db.collection('orders').findOne({ v: 3 });
    expect(isObjectId(added?._id)).toBe(true);
  });

  test('deleted keys expire by the database, after the time that is configured last', async () => {
    await using context = await opened({ deletedKeysMs: 60_000 });
    const { store, db, database } = context;
    await store.define([collection('people')]);
    await put(store, 'people', tombstone('1'), record('2', {}));
    const expiry = async (): Promise<unknown> => {
      const indexes = await db.collection('people').indexes();
      return indexes.find(({ name }) => name === 'preserve_millrace_expiry')?.['expireAfterSeconds'];
    };
    expect(await expiry()).toBe(60);
    expect(await db.collection('people').countDocuments({ '__millrace.deletedAt': { $type: 'date' } })).toBe(1);
    for (const [deletedKeysMs, seconds] of [
      [120_000, 120],
      [null, undefined],
    ] as const) {
      await using again = await openMongoStore(testSettings({ url, database, deletedKeysMs }));
      await again.define([collection('people')]);
      expect(await expiry()).toBe(seconds);
    }
    await using reader = await openMongoReader(testSettings({ url, database }));
    expect(await reader.countDeletedKeys('people')).toBe(1);
  });

  test('only indexes that are ours are dropped', async () => {
    await using context = await opened();
    const { store, db } = context;
    await store.define([collection('people', [on('name'), on('city')])]);
    await db.collection('people').createIndex({ born: 1 }, { name: 'preserve_born' });
    await db.collection('people').createIndex({ age: 1 });
    await store.define([collection('people', [on('city')])]);
    const names = (await db.collection('people').indexes()).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['_id_', 'age_1', 'preserve_born', 'preserve_city', 'preserve_millrace_deleted']));
  });

  test('look-ups and filters go along their indexes', async () => {
    await using context = await opened();
    const { store, db } = context;
    await store.define([collection('people', [on('city'), on('city', 'name')])]);
    await put(store, 'people', ...Array.from({ length: 300 }, (_, i) => record(`p${i}`, { city: i % 30, name: i })));
    await db.command({ profile: 2 });
    await store.lookup('people', [[1], [2]], { fields: ['city'], states: ['PUBLIC'] });
    await store.lookup('people', [[1, 1], [1, 31], [2, 2]], { fields: ['city', 'name'], states: ['PUBLIC'] }); // prettier-ignore
    await store.find('people', { filter: parseFilter({ city: 3, name: { $gt: 4 } }) });
    await store.find('people', { filter: ALL.filter, limit: 10 });
    await store.records('people', ['p1', 'p2']);
    await db.command({ profile: 0 });
    const examined = await db.collection('system.profile').find({ ns: /people$/u }).sort({ ts: 1 }).toArray(); // prettier-ignore
    expect(examined.map((each) => each['docsExamined'] as number)).toEqual([20, 3, 9, 10, 2]);
  });

  test('a query that takes too long is stopped', async () => {
    await using context = await opened();
    await using hasty = await openMongoStore(testSettings({ url, database: context.database, maxQueryMs: 1 }));
    await hasty.define([collection('many')]);
    const documents = Array.from({ length: 30_000 }, (_, i) => ({ id: `m${i}`, text: `{"i":${i}}`, meta: '{}', indexed: '{}' }));
    await hasty.transact((writer) => writer.insertNew('many', documents));
    const slow = { filter: parseFilter({ $nor: [{ i: 5 }, { x: 1 }] }), sort: [{ path: ['i'], direction: -1 as const }] };
    await expect(hasty.find('many', slow)).rejects.toMatchObject({ code: 'QUERY_TOO_SLOW' });
  });

  test('a database that cannot be reached is told within some seconds, without its password', async () => {
    for (const address of [
      'mongodb://ann:secret-word@127.0.0.1:9/',
      'mongodb://ann:secret-word@nowhere.invalid/',
      'no address secret-word',
    ]) {
      const failed: unknown = await openMongoStore(testSettings({ url: address, database: 'x' })).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'STORE_UNREACHABLE' });
      expect(String(failed) + String((failed as Error).cause)).not.toContain('secret-word');
    }
  });

  test('names that the database has no room for are refused', async () => {
    await using context = await opened();
    for (const name of ['__millrace_facts', 'system.users', 'a$b', 'a\0b', ''])
      await expect(context.store.define([collection(name)])).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await dropDatabase({ url, database: context.database });
  });
});
