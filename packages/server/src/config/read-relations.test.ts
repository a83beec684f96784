import { describe, expect, test } from 'vitest';

import type { Condition, RelationDefinition } from '../core/relation.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

function erSchema(conditions: object, source = 'customers', target = 'orders'): object {
  return { version: '1.0.0', config: { [source]: { outgoing: { [target]: { conditions } } } } };
}

async function load(files: Files): Promise<{ relations: readonly RelationDefinition[]; lines: string[] }> {
  await using project = await temporaryProject({ ...SMALL_PROJECT, ...files });
  const { definitions, problems } = await project.load();
  return { relations: definitions?.relations ?? [], lines: problemLines(problems) };
}

/** The one condition of a schema, without places. */
async function conditionOf(condition: unknown): Promise<unknown> {
  const { relations, lines } = await load({ 'erSchema.json': erSchema({ C: { condition } }) });
  expect(lines).toEqual([]);
  return withoutPlaces(relations[0]?.condition);
}

function withoutPlaces(condition: Condition | undefined): unknown {
  return JSON.parse(JSON.stringify(condition, (key, value: unknown) => (key === 'place' ? undefined : value))) as unknown;
}

const field = (path: string) => ({ kind: 'field', path: path.split('.') });
const constant = (value: unknown) => ({ kind: 'constant', value });
const compare = (of: string, operator: string, operand: object) => ({ kind: 'compare', field: of.split('.'), operator, operand });

