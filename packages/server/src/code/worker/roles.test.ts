import { describe, expect, test } from 'vitest';
import { Binary, Decimal128, ObjectId } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { CodeRole } from '../code.ts';
import { UserFiles } from './user-files.test-support.ts';

const event = { operationType: 'UPDATE', before: { id: 1, owner: 'a' }, after: { id: 1, owner: 'b' } };

/** One row: role, file, its text, the arguments, what is given. */
const cases: readonly (readonly [story: string, role: CodeRole, file: string, text: string, args: readonly Value[], value: Value])[] = [
  [
    'a cast of values, CommonJS',
    'cast-value',
    'cast.js',
    `module.exports = (value, fieldName, logger) => fieldName + ':' + value + ':' + typeof logger.info;`,
    [1, 'AGE'],
    'AGE:1:function',
  ],
  [
    'a cast of messages, ES module',
    'cast-message',
    'cast.mjs',
    `export default (messageObject, fieldName, logger) => messageObject[fieldName].toUpperCase() + messageObject.other;`,
    [{ name: 'x', other: 1 }, 'name'],
    'X1',
  ],
  ['a cast that gives null', 'cast-value', 'cast.js', `module.exports = () => null;`, [1, 'f'], null],
  ['a file with import and export that is called .js', 'cast-value', 'cast.js', `export default (value) => value + 1;`, [1, 'f'], 2],
  ['TypeScript', 'cast-value', 'cast.ts', `export default (value: number): number => value + 1;`, [1, 'f'], 2],
  ['TypeScript, CommonJS', 'cast-value', 'cast.cts', `module.exports = (value: number): number => value + 1;`, [1, 'f'], 2],
  ['TypeScript, ES module', 'cast-value', 'cast.mts', `export default (value: number): number => value + 1;`, [1, 'f'], 2],
  ['the only function that is exported', 'cast-value', 'cast.mjs', `export function toOne() { return 1; }`, [0, 'f'], 1],
  ['compiled CommonJS', 'cast-value', 'cast.js', `exports.__esModule = true; exports.default = () => 1;`, [0, 'f'], 1],
  [
    'an adapter, with buffers and texts as Kafka clients give them',
    'adapter',
    'kafkaMessageAdapter.js',
    `module.exports = ({ key, value, timestamp, offset }, primaryKeys, logger) => ({
       keyObject: JSON.parse(key.toString()), value: JSON.parse(value), timestampDate: new Date(parseInt(timestamp)),
       offset: parseInt(offset), operationPosition: 18446744073709551616n, isBuffer: Buffer.isBuffer(key) && Buffer.isBuffer(value), primaryKeys });`,
    [{ key: '{"id":1}', value: new Binary(Buffer.from('{"id":1,"a":2}')), timestamp: 1700000000000, offset: 7 }, ['id']],
    {
      keyObject: { id: 1 },
      value: { id: 1, a: 2 },
      timestampDate: new Date(1700000000000),
      offset: 7,
      operationPosition: 18446744073709551616n,
      isBuffer: true,
      primaryKeys: ['id'],
    },
  ],
  [
    'a strategy that yields',
    'strategy',
    'strategy.js',
    `module.exports = async function* ({ logger, dbMongo }, { before, after }) {
       logger.info('in'); if (typeof dbMongo.collection !== 'function') throw new Error('no db');
       if (before) yield { owner: before.owner }; if (after) yield { owner: after.owner }; }`,
    [event],
    [{ owner: 'a' }, { owner: 'b' }],
  ],
  [
    'a strategy for documents: asked for both sides of the change',
    'strategy',
    'strategy.js',
    `module.exports = (logger, databaseName) => async (document, mongoClient) => {
       mongoClient.db(databaseName); logger.info('in'); return [{ owner: document.owner, databaseName }]; }`,
    [event],
    [
      { owner: 'b', databaseName: 'millrace' },
      { owner: 'a', databaseName: 'millrace' },
    ],
  ],
  [
    'a strategy for documents, on a delete',
    'strategy',
    'strategy.mjs',
    `export default function (logger, databaseName) { return async function (document) { return [{ owner: document.owner }]; }; }`,
    [{ before: { owner: 'a' }, after: null }],
    [{ owner: 'a' }],
  ],
  [
    'a strategy that is an async function',
    'strategy',
    'strategy.mjs',
    `export default async ({ dbMongo }, { after }) => [{ owner: after.owner }];`,
    [event],
    [{ owner: 'b' }],
  ],
  [
    'a strategy that is a compiled generator',
    'strategy',
    'strategy.js',
    `const inner = async function* ({ logger }, { after }) { logger.info('in'); yield { owner: after.owner }; };
     module.exports = function (_a, _b) { return inner(_a, _b); };`,
    [event],
    [{ owner: 'b' }],
  ],
  ['a strategy that yields nothing', 'strategy', 'strategy.mjs', `export default async function* () {}`, [event], []],
  [
    'a path identifier that yields',
    'path-identifier',
    'identify.js',
    `module.exports = async function* ({ logger, dbMongo }, document) { logger.info('in'); yield { id: document.id }; yield { id: -document.id }; }`,
    [{ id: 4 }],
    [{ id: 4 }, { id: -4 }],
  ],
  [
    'a path identifier that gives a list',
    'path-identifier',
    'identify.js',
    `module.exports = async (logger, db, document) => { logger.info('in'); db.collection; return [{ id: document.id }]; }`,
    [{ id: 4 }],
    [{ id: 4 }],
  ],
  ['a view key', 'view-key', 'singleViewKey.js', `module.exports = (logger, identifier) => ({ a: identifier.b });`, [{ b: 3 }], { a: 3 }],
  ['an operand', 'operand', 'operand.js', `module.exports = async (logger, db) => 'limit';`, [], 'limit'],
  [
    'a mapping',
    'mapping',
    'mapping.js',
    `module.exports = async (logger, db, map) => [map.get('user').name, map.get('orders').length, map.get('none') || 'falsy', map.has('user')];`,
    [{ user: { name: 'Ann' }, orders: [1, 2] }],
    ['Ann', 2, 'falsy', true],
  ],
  ['a mapping that gives nothing', 'mapping', 'mapping.js', `module.exports = () => undefined;`, [{}], null],
  ['a validator', 'validator', 'validator.js', `module.exports = (logger, singleView) => singleView.age > 3;`, [{ age: 3 }], false],
  [
    'a pipeline',
    'pipeline',
    'pipeline.js',
    `module.exports = (db) => async (logger, identifier) => [{ ...identifier, name: db.databaseName }];`,
    [{ id: 1 }],
    [{ id: 1, name: 'millrace' }],
  ],
  ['a mapper', 'mapper', 'mapper.js', `module.exports = (logger, element) => ({ all: element });`, [{ id: 1 }], { all: { id: 1 } }],
];

