import { describe, expect, test } from 'vitest';
import type { Value } from '../../core/value.ts';
import { Decimal128, ObjectId } from '../../core/value.ts';
import { COLLECTIONS, foodStore } from './food-store.test-support.ts';
import { UserFiles } from './user-files.test-support.ts';
import type { WorkerUserCodeOptions } from './worker-user-code.ts';

const WAYS: Readonly<Record<string, () => Promise<Partial<WorkerUserCodeOptions>>>> = {
  'its own reader': async () => ({
    readerModule: { url: new URL('./food-store.test-support.ts', import.meta.url).href, argument: { log: 'food' } },
  }),
  "the engine's reader": async () => ({ reader: await foodStore() }),
};

/** Runs the bodies of `(logger, db) => …` functions, each to its value or its error. */
async function run(bodies: readonly string[], options: Partial<WorkerUserCodeOptions>): Promise<(Value | { error: string })[]> {
  const files = Object.fromEntries(bodies.map((body, i) => [`f${i}.js`, `module.exports = async (logger, db) => { ${body} };`]));
  await using user = new UserFiles(files, { collections: COLLECTIONS, ...options });
  const given: (Value | { error: string })[] = [];
  for (const name of Object.keys(files)) {
    const [result] = await user.call('operand', name, [[]], { deadlineMs: 20_000 });
    given.push(result?.ok === true ? result.value : { error: result?.message ?? 'no result' });
  }
  return given;
}

const dishes = `const dishes = db.collection('pr_dishes');`;
const ids = `.then((all) => all.map((one) => one.id));`;

const READS: readonly (readonly [body: string, value: Value])[] = [
  [`${dishes} return (await dishes.findOne({ id: 2 })).name;`, 'fish'],
  [`${dishes} return dishes.findOne({ id: 77 });`, null],
  [`${dishes} return dishes.findOne({ _id: '2' }, { projection: { name: 1, _id: 0 } });`, { name: 'fish' }],
  [`${dishes} return dishes.find().toArray()${ids}`, [1, 2, 3, 4, 5]],
  [`${dishes} return dishes.find({ __STATE__: 'PUBLIC' }).toArray()${ids}`, [1, 2, 3]],
  [`${dishes} return dishes.find({ __STATE__: { $in: ['DRAFT', 'DELETED'] } }).toArray()${ids}`, [4, 5]],
  [`${dishes} return dishes.find({ $or: [{ __STATE__: 'DRAFT' }, { name: 'soup' }] }).toArray()${ids}`, [1, 4]],
  [`${dishes} return dishes.find({ _id: { $in: ['3', '1', '6', '5'] }, __STATE__: { $ne: 'DELETED' } }).toArray()${ids}`, [1, 3]],
  [`${dishes} return dishes.find({ _id: { $gt: '3' } }).toArray()${ids}`, [4, 5]],
  [`${dishes} return dishes.find({ updatedAt: { $gte: new Date(Date.UTC(2024, 0, 1) + 3) } }).limit(2).toArray()${ids}`, [3, 4]],
  [`${dishes} return dishes.find({ price: { $lte: 5 } }, { sort: { price: -1, name: 1 } }).toArray()${ids}`, [3, 1, 4]],
  [`${dishes} return dishes.find().sort([['price', 'desc']]).skip(1).limit(2).toArray()${ids}`, [2, 1]],
  [`${dishes} return dishes.find().sort('_id', -1).limit(1).toArray()${ids}`, [5]],
  [`${dishes} return dishes.find().sort({ updatedAt: -1 }).skip(1).limit(2).toArray()${ids}`, [4, 3]],
  [`${dishes} return dishes.find({ name: /^(s|F)/i }).project({ name: 1, _id: 0 }).toArray();`, [{ name: 'soup' }, { name: 'fish' }]],
  [`${dishes} return dishes.find({ tags: 'warm', 'cook.name': { $not: /^B/ } }).map((one) => one.name).toArray();`, ['soup']],
  [`${dishes} return dishes.find({ name: undefined }).toArray()${ids}`, []],
  [`${dishes} const all = []; for await (const one of dishes.find({ price: 5 })) all.push(one.id); return all;`, [1, 3]],
  [`${dishes} const all = []; await dishes.find().forEach((one) => { all.push(one.id); return all.length < 2; }); return all;`, [1, 2]],
  [
    `${dishes} const c = dishes.find({ price: 5 }); const all = []; while (await c.hasNext()) all.push((await c.next()).id); return [all, await c.next()];`,
    [[1, 3], null],
  ],
  [
    `${dishes} return [await dishes.countDocuments({ price: 5 }), await dishes.countDocuments({ __STATE__: 'DRAFT' }), await dishes.countDocuments({ timestamp: null }), await dishes.countDocuments({ _id: '1' }), await dishes.estimatedDocumentCount(), await dishes.find({ price: 5 }).limit(1).count()];`,
    [2, 1, 0, 1, 5, 2],
  ],
  [
    `${dishes} return [await dishes.distinct('price'), await dishes.distinct('tags', { price: 5 })];`,
    [
      [5, 20, 2, 30],
      ['warm', 'cheap'],
    ],
  ],
  [`return (await db.client.db('any').collection('pr_orders').findOne({ id: 12 })).count;`, 9007199254740993n],
  [
    `const { ObjectId, Long } = require('mongodb'); return db.collection('sv_menu').countDocuments({ ref: new ObjectId('65f0c0ffee65f0c0ffee65f0'), id: Long.fromNumber(1) });`,
    1,
  ],
  [`return db.collection('pr_orders').find({ price: { $gt: 11 } }).toArray()${ids}`, [11, 12, 13, 14]],
];

