import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProblemDetails } from '../../packages/protocol/src/problem.ts';
import type { AppError } from '../../packages/server/src/core/errors.ts';
import type { FieldType } from '../../packages/server/src/core/projection.ts';
import type { Value } from '../../packages/server/src/core/value.ts';
import { METADATA_FIELDS, withMetadata } from '../../packages/server/src/core/metadata.ts';
import { parseFilter } from '../../packages/server/src/core/query/parse-filter.ts';
import { pathsOf } from '../../packages/server/src/core/query/record-query.ts';
import { matchesNaively } from '../../packages/server/src/core/query/naive-filter.test-support.ts';
import type { StoredRecord } from '../../packages/server/src/core/record.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { ServedProject } from './served-project.ts';
import type { Answer } from './served-project.ts';
import { ROWS, THINGS, thing, thingsWith } from './things.ts';

const FIELDS = Object.keys(THINGS.projections['things'] ?? {});
const types = new Map(
  Object.entries(THINGS.projections['things'] ?? {}).map(([field, type]) => [field, (type as string).replace('!', '') as FieldType]),
);
const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$all', '$exists', '$size', '$not', '$elemMatch'];
const HOSTILE = [
  '$where',
  '$function',
  '$expr',
  '__proto__',
  'constructor',
  'toString',
  '',
  '.',
  'a..b',
  '$',
  "'; DROP TABLE c1_things; --",
  '\u0000',
  '%',
  '\ud800',
];

let served: ServedProject;
let records: readonly StoredRecord[];

beforeAll(async () => {
  served = await ServedProject.open(thingsWith({ maxLimit: 1_000 }));
  await served.process(...ROWS, ...Array.from({ length: 40 }, (_, i) => thing(100 + i, randomRow(i))));
  records = await served.engine.store.find('things', { filter: { kind: 'true' } });
});
afterAll(() => served[Symbol.asyncDispose]());

/** Few values, so that filters meet them. */
function randomRow(i: number): Readonly<Record<string, unknown>> {
  return {
    name: ['a', 'ab', 'B', 'é', null][i % 5],
    age: [0, 1, 2, -1, 1.5, null][i % 6],
    big: String(2n ** 53n + BigInt(i % 3)),
    price: ['1', '1.50', '2'][i % 3],
    flag: i % 2 === 0,
    ...(i % 3 === 0 ? {} : { at: new Date(i * 86_400_000).toISOString() }),
    tags: [[], ['a'], ['a', 'b'], ['b', '1']][i % 4],
    address: [{ city: 'a', zip: 1 }, { city: null }, { zip: [1, 2] }, {}][i % 4],
  };
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, 2, -1, 1.5, 'a', 'ab', 'b', '1', '', '1970-01-05', '1970-01-05T00:00:00.000Z'),
  fc.constantFrom<unknown>({ $date: '1970-01-05T00:00:00Z' }, { $numberLong: '9007199254740993' }, { $numberDecimal: '1.5' }),
  fc.string({ maxLength: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const field = fc.constantFrom(...FIELDS, 'address.city', 'address.zip', 'tags.0', '_id', '__STATE__', 'createdAt');

/** Mostly filters as they should be, sometimes with parts that no filter has. */
const { filter } = fc.letrec<{ value: unknown; condition: unknown; filter: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: scalar, weight: 6 },
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('city', 'zip', 'a'), tie('value'), { maxKeys: 2 }),
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: tie('value'), weight: 3 },
    {
      arbitrary: fc
        .tuple(fc.constantFrom(...OPERATORS), tie('value'))
        .map(([operator, value]) => ({ [operator]: ['$in', '$nin', '$all'].includes(operator) ? [value].flat() : value })),
      weight: 5,
    },
    { arbitrary: tie('condition').map((condition) => ({ $not: condition })), weight: 1 },
    {
      arbitrary: fc.constantFrom({ $exists: true }, { $exists: false }, { $size: 2 }, { $regex: '^a' }, { $regex: 'B', $options: 'i' }),
      weight: 3,
    },
  ),
  filter: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: fc.dictionary(field, tie('condition'), { maxKeys: 3, noNullPrototype: true }), weight: 6 },
    {
      arbitrary: fc
        .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('filter'), { maxLength: 3 }))
        .map(([name, list]) => ({ [name]: list })),
      weight: 2,
    },
    { arbitrary: fc.tuple(fc.constantFrom(...HOSTILE), tie('value')).map((entry) => Object.fromEntries([entry]) as object), weight: 1 },
  ),
}));

test('a filter gives what the naive evaluation gives, or is refused with the words of its parser', async () => {
  await fc.assert(
    fc.asyncProperty(filter, async (json) => {
      const query = JSON.stringify(json);
      const answer = await served.query('/things', { _q: query, _l: 1_000 });
      expect(outcomeOf(answer)).toEqual(expectedOutcome(query));
      expect((await served.query('/things/count', { _q: query })).json()).toEqual(
        answer.status === 200 ? answer.json<unknown[]>().length : answer.json(),
      );
    }),
    propertyOptions(300, 10_000),
  );
});