describe('conditions', () => {
  const cases: readonly (readonly [condition: unknown, becomes: unknown])[] = [
    [{ A: 'b' }, compare('A', '$eq', field('b'))],
    [{ 'A.x': 'b.y' }, compare('A.x', '$eq', field('b.y'))],
    [{ A: '__string__[x y]' }, compare('A', '$eq', constant('x y'))],
    [{ A: '__string__[a[0]]' }, compare('A', '$eq', constant('a[0]'))],
    [{ A: '__string__[]' }, compare('A', '$eq', constant(''))],
    [{ A: '__constant__[x]' }, compare('A', '$eq', constant('x'))],
    [{ A: '__integer__[-12]' }, compare('A', '$eq', constant(-12))],
    [{ A: '__boolean__[true]' }, compare('A', '$eq', constant(true))],
    [{ A: null }, compare('A', '$eq', constant(null))],
    [{ A: 5 }, compare('A', '$eq', constant(5))],
    [{ A: { $gte: 'from' } }, compare('A', '$gte', field('from'))],
    [
      { A: { $gte: 'from', $lt: 'to' } },
      { kind: 'and', conditions: [compare('A', '$gte', field('from')), compare('A', '$lt', field('to'))] },
    ],
    [
      { A: 'a', B: 'b' },
      { kind: 'and', conditions: [compare('A', '$eq', field('a')), compare('B', '$eq', field('b'))] },
    ],
    [
      { $or: [{ A: 'a' }, { A: '__string__[x]' }] },
      { kind: 'or', conditions: [compare('A', '$eq', field('a')), compare('A', '$eq', constant('x'))] },
    ],
    [{ $and: [{ A: 'a' }] }, compare('A', '$eq', field('a'))],
    [{ A: { $in: '__string__[a;b]' } }, compare('A', '$in', { kind: 'list', items: [constant('a'), constant('b')] })],
    [{ A: { $nin: '__integer__[1;2]' } }, compare('A', '$nin', { kind: 'list', items: [constant(1), constant(2)] })],
    [
      { A: { $in: ['__string__[a;b]', 'b', null] } },
      compare('A', '$in', { kind: 'list', items: [constant('a;b'), field('b'), constant(null)] }),
    ],
    [{ A: { $in: 'tags' } }, compare('A', '$in', field('tags'))],
    [{ A: { $size: 2 } }, { kind: 'filter', field: ['A'], filter: { $size: 2 } }],
    [{ A: { $exists: '__boolean__[true]' } }, { kind: 'filter', field: ['A'], filter: { $exists: true } }],
    [{ A: { $regex: '^x', $options: 'i' } }, { kind: 'filter', field: ['A'], filter: { $regex: '^x', $options: 'i' } }],
    [{ A: { $not: { $gt: '__integer__[3]' } } }, { kind: 'filter', field: ['A'], filter: { $not: { $gt: 3 } } }],
    [
      { A: { $ne: 'a', $all: ['__string__[x]'] } },
      { kind: 'and', conditions: [compare('A', '$ne', field('a')), { kind: 'filter', field: ['A'], filter: { $all: ['x'] } }] },
    ],
  ];
  test.for(cases)('%j is read', async ([condition, becomes]) => {
    expect(await conditionOf(condition)).toEqual(becomes);
  });

  test('integers beyond the safe ones keep all their digits', async () => {
    const { relations } = await load({ 'erSchema.json': erSchema({ C: { condition: { A: '__integer__[9007199254740993]' } } }) });
    expect(relations[0]?.condition).toMatchObject({ operand: constant(9007199254740993n) });
  });

  test('that are empty are left out, with a warning', async () => {
    for (const empty of [{}, { condition: {} }, { condition: { $and: [{}] } }]) {
      const { relations, lines } = await load({ 'erSchema.json': erSchema({ C: empty }) });
      expect(relations).toEqual([]);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('warning CONFIG_NO_EFFECT | The condition C from customers to orders is empty and is left out');
    }
  });

  const faults: readonly (readonly [condition: unknown, message: string])[] = [
    [
      { A: '__strng__[x]' },
      '__strng__[…] is unknown | expected: one of __string__[…], __integer__[…], __boolean__[…], __constant__[…], __fromFile__[…] | cure: Did you mean __string__?',
    ],
    [{ A: '__string__[x' }, '"__string__[x" has no closing ] | expected: a text that ends with ]'],
    [{ A: '__integer__[1.5]' }, '__integer__[1.5] is not a whole number of 64 bits | expected: digits, with a sign if negative'],
    [
      { A: '__integer__[9223372036854775808]' },
      '__integer__[9223372036854775808] is not a whole number of 64 bits | expected: digits, with a sign if negative',
    ],
    [{ A: '__boolean__[yes]' }, '__boolean__[yes] is neither true nor false | expected: true or false'],
    [{ A: '__fromFile__[fn]' }, 'A function cannot stand in a condition | expected: a field of the source, a constant or null'],
    [{ A: 'a..b' }, '"a..b" is not the path of a field | expected: names of fields, separated by dots'],
    [
      { A: ['x'] },
      'A condition compares with a field or a constant, not with ["x"] | expected: a field of the source, a constant such as __string__[x], or null',
    ],
    [{ A: {} }, 'The condition of A is empty | expected: a field, a constant, or { $operator: … }'],
    [
      { A: { $gtt: 'x' } },
      'The operator $gtt on A is unknown | expected: one of $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $all, $size, $elemMatch, $regex, $options, $not | cure: Did you mean $gt?',
    ],
    [{ A: { $in: 5 } }, '$in must have a list, not 5 | expected: a list, constants such as __string__[a;b], or a field of the source'],
    [{ A: { $size: 'n' } }, '$size compares with constants only, not with "n" | expected: a constant such as __string__[n]'],
    [{ $ro: [] }, 'The operator $ro cannot stand here | expected: a field of the target, $and or $or | cure: Did you mean $or?'],
    [{ $or: [] }, '$or must be a list of conditions, not [] | expected: a list that is not empty'],
    [{ $or: [{ A: 'a' }, {}] }, 'An empty branch of $or would match everything | cure: Remove the branch'],
  ];
  test.for(faults)('%j is refused', async ([condition, message]) => {
    const { relations, lines } = await load({ 'erSchema.json': erSchema({ C: { condition } }) });
    expect(relations).toEqual([]);
    expect(lines.map((line) => line.slice(line.indexOf(' | ') + 3))).toEqual([message]);
  });

  test('of which several are wrong are all reported, each at its place', async () => {
    const condition = { A: '__strng__[x]', $or: [{ B: { $gtt: 'b' } }, { C: 'c..d' }] };
    const { lines } = await load({ 'erSchema.json': erSchema({ C: { condition } }) });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['erSchema.json:10:22', 'erSchema.json:14:31', 'erSchema.json:18:26']);
  });
});

