import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { propertyOptions } from '../testing/property.ts';
import { SMALL_PROJECT, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';
import { parse } from 'yaml';

/** A project that uses most of what there is, as values: mutations change any part of them. */
const PROJECT: Readonly<Record<string, unknown>> = {
  'millrace.json': {
    ...(parse(SMALL_PROJECT['millrace.yaml']) as object),
    http: { host: 'localhost', port: 1, token: { type: 'env', key: 'X' } },
    retention: { log: { days: 'never' } },
  },
  'projections/customers.json': SMALL_PROJECT['projections/customers.json'],
  'projections/orders.json': {
    ...SMALL_PROJECT['projections/orders.json'],
    topics: ['a.{system}'],
    deleteMechanism: 'hard',
    upsert: false,
  },
  'erSchema.json': {
    version: '1.0.0',
    config: {
      customers: {
        outgoing: {
          orders: {
            conditions: {
              customer_to_orders: {
                condition: {
                  customer: 'id',
                  $or: [{ total: { $gte: '__integer__[5]' } }, { id: { $in: '__string__[a;b]' } }],
                  tags: { $size: 2 },
                },
              },
            },
          },
        },
      },
    },
  },
  'views/customers/aggregation.json': {
    version: '1.3.0',
    config: {
      SV_CONFIG: {
        dependencies: {
          customers: { type: 'projection', on: '_identifier', identifierQueryMapping: { id: '_identifier.id' }, onStates: ['DRAFT'] },
          chosen: {
            type: 'projection',
            _select: { options: [{ when: { '==': ['customers.id', null] }, value: { on: 'customer_to_orders' } }] },
          },
          ORDERS: { type: 'config' },
        },
        dependencyOrder: ['customers', 'chosen', 'ORDERS'],
        mapping: {
          id: 'customers.id',
          inner: { flag: '__boolean__[true]', made: '__fromFile__[fn]' },
          either: { _select: { options: [{ when: { '>': ['customers.id', '__fromFile__[fn]'] }, value: null }], default: 'customers.id' } },
          orders: 'ORDERS',
        },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { id: 'orders.id' },
      },
    },
  },
  'views/customers/singleViewKey.json': { config: { id: 'id' } },
  'views/customers/projectionChangesSchema.json': {
    config: {
      sv_customers: {
        paths: [
          { path: ['orders', 'customers'], identifier: { id: 'id' } },
          { path: ['customers'], identifier: '__fromFile__[fn]' },
        ],
      },
    },
  },
  'views/customers/kafkaProjectionUpdates.json': { orders: { strategy: '__fromFile__[fn]', updatesTopic: 't' } },
};
const CODE: Files = { 'views/customers/fn.js': 'module.exports = () => null\n' };

type Path = readonly (string | number)[];

/** Every place in a value, the whole included. */
function placesOf(value: unknown, path: Path = []): Path[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...inside.flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

type Mutation = { readonly kind: 'replace'; readonly value: unknown } | { readonly kind: 'remove' | 'rename' | 'duplicate' };

function mutate(root: unknown, path: Path, mutation: Mutation): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return mutation.kind === 'replace' ? mutation.value : root;
  if (typeof root !== 'object' || root === null) return root;
  const entries = Object.entries(root).flatMap(([name, item]: [string, unknown]): [string, unknown][] => {
    if (name !== String(key)) return [[name, item]];
    if (rest.length > 0 || mutation.kind === 'replace') return [[name, mutate(item, rest, mutation)]];
    if (mutation.kind === 'remove') return [];
    const renamed: [string, unknown] = [`${name.slice(1)}x`, item];
    return mutation.kind === 'rename' ? [renamed] : [[name, item], renamed];
  });
  return Array.isArray(root) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

const ODD_TEXTS = [
  '',
  '.',
  'a.',
  '__string__[',
  '__integer__[x]',
  '__fromFile__[../../..]',
  '__fromFile__[\0]',
  '_identifier',
  '__proto__',
  'constructor',
  '{system}',
  './',
  'x.js',
  '\0',
];
/** What means something in YAML or JSON. */
const SIGNS = Array.from('{}[]:,"\'&*!|>-#%@ \n\tab0');
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    Number.MAX_VALUE,
    [],
    {},
    [null],
    { $ne: null },
    { _select: {} },
    { _select: { options: [{}] } },
    ...ODD_TEXTS,
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const mutations = fc.array(
  fc.record({
    file: fc.constantFrom(...Object.keys(PROJECT)),
    at: fc.nat(),
    mutation: fc.oneof(
      fc.record({ kind: fc.constant('replace' as const), value: anything }),
      fc.record({ kind: fc.constantFrom('remove' as const, 'rename' as const, 'duplicate' as const) }),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

test('the project that is mutated is right as it is', async () => {
  await using project = await temporaryProject({ ...PROJECT, ...CODE });
  expect((await project.load({ env: { X: 'secret' } })).problems).toEqual([]);
});

test('whatever is done to a project, it loads or says what is wrong, and where', async () => {
  const property = fc.asyncProperty(mutations, async (steps) => {
    const files: Record<string, unknown> = { ...PROJECT };
    for (const { file, at, mutation } of steps) {
      const places = placesOf(files[file]);
      files[file] = mutate(files[file], places[at % places.length] ?? [], mutation);
    }
    await using project = await temporaryProject({ ...files, ...CODE });
    const { config, definitions, problems, hashes } = await project.load({ env: { X: 'secret' } });
    expect(config !== null || problems.length > 0).toBe(true);
    expect(hashes.size).toBeGreaterThanOrEqual(definitions?.views.length ?? 0);
    for (const problem of problems) {
      expect(problem.place.file).not.toBe('');
      expect(problem.message).not.toMatch(/\.$|undefined|\[object/);
    }
  });
  await fc.assert(property, propertyOptions(100, 10_000));
});

test('whatever bytes stand in a file, it is read or refused', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...SIGNS), maxLength: 40 }));
  const property = fc.asyncProperty(
    fc.constantFrom('millrace.yaml', 'erSchema.json', 'projections/orders.json'),
    text,
    async (file, content) => {
      await using project = await temporaryProject({ ...SMALL_PROJECT, [file]: content });
      const { config, problems } = await project.load();
      expect(config !== null || problems.length > 0).toBe(true);
    },
  );
  await fc.assert(property, propertyOptions(60, 10_000));
});