const AGGREGATIONS: readonly (readonly [body: string, value: Value])[] = [
  [
    `${dishes} return dishes.aggregate([{ $match: { price: 5 } }, { $sort: { name: 1 } }, { $project: { _id: 0, name: 1 } }]).toArray();`,
    [{ name: 'cake' }, { name: 'soup' }],
  ],
  [
    `${dishes} return dishes.aggregate([{ $match: { __STATE__: 'PUBLIC' } }, { $group: { _id: '$price', names: { $push: '$name' }, n: { $sum: 1 }, first: { $min: '$name' } } }, { $sort: { _id: 1 } }]).toArray();`,
    [
      { _id: 5, names: ['soup', 'cake'], n: 2, first: 'cake' },
      { _id: 20, names: ['fish'], n: 1, first: 'fish' },
    ],
  ],
  [
    `${dishes} return dishes.aggregate([{ $unwind: '$tags' }, { $sortByCount: '$tags' }]).toArray();`,
    [
      { _id: 'warm', count: 2 },
      { _id: 'cheap', count: 1 },
    ],
  ],
  [
    `${dishes} return dishes.aggregate([{ $match: { id: { $lt: 3 } } }, { $addFields: { twice: { $multiply: ['$price', 2] }, big: { $gt: ['$price', 10] } } }, { $project: { _id: 0, twice: 1, big: 1, cook: '$cook.name' } }]).toArray();`,
    [
      { twice: 10, big: false, cook: 'Ada' },
      { twice: 40, big: true, cook: 'Bo' },
    ],
  ],
  [
    `${dishes} return dishes.aggregate([{ $match: { $expr: { $gt: ['$price', { $add: ['$id', 5] }] } } }, { $count: 'n' }]).toArray();`,
    [{ n: 2 }],
  ],
  [
    `${dishes} return dishes.aggregate([{ $sort: { price: -1 } }, { $skip: 1 }, { $limit: 1 }, { $replaceRoot: { newRoot: { only: '$name' } } }]).next();`,
    { only: 'fish' },
  ],
  [
    `${dishes} return dishes.aggregate([{ $facet: { cheap: [{ $match: { price: { $lt: 5 } } }, { $count: 'n' }], all: [{ $count: 'n' }] } }]).toArray();`,
    [{ cheap: [{ n: 1 }], all: [{ n: 5 }] }],
  ],
  [
    `${dishes} return dishes.aggregate([{ $limit: 1 }, { $unionWith: { coll: 'sv_menu', pipeline: [{ $match: { id: 1 } }] } }, { $project: { _id: 0, id: 1 } }]).toArray();`,
    [{ id: 1 }, { id: 1 }],
  ],
  [
    `${dishes} return dishes.aggregate([{ $match: { id: { $lte: 3 } } }, { $lookup: { from: 'pr_orders', localField: 'id', foreignField: 'dish', as: 'orders' } }, { $project: { _id: 0, id: 1, orders: '$orders.id' } }]).toArray();`,
    [
      { id: 1, orders: [10, 11] },
      { id: 2, orders: [12] },
      { id: 3, orders: [] },
    ],
  ],
  [
    `return db.collection('pr_orders').aggregate([{ $lookup: { from: 'pr_dishes', localField: 'dish', foreignField: 'id', pipeline: [{ $match: { __STATE__: 'PUBLIC' } }, { $project: { _id: 0, name: 1 } }], as: 'dish' } }, { $unwind: { path: '$dish', preserveNullAndEmptyArrays: true } }, { $project: { _id: 0, id: 1, name: '$dish.name' } }]).toArray();`,
    [{ id: 10, name: 'soup' }, { id: 11, name: 'soup' }, { id: 12, name: 'fish' }, { id: 13 }, { id: 14 }],
  ],
  [
    `${dishes} return dishes.aggregate([{ $match: { id: { $lte: 2 } } }, { $lookup: { from: 'pr_orders', let: { dish: '$id', least: '$price' }, pipeline: [{ $match: { $expr: { $and: [{ $eq: ['$dish', '$$dish'] }, { $gt: ['$id', { $add: ['$$least', 5] }] }] } } }, { $project: { _id: 0, id: 1 } }], as: 'orders' } }, { $project: { _id: 0, id: 1, orders: 1 } }]).toArray();`,
    [
      { id: 1, orders: [{ id: 11 }] },
      { id: 2, orders: [] },
    ],
  ],
  [
    `return db.collection('pr_orders').aggregate([{ $match: { id: { $lt: 12 } } }, { $group: { _id: null, n: { $sum: '$count' }, most: { $max: '$price' } } }]).toArray();`,
    [{ _id: null, n: 3, most: Decimal128.fromString('11.50') }],
  ],
];

