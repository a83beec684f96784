import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { RelationLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

type Row = Readonly<Record<string, unknown>>;

const FIELDS = {
  id: 'string!',
  s: 'string',
  t: 'string',
  n: 'number',
  m: 'number',
  yes: 'boolean',
  day: 'date',
  oid: 'objectId',
  list: 'arrayOfString',
  object: 'object',
};

/** A view over each of two collections, which shows what one relation, declared once, joins to its base. */
function joinOf(condition: Row, more: readonly RelationLiteral[] = []): ReturnType<typeof filesOf> {
  const view = (base: string, other: string): object => ({
    SV_CONFIG: {
      dependencies: { [base]: { type: 'projection', on: '_identifier' }, JOINED: { type: 'config' } },
      mapping: { id: `${base}.id`, joined: 'JOINED' },
    },
    JOINED: {
      joinDependency: other,
      dependencies: { [other]: { type: 'projection', on: 'sources_to_targets' } },
      mapping: { id: `${other}.id` },
    },
  });
  return filesOf({
    projections: { sources: FIELDS, targets: FIELDS },
    relations: [['sources', 'targets', 'sources_to_targets', condition], ...more],
    views: { sv_sources: { ...view('sources', 'targets') }, sv_targets: { ...view('targets', 'sources') } },
  });
}

type Joined = Record<string, string>;

/** Which targets a relation joins to each source; throws where the way back says anything else. */
async function joined(condition: Row, sources: readonly Row[], targets: readonly Row[]): Promise<Joined> {
  await using project = await openProject(joinOf(condition));
  const read = async (view: string): Promise<Joined> =>
    Object.fromEntries(
      (await project.documents(view)).map(({ id, joined }) => [id as string, (joined as { id: string }[]).map((row) => row.id).join(' ')]),
    );
  // Row after row, so that every pair is found by the change of either side.
  const [first, ...rest] = sources;
  if (first !== undefined) await project.process(put('sources', first));
  for (const target of targets) await project.process(put('targets', target));
  for (const source of rest) await project.process(put('sources', source));
  const forward = await read('sv_sources');
  const back: Record<string, string[]> = Object.fromEntries(targets.map(({ id }) => [String(id), []]));
  for (const [source, found] of Object.entries(forward)) for (const target of found.split(' ').filter(Boolean)) back[target]?.push(source);
  expect(await read('sv_targets')).toEqual(Object.fromEntries(Object.entries(back).map(([id, found]) => [id, found.join(' ')])));
  await project.process(...targets.map(({ id }) => remove('targets', id as string)));
  expect(await read('sv_sources')).toEqual(Object.fromEntries(sources.map(({ id }) => [id, ''])));
  return forward;
}

describe('a condition joins, and is walked back to where it came from', () => {
  const cases: readonly (readonly [name: string, condition: Row, sources: readonly Row[], targets: readonly Row[], joined: Joined])[] = [
    [
      'a field of the target to a field of the source',
      { s: 't' },
      [
        { id: 's1', t: 'x' },
        { id: 's2', t: 'y' },
      ],
      [
        { id: 't1', s: 'x' },
        { id: 't2', s: 'x' },
        { id: 't3', s: 'z', t: 'y' },
      ],
      { s1: 't1 t2', s2: '' },
    ],
    [
      'several fields, which must all match',
      { s: 's', n: 'm' },
      [{ id: 's1', s: 'x', m: 1 }],
      [
        { id: 't1', s: 'x', n: 1 },
        { id: 't2', s: 'x', n: 2 },
        { id: 't3', s: 'y', n: 1 },
      ],
      { s1: 't1' },
    ],
    [
      '$eq',
      { n: { $eq: 'm' } },
      [{ id: 's1', m: 1 }],
      [
        { id: 't1', n: 1 },
        { id: 't2', n: 2 },
      ],
      { s1: 't1' },
    ],
    [
      '$ne',
      { n: { $ne: 'm' } },
      [{ id: 's1', m: 1 }, { id: 's2' }],
      [{ id: 't1', n: 1 }, { id: 't2', n: 2 }, { id: 't3' }],
      { s1: 't2 t3', s2: '' },
    ],
    [
      '$gt',
      { n: { $gt: 'm' } },
      [{ id: 's1', m: 1 }, { id: 's2' }],
      [{ id: 't1', n: 1 }, { id: 't2', n: 2 }, { id: 't3' }],
      { s1: 't2', s2: '' },
    ],
    [
      '$gte',
      { n: { $gte: 'm' } },
      [{ id: 's1', m: 1 }],
      [
        { id: 't0', n: 0 },
        { id: 't1', n: 1 },
        { id: 't2', n: 2 },
      ],
      { s1: 't1 t2' },
    ],
    [
      '$lt',
      { n: { $lt: 'm' } },
      [{ id: 's1', m: 1 }],
      [
        { id: 't0', n: 0 },
        { id: 't1', n: 1 },
      ],
      { s1: 't0' },
    ],
    [
      '$lte',
      { n: { $lte: 'm' } },
      [{ id: 's1', m: 1 }],
      [
        { id: 't0', n: 0 },
        { id: 't1', n: 1 },
        { id: 't2', n: 2 },
      ],
      { s1: 't0 t1' },
    ],
    [
      'a range between two fields of the source',
      { s: 's', n: { $gte: 'n', $lt: 'm' } },
      [{ id: 's1', s: 'x', n: 1, m: 3 }],
      [
        { id: 't0', s: 'x', n: 0 },
        { id: 't1', s: 'x', n: 1 },
        { id: 't2', s: 'x', n: 2 },
        { id: 't3', s: 'x', n: 3 },
        { id: 't4', s: 'y', n: 2 },
      ],
      { s1: 't1 t2' },
    ],
    [
      'dates by order',
      { day: { $gte: 'day' } },
      [{ id: 's1', day: '2024-02-01' }],
      [
        { id: 't1', day: '2024-01-31' },
        { id: 't2', day: '2024-02-01' },
        { id: 't3', day: '2024-03-01' },
      ],
      { s1: 't2 t3' },
    ],
    [
      '$in with a field that holds a list',
      { s: { $in: 'list' } },
      [{ id: 's1', list: ['x', 'y'] }, { id: 's2', list: [] }, { id: 's3' }],
      [
        { id: 't1', s: 'x' },
        { id: 't2', s: 'y' },
        { id: 't3', s: 'z' },
      ],
      { s1: 't1 t2', s2: '', s3: '' },
    ],
    [
      '$nin with a field that holds a list',
      { s: { $nin: 'list' } },
      [{ id: 's1', list: ['x', 'y'] }, { id: 's3' }],
      [
        { id: 't1', s: 'x' },
        { id: 't3', s: 'z' },
      ],
      { s1: 't3', s3: '' },
    ],
    [
      '$in with a list of fields and constants',
      { s: { $in: ['s', 't', '__string__[any]'] } },
      [{ id: 's1', s: 'x', t: 'y' }, { id: 's2', s: 'z' }, { id: 's3' }],
      [
        { id: 't1', s: 'x' },
        { id: 't2', s: 'y' },
        { id: 't3', s: 'z' },
        { id: 't4', s: 'any' },
      ],
      { s1: 't1 t2 t4', s2: 't3 t4', s3: 't4' },
    ],
    [
      'constants in one text, separated by semicolons',
      { s: 's', t: { $in: '__string__[a;b]' }, n: { $nin: '__integer__[1;2]' } },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', t: 'a', n: 3 },
        { id: 't2', s: 'x', t: 'b', n: 1 },
        { id: 't3', s: 'x', t: 'c', n: 3 },
        { id: 't4', s: 'y', t: 'a', n: 3 },
      ],
      { s1: 't1' },
    ],
    [
      '$or of a field and a constant',
      { $or: [{ s: 's' }, { s: '__string__[x]' }] },
      [{ id: 's1', s: 'a' }, { id: 's2' }],
      [
        { id: 't1', s: 'a' },
        { id: 't2', s: 'x' },
        { id: 't3', s: 'b' },
      ],
      { s1: 't1 t2', s2: 't2' },
    ],
    [
      '$or within $and',
      { $and: [{ $or: [{ s: 's' }, { t: 's' }] }, { n: { $gt: '__integer__[0]' } }] },
      [{ id: 's1', s: 'a' }],
      [
        { id: 't1', s: 'a', n: 1 },
        { id: 't2', t: 'a', n: 1 },
        { id: 't3', t: 'a', n: 0 },
        { id: 't4', n: 1 },
      ],
      { s1: 't1 t2' },
    ],
    [
      'the elements of an array of the target',
      { list: 's' },
      [
        { id: 's1', s: 'x' },
        { id: 's2', s: 'y' },
      ],
      [
        { id: 't1', list: ['x', 'y'] },
        { id: 't2', list: ['x', 'x'] },
      ],
      { s1: 't1 t2', s2: 't1' },
    ],
    [
      'dotted fields of both',
      { 'object.deep.key': 'object.key' },
      [{ id: 's1', object: { key: 'x' } }, { id: 's2', object: {} }, { id: 's3' }],
      [{ id: 't1', object: { deep: { key: 'x' } } }, { id: 't2', object: { deep: 'x' } }, { id: 't3' }],
      { s1: 't1', s2: '', s3: '' },
    ],
    [
      'a null, which matches null and missing',
      { s: 's', t: null },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', t: null },
        { id: 't2', s: 'x' },
        { id: 't3', s: 'x', t: 'y' },
      ],
      { s1: 't1 t2' },
    ],
    [
      'constants of every type',
      { s: 's', t: '__string__[any [text], even; this]', n: '__integer__[-7]', yes: '__boolean__[true]' },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', t: 'any [text], even; this', n: -7, yes: true },
        { id: 't2', s: 'x', t: 'any [text], even; this', n: -7, yes: false },
        { id: 't3', s: 'x', t: 'any', n: -7, yes: true },
      ],
      { s1: 't1' },
    ],
    [
      'the constant of older files, which is a text',
      { s: 's', t: '__constant__[1]' },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', t: '1' },
        { id: 't2', s: 'x', t: '2' },
      ],
      { s1: 't1' },
    ],
    [
      'ISO text with a date, and hexadecimal text with an ObjectId',
      { s: 's', day: { $gte: '__string__[2024-02-01T00:00:00Z]' }, oid: { $in: '__string__[65a000000000000000000001]' } },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', day: '2024-02-01', oid: '65a000000000000000000001' },
        { id: 't2', s: 'x', day: '2024-01-31', oid: '65a000000000000000000001' },
        { id: 't3', s: 'x', day: '2024-02-01', oid: '65a000000000000000000002' },
      ],
      { s1: 't1' },
    ],
    [
      'the other operators of the filter language, with constants',
      { s: 's', t: { $regex: '^a', $options: 'i' }, list: { $size: 2 }, n: { $exists: true } },
      [{ id: 's1', s: 'x' }],
      [
        { id: 't1', s: 'x', t: 'Ab', list: ['1', '2'], n: 1 },
        { id: 't2', s: 'x', t: 'b', list: ['1', '2'], n: 1 },
        { id: 't3', s: 'x', t: 'a', list: ['1'], n: 1 },
        { id: 't4', s: 'x', t: 'a', list: ['1', '2'] },
      ],
      { s1: 't1' },
    ],
    [
      'nothing, when the one source field is absent',
      { s: 's' },
      [{ id: 's1' }, { id: 's2', s: null }],
      [{ id: 't1' }, { id: 't2', s: null }],
      { s1: '', s2: '' },
    ],
    [
      'nothing, when one of two source fields is null',
      { s: 's', t: 't' },
      [{ id: 's1', s: 'x', t: null }],
      [
        { id: 't1', s: 'x', t: null },
        { id: 't2', s: 'x', t: 'y' },
      ],
      { s1: '' },
    ],
    [
      'only the branch of $or whose source field is there',
      { $or: [{ s: 's' }, { t: 't' }] },
      [{ id: 's1', t: 'y' }],
      [{ id: 't1' }, { id: 't2', t: 'y' }, { id: 't3', s: 'x' }],
      { s1: 't2' },
    ],
  ];

  test.each(cases)('%s', async (_name, condition, sources, targets, expected) => {
    expect(await joined(condition, sources, targets)).toEqual(expected);
  });
});