describe('a function is called as its role says', () => {
  test.for(cases)('%s', async ([, role, file, text, args, value]) => {
    await using user = new UserFiles({ [file]: text });
    expect(await user.value(role, file, ...args)).toEqual(value);
  });

  test('by the name of an export', async () => {
    await using user = new UserFiles({ 'all.js': `exports.one = () => 1; exports.two = () => 2;` });
    const results = await user.code.call('cast-value', { file: user.file('all.js'), export: 'two' }, [{ arguments: [0, 'f'] }], {
      deadlineMs: 1_000,
    });
    expect(results).toEqual([{ ok: true, value: 2 }]);
  });
});

describe('what it gives is checked', () => {
  const refused: readonly (readonly [role: CodeRole, gives: string, reason: string])[] = [
    ['cast-value', 'undefined', 'Gave undefined, expected a value (or null)'],
    ['cast-value', 'Symbol()', 'Gave a symbol, expected a value'],
    ['cast-value', '({ a: [() => 1] })', 'Gave a function at "a.0", expected a value'],
    ['cast-value', 'new Date("x")', 'Gave an invalid date, expected a valid one'],
    ['cast-value', 'new Map()', 'Gave a Map, expected a plain object'],
    ['cast-value', '({ a: /x/ })', 'Gave a RegExp at "a", expected a plain object'],
    ['cast-value', '2n ** 70n', 'Gave the integer 1180591620717411303424, expected at most 64 bits'],
    ['cast-value', '(() => { const a = {}; a.b = { a }; return a; })()', 'Gave a cycle at "b.a", expected a tree of values'],
    ['validator', '"yes"', 'Gave the string "yes", expected true or false'],
    ['validator', 'undefined', 'Gave undefined, expected true or false'],
    ['view-key', '[]', 'Gave a list, expected an object'],
    ['mapper', 'null', 'Gave null, expected an object'],
    ['adapter', '1', 'Gave the number "1", expected an object that describes the change'],
    ['path-identifier', '5', 'Gave neither a list nor a generator, expected identifiers'],
    ['path-identifier', '[1]', 'Gave the number "1" at "0", expected an object'],
    ['path-identifier', '[{}]', 'Gave an empty object at "0", expected an identifier'],
    ['upsert', '({ old: 1, new: null })', 'Gave the number "1" at "old", expected a document or null'],
    ['delete', 'undefined', 'Gave undefined, expected a value'],
  ];
  test.for(refused)('%s: %s', async ([role, gives, reason]) => {
    await using user = new UserFiles(
      { 'f.js': `module.exports = async (a, b, c) => ${gives};` },
      { collections: new Map([['sv', 'view']]) },
    );
    const results = await user.call(role, 'f.js', [[{}, 'f']], { collection: 'sv' });
    expect(results).toEqual([{ ok: false, failure: 'refused', message: reason }]);
  });

  test('a pipeline must give documents', async () => {
    await using user = new UserFiles({ 'p.js': 'module.exports = (db) => async () => ({});', 'q.js': 'module.exports = (db) => [];' });
    expect(await user.call('pipeline', 'p.js', [[{}]])).toEqual([
      { ok: false, failure: 'refused', message: 'Gave an object, expected a list' },
    ]);
    expect((await user.call('pipeline', 'q.js', [[{}]]))[0]).toMatchObject({ ok: false, failure: 'load' });
  });
});