const ERRORS: readonly (readonly [body: string, message: string])[] = [
  [
    `return db.collection('pr_dish').findOne();`,
    'Collection "pr_dish" is neither a projection nor a single view (did you mean "pr_dishes"?)',
  ],
  [`${dishes} return dishes.findOne({ $where: 'x' });`, 'Operator $where is not supported'],
  [`${dishes} return dishes.findOne({ name: { $type: 2 } });`, 'Operator $type on "name" is not supported'],
  [`${dishes} return dishes.find({ name: { $in: [/x/] } }).toArray();`, '$in on "name" has the regular expression /x/'],
  [`${dishes} return dishes.find().sort({ name: 2 });`, 'The sort on "name" has 2: expected 1 or -1'],
  [`${dishes} return dishes.find({}, { collation: { locale: 'de' } });`, 'Option collation of find is not supported'],
  [`${dishes} return dishes.aggregate([{ $graphLookup: {} }]).toArray();`, 'Stage $graphLookup is not supported: expected $addFields, '],
  [`${dishes} return dishes.aggregate([{ $out: 'x' }]).toArray();`, 'Stage $out is not supported'],
  [
    `${dishes} return dishes.aggregate([{ $project: { a: { $function: {} } } }]).toArray();`,
    'Operator $function in $project is not supported',
  ],
  [
    `${dishes} return dishes.aggregate([{ $group: { _id: 1, a: { $median2: 1 } } }]).toArray();`,
    'Operator $median2 in $group is not supported',
  ],
  [
    `${dishes} return dishes.aggregate([{ $lookup: { from: 'none', localField: 'a', foreignField: 'b', as: 'c' } }]).toArray();`,
    'Collection "none" is neither a projection nor a single view',
  ],
  [
    `return db.collection('pr_orders').aggregate([{ $group: { _id: null, n: { $sum: '$price' } } }]).toArray();`,
    '$sum has a decimal (10.50), which is not supported',
  ],
  [
    `return db.collection('pr_orders').aggregate([{ $group: { _id: null, n: { $avg: '$count' } } }]).toArray();`,
    '$avg has an integer beyond 2^53 (9007199254740993), which is not supported',
  ],
  [
    `${dishes} return dishes.insertOne({ id: 9 });`,
    'insertOne on collection "pr_dishes" is refused: only the collection that is handed to an upsert or delete function can be written',
  ],
  [`${dishes} return dishes.watch();`, 'watch is not supported by the collection'],
  [`return db.command({ ping: 1 });`, 'command is not supported by the database'],
  [`${dishes} return dishes.find().explain();`, 'explain is not supported by the cursor of find'],
  [`${dishes} const cursor = dishes.find(); await cursor.next(); cursor.limit(1);`, 'A cursor that has begun to read cannot be changed'],
];