type Outcome = { readonly ids: readonly string[] } | { readonly code: string; readonly detail: string };

function outcomeOf(answer: Answer): Outcome {
  if (answer.status === 200) return { ids: answer.json<{ _id: string }[]>().map(({ _id }) => _id) };
  const { code, detail } = answer.json<ProblemDetails>();
  return { code, detail: code === 'UNKNOWN_FIELD' ? '' : detail };
}

function expectedOutcome(query: string): Outcome {
  try {
    const parsed = parseFilter(JSON.parse(query) as Value, { typeOf });
    // Closed collections have no other fields.
    const isKnown = pathsOf(parsed).every(([first = '']) => METADATA_FIELDS.has(first) || types.has(first));
    if (!isKnown) return { code: 'UNKNOWN_FIELD', detail: '' };
    return { ids: records.filter((record) => matchesNaively(parsed, withMetadata(record, 'projection'))).map(({ id }) => id) };
  } catch (error) {
    const { code, message } = error as AppError;
    return { code, detail: message };
  }
}

function typeOf([field = '', inner]: readonly string[]): FieldType | undefined {
  if (inner !== undefined) return undefined;
  return ['createdAt', 'updatedAt', 'timestamp'].includes(field) ? 'date' : types.get(field);
}

const text = fc.oneof(
  fc.constantFrom(...HOSTILE, ...FIELDS, 'things', '-', '..', '*'),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const encoded = fc.oneof(
  text.map((each) => encodeURIComponent(each.toWellFormed())),
  fc.constantFrom('%', '%zz', '%ff%fe', '%00', '%c0%ae%c0%ae', '%2e%2e', '%2f', '+', '%25', '%ed%a0%80', '%E2%80%AE'),
  fc.nat(40_000).map((length) => 'x'.repeat(length)),
);
const parameter = fc.oneof(
  fc.tuple(
    fc.constantFrom('_q', '_rawp', '_s'),
    fc.oneof(
      filter.map((json) => JSON.stringify(json)),
      fc.json(),
      text,
    ),
  ),
  fc.tuple(fc.constantFrom('_q', '_s', '_l', '_sk', '_st', '_p', '_rawp', '_format', '_useEstimate', ...FIELDS), text),
  fc.tuple(
    fc.constantFrom('_q', '_rawp'),
    fc.integer({ min: 1, max: 8_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  ),
  fc.tuple(
    fc.constantFrom('_q'),
    fc.integer({ min: 1, max: 3_000 }).map((depth) => `${'{"$nor":['.repeat(depth)}{}${']}'.repeat(depth)}`),
  ),
  fc.tuple(
    fc.constantFrom('_q'),
    fc.integer({ min: 1, max: 5_000 }).map((depth) => `{"name":${'{"$date":'.repeat(depth)}1${'}'.repeat(depth)}}`),
  ),
  fc.tuple(text, text),
);
const hostileTarget = fc
  .tuple(
    fc.array(
      fc.oneof(
        { arbitrary: fc.constantFrom('things', 'sv_owners', 'count', 'export', 'schema', '1', '-', 'metrics'), weight: 2 },
        { arbitrary: encoded, weight: 1 },
      ),
      { maxLength: 4 },
    ),
    fc.array(
      fc.oneof(
        { arbitrary: parameter.map((pair) => pair.map((each) => encodeURIComponent(each.toWellFormed())).join('=')), weight: 4 },
        { arbitrary: encoded, weight: 1 },
      ),
      { maxLength: 4 },
    ),
  )
  .map(([path, search]) => `/${path.join('/')}${search.length === 0 ? '' : `?${search.join('&')}`}`);
const header = fc.constantFrom<Record<string, string>>(
  {},
  { accept: 'application/ejson+json' },
  { accept: 'text/csv' },
  { accept: '\u00ff;;;,' },
  { 'accept-encoding': 'gzip' },
  { 'if-none-match': '*' },
);

test('no address makes the server fail, hang or tell what it should not', async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileTarget,
      header,
      fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'),
      async (target, headers, method) => {
        const answer = await served.ask(target, { headers, method });
        expect(complaintOf(answer, method)).toBe('');
      },
    ),
    propertyOptions(500, 20_000),
  );
  expect((await served.ask('/things/count')).json()).toBe(records.length);
});

/** What is wrong with an answer. */
function complaintOf(answer: Answer, method: string): string {
  const { status, text: body } = answer;
  if (status >= 500 && answer.json<ProblemDetails>().code !== 'QUERY_TOO_SLOW') return `${status}: ${body}`;
  // Where the head of a request overflowed, its method may be unknown, and with it whether the answer may have a body.
  if (status < 400 || method === 'HEAD' || (status === 414 && body === '')) return '';
  const problem = answer.json<ProblemDetails>();
  if (problem.status !== status || typeof problem.code !== 'string' || typeof problem.detail !== 'string') return `no problem: ${body}`;
  return /SELECT|node_modules|\.ts:\d|at async/.test(body) ? `it tells too much: ${body}` : '';
}