describe('values', () => {
  test('go over and back exactly', async () => {
    await using user = new UserFiles({ 'same.js': 'module.exports = (value) => value;' });
    const value = {
      long: 9007199254740993n,
      date: new Date(5),
      id: new ObjectId('65f0c0ffee65f0c0ffee65f0'),
      decimal: Decimal128.fromString('12.50'),
      bytes: new Binary(Buffer.from('ab')),
      number: -0,
      nested: [{ $odd: null }],
    };
    expect(await user.value('cast-value', 'same.js', value, 'f')).toEqual(value);
  });

  test('are of their real classes inside', async () => {
    await using user = new UserFiles({
      'kinds.js': `const { ObjectId, Decimal128, Long } = require('mongodb');
        module.exports = (v) => [typeof v.long, v.date instanceof Date, v.id instanceof ObjectId || v.id._bsontype === 'ObjectId', v.id.toHexString(), v.decimal.toString()];`,
    });
    const value = { long: 1n, date: new Date(5), id: new ObjectId('65f0c0ffee65f0c0ffee65f0'), decimal: Decimal128.fromString('12.50') };
    expect(await user.value('cast-value', 'kinds.js', value, 'f')).toEqual(['bigint', true, true, '65f0c0ffee65f0c0ffee65f0', '12.50']);
  });

  test("of the driver's classes become ours, whatever copy of them it is", async () => {
    const text = (load: string): string => `${load}
      class Foreign { constructor() { this._bsontype = 'ObjectId'; } toHexString() { return '65f0c0ffee65f0c0ffee65f0'; } }
      const give = () => ({ long: Long.fromString('9007199254740993'), double: new Double(1.5), int: new Int32(3), id: new ObjectId('65f0c0ffee65f0c0ffee65f0'),
        decimal: Decimal128.fromString('1.10'), bytes: new Binary(Buffer.from('ab')), buffer: Buffer.from('ab'), foreign: new Foreign(), gone: undefined });`;
    await using user = new UserFiles({
      'give.js': `${text(`const { Long, Double, Int32, ObjectId, Decimal128, Binary } = require('mongodb');`)} module.exports = give;`,
      'give.mjs': `${text(`import { Long, Double, Int32, ObjectId, Decimal128, Binary } from 'mongodb'; import mongodb from 'mongodb';`)}
        if (mongodb.ObjectId !== ObjectId) throw new Error('two of them'); export default give;`,
    });
    const expected = {
      long: 9007199254740993n,
      double: 1.5,
      int: 3,
      id: new ObjectId('65f0c0ffee65f0c0ffee65f0'),
      decimal: Decimal128.fromString('1.10'),
      bytes: new Binary(Buffer.from('ab')),
      buffer: new Binary(Buffer.from('ab')),
      foreign: new ObjectId('65f0c0ffee65f0c0ffee65f0'),
    };
    expect(await user.value('cast-value', 'give.js', 0, 'f')).toEqual(expected);
    expect(await user.value('cast-value', 'give.mjs', 0, 'f')).toEqual(expected);
  });
});