describe('relations are declared', () => {
  test('once; the reverse under the same name or its own changes nothing, and is no problem', async () => {
    expect(await problemsOf(joinOf({ s: 't' }))).toEqual([]);
    expect(await problemsOf(joinOf({ s: 't' }, [['targets', 'sources', 'sources_to_targets', { t: 's' }, { oneToMany: true }]]))).toEqual(
      [],
    );
    expect(await problemsOf(joinOf({ s: 't' }, [['targets', 'sources', 'targets_to_sources', { t: 's' }]]))).toEqual([]);
  });

  test('with names that are unique, except for the reverse of the same pair: a clash names both places', async () => {
    const files = joinOf({ s: 't' }, [['sources', 'sources', 'sources_to_targets', { s: 't' }]]);
    expect(await problemsOf(files)).toContainEqual(
      expect.stringMatching(/^erSchema\.json:\d+:\d+ error CONDITION_NAME_CLASH \| .*erSchema\.json/),
    );
  });

  test('with fields that exist, and a suggestion where one does not', async () => {
    const lines = await problemsOf(joinOf({ ss: 't', s: 'oit' }));
    expect(lines).toEqual([
      expect.stringContaining('UNKNOWN_FIELD | Field ss does not exist in targets'),
      expect.stringMatching(/UNKNOWN_FIELD \| Field oit does not exist in sources.*Did you mean oid\?/),
    ]);
  });

  const TYPES: readonly (readonly [condition: Row, expected: readonly string[]])[] = [
    [{ s: 'n' }, ['error JOIN_TYPES']],
    [{ day: 'yes' }, ['error JOIN_TYPES']],
    [{ n: '__boolean__[true]' }, ['error JOIN_TYPES']],
    [{ s: '__integer__[1]' }, ['error JOIN_TYPES']],
    [{ n: 'm' }, []],
    [{ list: 's' }, []],
    [{ n: '__string__[1]' }, ['error JOIN_TYPES']],
    [{ yes: { $in: '__string__[true]' } }, ['error JOIN_TYPES']],
    [{ day: '__string__[soon]' }, ['error JOIN_TYPES']],
    [{ oid: '__string__[xyz]' }, ['error JOIN_TYPES']],
    [{ day: '__string__[2024-01-01]', oid: '__string__[65a000000000000000000001]' }, []],
  ];
  test.each(TYPES)('with types that can join: %j', async (condition, expected) => {
    const lines = await problemsOf(joinOf({ ...condition, t: 't' }));
    expect(lines.map((line) => line.split(' ').slice(1, 3).join(' '))).toEqual(expected);
  });

  test('between types of which one is not known with a warning', async () => {
    const lines = await problemsOf(
      filesOf({
        projections: { orders: { id: 'string!', customer: 'string' }, customers: { id: 'string!', name: 'string' } },
        relations: [['orders', 'sv_customers', 'orders_to_view', { computed: 'customer' }]],
        views: {
          sv_customers: {
            SV_CONFIG: {
              dependencies: { customers: { type: 'projection', on: '_identifier' } },
              mapping: { id: 'customers.id', computed: { _select: { options: [], default: 'customers.name' } } },
            },
          },
        },
      }),
    );
    expect(lines).toEqual([expect.stringContaining('warning JOIN_TYPES_UNKNOWN')]);
  });

  test('between collections that are projections or views: any other is an error that names the cure', async () => {
    const lines = await problemsOf(joinOf({ s: 't' }, [['sources', 'elsewhere', 'sources_to_elsewhere', { s: 't' }]]));
    expect(lines).toEqual([expect.stringMatching(/error UNKNOWN_COLLECTION .*elsewhere.*cure: Define a projection/)]);
  });

  test('with operators that are used rightly', async () => {
    expect(await problemsOf(joinOf({ s: 't', list: { $size: '__string__[x]' }, t: { $regex: '(' } }))).toEqual([
      expect.stringMatching(/error CONFIG_VALUE .*\$size/),
      expect.stringMatching(/error CONFIG_VALUE .*\$regex/),
    ]);
  });

  test('not empty: an empty one is left out with a warning, and an aggregation that uses it is refused', async () => {
    const lines = await problemsOf(joinOf({}));
    expect(lines).toEqual([
      expect.stringContaining('warning CONFIG_NO_EFFECT'),
      expect.stringContaining('error UNKNOWN_CONDITION'),
      expect.stringContaining('error UNKNOWN_CONDITION'),
    ]);
  });
});