describe.each(Object.entries(WAYS))('a database handle by %s', (_way, options) => {
  test('reads as the driver does', async () => {
    const given = await run(
      READS.map(([body]) => body),
      await options(),
    );
    expect(given.map((value, i) => [READS[i]?.[0], value])).toEqual(READS);
  });

  test('aggregates', async () => {
    const given = await run(
      AGGREGATIONS.map(([body]) => body),
      await options(),
    );
    expect(given.map((value, i) => [AGGREGATIONS[i]?.[0], value])).toEqual(AGGREGATIONS);
  });

  test('names what it does not support', async () => {
    const given = await run(
      ERRORS.map(([body]) => body),
      await options(),
    );
    expect(given.map((value, i) => [ERRORS[i]?.[0], (value as { error: string }).error])).toEqual(
      ERRORS.map(([body, message]) => [body, expect.stringContaining(message)]),
    );
  });

  test('shows documents with their metadata', async () => {
    const [dish, menu] = await run(
      [`return db.collection('pr_dishes').findOne({ id: 4 });`, `return db.collection('sv_menu').findOne();`],
      await options(),
    );
    const at = (ms: number): Date => new Date(Date.UTC(2024, 0, 1) + ms);
    expect(dish).toEqual({
      _id: '4',
      id: 4,
      name: 'tea',
      price: 2,
      __STATE__: 'DRAFT',
      createdAt: at(0),
      updatedAt: at(4),
      timestamp: at(4),
      __internal__kafkaInfo: { topic: 'food', partition: 0, offset: '4', key: '{"id":4}', timestamp: at(4) },
      __internal__counter: at(4).getTime(),
      __internal__counterType: 'timestamp',
    });
    expect(menu).toEqual({
      _id: '1',
      id: 1,
      ref: new ObjectId('65f0c0ffee65f0c0ffee65f0'),
      __STATE__: 'PUBLIC',
      createdAt: at(0),
      updatedAt: at(1),
    });
  });

  test('is given to strategies, too', async () => {
    await using user = new UserFiles(
      {
        'yields.mjs': `export default async function* ({ dbMongo }, { after }) {
          for await (const order of dbMongo.collection('pr_orders').find({ dish: after.id })) yield { order: order.id }; }`,
        'lists.js': `module.exports = (logger, name) => async (document, mongoClient) =>
          (await mongoClient.db(name).collection('pr_orders').find({ dish: document.id }).toArray()).map(({ id }) => ({ order: id }));`,
      },
      { collections: COLLECTIONS, ...(await options()) },
    );
    const event = { before: null, after: { id: 1 } };
    expect(await user.value('strategy', 'yields.mjs', event)).toEqual([{ order: 10 }, { order: 11 }]);
    expect(await user.value('strategy', 'lists.js', event)).toEqual([{ order: 10 }, { order: 11 }]);
  });
});