describe('ER schemas', () => {
  test('of a list are merged', async () => {
    const { relations, lines } = await load({
      'millrace.yaml': SMALL_PROJECT['millrace.yaml'].replace('./erSchema.json', '[./a.json, ./b.json]'),
      'a.json': erSchema({ one: { condition: { a: 'b' } } }),
      'b.json': erSchema({ two: { condition: { a: 'b' } } }),
    });
    expect(lines).toEqual([]);
    expect(relations.map(({ name, place }) => [name, place.file])).toEqual([
      ['one', 'a.json'],
      ['two', 'b.json'],
    ]);
  });

  test('that declare a condition twice are told both places', async () => {
    const { lines } = await load({
      'millrace.yaml': SMALL_PROJECT['millrace.yaml'].replace('./erSchema.json', '[./a.json, ./b.json]'),
      'a.json': erSchema({ one: { condition: { a: 'b' } } }),
      'b.json': erSchema({ zero: { condition: { a: 'b' } }, one: { condition: { a: 'b' } } }),
    });
    expect(lines).toEqual([
      'b.json:13:13 error CONFIG_CLASH | The condition one from customers to orders is declared at a.json:8:13 and again at b.json:13:13 | expected: one declaration of each condition | cure: Remove or rename one of them',
    ]);
  });

  test('may declare the reverse of a relation under the same name', async () => {
    const { relations, lines } = await load({
      'erSchema.json': {
        config: {
          customers: { outgoing: { orders: { conditions: { C: { condition: { customer: 'id' }, oneToMany: true } } } } },
          orders: { outgoing: { customers: { conditions: { C: { condition: { id: 'customer' } } } } } },
        },
      },
    });
    expect(lines).toEqual([]);
    expect(relations.map(({ name, source, oneToMany }) => [name, source, oneToMany])).toEqual([
      ['C', 'customers', true],
      ['C', 'orders', false],
    ]);
  });

  const faults: readonly (readonly [what: string, text: string, lines: readonly string[]])[] = [
    [
      'a trailing comma',
      '{ "config": {}, }',
      [
        'erSchema.json:1:17 error CONFIG_SYNTAX | erSchema.json is not valid: Expected double-quoted property name | expected: JSON, without comments and trailing commas, each key once',
      ],
    ],
    [
      'an end that is missing',
      '{ "config": {',
      [
        "erSchema.json:1:14 error CONFIG_SYNTAX | erSchema.json is not valid: Expected property name or '}' | expected: JSON, without comments and trailing commas, each key once",
      ],
    ],
    [
      'a key that stands twice',
      '{ "config": {},\n  "config": {} }',
      [
        'erSchema.json:2:3 error CONFIG_SYNTAX | erSchema.json is not valid: Map keys must be unique | expected: JSON, without comments and trailing commas, each key once',
      ],
    ],
    [
      'a level that is missing',
      '{ "config": { "a": { "outgoing": { "b": { "a_to_b": { "condition": { "x": "y" } } } } } } }',
      ['erSchema.json:1:43 error CONFIG_UNKNOWN_KEY | Unknown key "a_to_b" in b | expected: conditions | cure: Remove it'],
    ],
    [
      'relations nested in relations',
      '{ "config": { "a": { "outgoing": {}, "b": { "outgoing": {} } } } }',
      ['erSchema.json:1:38 error CONFIG_UNKNOWN_KEY | Unknown key "b" in a | expected: outgoing | cure: Remove it'],
    ],
    [
      'no config',
      '{ "version": "1.0.0" }',
      ['erSchema.json:1:1 error CONFIG_MISSING_KEY | Missing key "config" | expected: an object | cure: Add config: an object'],
    ],
    [
      'a version that there is not',
      '{ "version": "2.0.0", "config": {} }',
      ['erSchema.json:1:14 error CONFIG_VALUE | version must be 1.0.0, not "2.0.0" | expected: 1.0.0 | cure: Did you mean 1.0.0?'],
    ],
  ];
  test.for(faults)('with %s are refused', async ([, text, lines]) => {
    expect((await load({ 'erSchema.json': text })).lines).toEqual(lines);
  });
});