describe('imports', () => {
  test('of what the originals allowed work without the packages', async () => {
    await using user = new UserFiles({
      'cjs.js': `const R = require('ramda'); const get = require('lodash.get'); const map = require('ramda/src/map');
        module.exports = (v) => [R.path(['a'], v), get(v, 'a'), map((x) => x + 1, [v.a])];`,
      'esm.mjs': `import * as R from 'ramda'; import { path } from 'ramda'; import get from 'lodash.get';
        export default (v) => [R.path(['a'], v), get(v, 'a'), path(['a'], v)];`,
    });
    expect(await user.value('cast-value', 'cjs.js', { a: 1 }, 'f')).toEqual([1, 1, [2]]);
    expect(await user.value('cast-value', 'esm.mjs', { a: 1 }, 'f')).toEqual([1, 1, 1]);
  });

  test("take the project's own copy first, and anything else it has", async () => {
    const pack = (name: string): Record<string, string> => ({
      [`node_modules/${name}/package.json`]: `{"name":"${name}","main":"index.js"}`,
      [`node_modules/${name}/index.js`]: `exports.own = '${name} of the project';`,
    });
    await using user = new UserFiles({
      ...pack('mongodb'),
      ...pack('mine'),
      'views/f.js': `const { own } = require('mongodb'); module.exports = () => [own, require('mine').own];`,
      'views/f.mjs': `import mongodb from 'mongodb'; export default () => mongodb.own;`,
    });
    expect(await user.value('cast-value', 'views/f.js', 0, 'f')).toEqual(['mongodb of the project', 'mine of the project']);
    expect(await user.value('cast-value', 'views/f.mjs', 0, 'f')).toBe('mongodb of the project');
  });

  test('of a package that is nowhere fail by its name', async () => {
    await using user = new UserFiles({ 'f.js': `require('nowhere'); module.exports = () => 1;` });
    expect(
      await user.call('cast-value', 'f.js', [
        [0, 'f'],
        [1, 'f'],
      ]),
    ).toEqual([0, 1].map(() => ({ ok: false, failure: 'load', message: `${user.file('f.js')}: Cannot find module 'nowhere'` })));
  });

  test('of helpers beside the file work', async () => {
    await using user = new UserFiles({
      'helper.ts': `export const add = (a: number, b: number): number => a + b;`,
      'f.ts': `import { add } from './helper.ts'; export default (v: number) => add(v, 1);`,
    });
    expect(await user.value('cast-value', 'f.ts', 1, 'f')).toBe(2);
  });
});