describe('a database handle', () => {
  test('without a store says so', async () => {
    const [given] = await run([`return db.collection('pr_dishes').findOne();`], {});
    expect((given as { error: string }).error).toContain('There is no database here: user code is only loaded');
  });

  test('with a reader that does not open fails the call', async () => {
    const url = new URL('./food-store.test-support.ts', import.meta.url).href;
    const [given] = await run([`return db.collection('pr_dishes').findOne();`], { readerModule: { url, argument: { log: 'other' } } });
    expect((given as { error: string }).error).toContain('Not the argument that was given');
  });
});

describe('upsert and delete functions', () => {
  const upsert = `const { Long } = require('mongodb');
    module.exports = async (logger, collection, singleView, key) => {
      const old = await collection.findOne(key, { projection: { _id: 0, id: 1 } });
      const { value } = await collection.findOneAndReplace(key, { ...singleView, n: Long.fromNumber(3) }, { upsert: true, includeResultMetadata: true });
      return { old, new: value };
    };`;

  test('write through the engine, in the order of the calls', async () => {
    await using user = new UserFiles({ 'upsert.js': upsert }, { collections: COLLECTIONS, reader: await foodStore() });
    const written: (readonly [string, readonly Value[]])[] = [];
    const results = await user.call(
      'upsert',
      'upsert.js',
      [
        [{ id: 1, a: new Date(1) }, { id: 1 }],
        [{ id: 2 }, { id: 2 }],
      ],
      {
        collection: 'sv_menu',
        write: async (method, args) => {
          written.push([method, args]);
          return { value: args[1] as Value, ok: 1 };
        },
      },
    );
    const options = { upsert: true, includeResultMetadata: true };
    expect(written).toEqual([
      ['findOneAndReplace', [{ id: 1 }, { id: 1, a: new Date(1), n: 3n }, options]],
      ['findOneAndReplace', [{ id: 2 }, { id: 2, n: 3n }, options]],
    ]);
    expect(results).toEqual([
      { ok: true, value: { old: { id: 1 }, new: { id: 1, a: new Date(1), n: 3n } } },
      { ok: true, value: { old: null, new: { id: 2, n: 3n } } },
    ]);
  });

  test('are told when a write is refused, and may go on', async () => {
    const text = `module.exports = async (logger, collection, key) => {
      try { await collection.deleteOne(key); } catch (error) { return { old: { why: error.message }, new: null }; } };`;
    await using user = new UserFiles({ 'delete.js': text }, { collections: COLLECTIONS, reader: await foodStore() });
    const results = await user.call('delete', 'delete.js', [[{ id: 1 }]], {
      collection: 'sv_menu',
      write: async (method) => {
        throw new Error(`${method} does not work today`);
      },
    });
    expect(results).toEqual([{ ok: true, value: { old: { why: 'deleteOne does not work today' }, new: null } }]);
  });

  test('do not write twice because a later call ends the process', async () => {
    const text = `module.exports = async (logger, collection, singleView, key) => {
      if (singleView.id === 2) process.exit();
      await collection.insertOne(singleView); return { old: null, new: singleView }; };`;
    await using user = new UserFiles({ 'upsert.js': text }, { collections: COLLECTIONS, reader: await foodStore() });
    const written: Value[] = [];
    const results = await user.call(
      'upsert',
      'upsert.js',
      [1, 2, 3].map((id) => [{ id }, { id }]),
      {
        collection: 'sv_menu',
        write: async (_method, args) => {
          written.push(args[0] as Value);
          return { acknowledged: true };
        },
      },
    );
    expect(results.map((result) => (result.ok ? 'ok' : result.failure))).toEqual(['ok', 'threw', 'ok']);
    expect(written).toEqual([{ id: 1 }, { id: 3 }]);
  });
});
