import { describe, expect, test } from 'vitest';

import type { AggregationDefinition } from '../core/view.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const FILE = 'views/customers/aggregation.json';
const BASE = { type: 'projection', on: '_identifier' };
const ROOT = { dependencies: { customers: BASE }, mapping: { id: 'customers.id' } };

async function load(config: object, version: string | undefined = '1.3.0', files: Files = {}) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, [FILE]: { version, config }, ...files });
  const { definitions, problems } = await project.load();
  const source = definitions?.views[0]?.source;
  const aggregation = source?.kind === 'aggregation' ? source.aggregation : undefined;
  return { aggregation, lines: problemLines(problems), folder: `${project.folder}/views/customers` };
}

/** An aggregation of one block, read without problems and shown without places. */
async function read(root: object, version?: string, files?: Files): Promise<AggregationDefinition['root']> {
  const { aggregation, lines } = await load({ SV_CONFIG: { ...ROOT, ...root } }, version, files);
  expect(lines).toEqual([]);
  const text = JSON.stringify(aggregation?.root, (key, value: unknown) => (key === 'place' ? undefined : value));
  return JSON.parse(text) as AggregationDefinition['root'];
}

const body = (others: object) => ({ collection: 'c', on: { kind: 'condition', name: 'C' }, onStates: ['PUBLIC'], ...others });
const reference = (path: string) => ({ kind: 'reference', dependency: path.split('.')[0], path: path.split('.').slice(1) });
const constant = (value: unknown) => ({ kind: 'constant', value });

describe('dependencies', () => {
  const cases: readonly (readonly [dependency: object, becomes: object])[] = [
    [
      { type: 'projection', on: 'C' },
      { kind: 'projection', name: 'c', body: body({}) },
    ],
    [{ type: 'config' }, { kind: 'config', name: 'c' }],
    [
      { type: 'projection', on: 'C', aliasOf: 'people', useAlias: 'USER', onStates: ['PUBLIC', 'DRAFT'] },
      { kind: 'projection', body: body({ collection: 'people', useAlias: 'USER', onStates: ['PUBLIC', 'DRAFT'] }) },
    ],
    [
      { ...BASE, identifierQueryMapping: { id: '_identifier.my_id', kind: '__integer__[3]' } },
      {
        kind: 'projection',
        body: body({
          on: { kind: 'identifier' },
          identifierQueryMapping: { id: { kind: 'identifier', key: 'my_id' }, kind: { kind: 'constant', value: 3 } },
        }),
      },
    ],
    [
      {
        type: 'projection',
        _select: {
          options: [{ when: { '==': ['USER.job', '__string__[doctor]'] }, value: { aliasOf: 'DOCTOR', on: 'USER_to_DOCTOR' } }],
          default: { on: 'C' },
        },
      },
      {
        kind: 'select',
        name: 'c',
        options: [
          {
            when: { operator: '==', left: reference('USER.job'), right: constant('doctor') },
            body: body({ collection: 'DOCTOR', on: { kind: 'condition', name: 'USER_to_DOCTOR' } }),
          },
        ],
        otherwise: body({}),
      },
    ],
  ];
  test.for(cases)('%j', async ([dependency, becomes]) => {
    const { dependencies } = await read({ dependencies: { customers: BASE, c: dependency } });
    expect(dependencies[1]).toMatchObject(becomes);
  });

  test('keep the order of their declaration', async () => {
    const { dependencies } = await read({ dependencies: { z: { type: 'config' }, customers: BASE, a: { type: 'config' } } });
    expect(dependencies.map(({ name }) => name)).toEqual(['z', 'customers', 'a']);
  });
});

describe('mappings', () => {
  const cases: readonly (readonly [input: unknown, becomes: object])[] = [
    ['customers.address.city', reference('customers.address.city')],
    ['ORDERS', reference('ORDERS')],
    ['__string__[x.y]', constant('x.y')],
    ['__integer__[5]', constant(5)],
    ['__boolean__[false]', constant(false)],
    [null, constant(null)],
    [
      { a: 'customers.id', b: { c: '__string__[]' } },
      {
        kind: 'object',
        fields: [
          { name: 'a', value: reference('customers.id') },
          { name: 'b', value: { kind: 'object', fields: [{ name: 'c', value: constant('') }] } },
        ],
      },
    ],
    [
      {
        _select: {
          options: [{ when: { '>=': ['customers.age', '__integer__[18]'] }, value: { adult: 'customers.id' } }],
          default: 'customers.name',
        },
      },
      {
        kind: 'select',
        options: [
          {
            when: { operator: '>=', left: reference('customers.age'), right: constant(18) },
            value: { kind: 'object', fields: [{ name: 'adult', value: reference('customers.id') }] },
          },
        ],
        otherwise: reference('customers.name'),
      },
    ],
    [
      { _select: { options: [{ when: { '==': ['customers.age', null] }, value: '__string__[unknown]' }] } },
      {
        kind: 'select',
        options: [{ when: { operator: '==', left: reference('customers.age'), right: constant(null) }, value: constant('unknown') }],
      },
    ],
  ];
  test.for(cases)('%j', async ([input, becomes]) => {
    const { mapping } = await read({ mapping: { field: input } });
    expect(mapping).toEqual({ kind: 'object', fields: [{ name: 'field', value: becomes }] });
  });

  test('may choose the state of the document, but only one that there is', async () => {
    expect((await read({ mapping: { __STATE__: '__string__[DRAFT]' } })).mapping).toMatchObject({ fields: [{ name: '__STATE__' }] });
    const { lines } = await load({ SV_CONFIG: { ...ROOT, mapping: { __STATE__: '__string__[DRAF]' } } });
    expect(lines).toEqual([
      `${FILE}:12:22 error CONFIG_VALUE | __STATE__ cannot be "DRAF" | expected: PUBLIC, DRAFT, TRASH or DELETED | cure: Did you mean DRAFT?`,
    ]);
  });

  test('of fields that Millrace sets itself do nothing, with a warning', async () => {
    const { aggregation, lines } = await load({
      SV_CONFIG: { ...ROOT, mapping: { id: 'customers.id', createdAt: 'customers.since', in: { createdAt: 'customers.since' } } },
    });
    expect(lines).toEqual([
      `${FILE}:13:22 warning CONFIG_NO_EFFECT | The single view's field createdAt is set by Millrace, so that its mapping does nothing | cure: Remove it, or map it to a field of another name`,
    ]);
    expect(aggregation?.root.mapping).toMatchObject({
      fields: [{ name: 'id' }, { name: 'in', value: { fields: [{ name: 'createdAt' }] } }],
    });
  });
});

describe('functions', () => {
  const names: readonly (readonly [name: string, file: string])[] = [
    ['fn', 'fn.js'],
    ['fn.js', 'fn.js'],
    ['fn', 'fn.ts'],
    ['fn.js', 'fn.ts'],
    ['fn', 'fn.mjs'],
    ['fn', 'fn.cjs'],
    ['fn.cjs', 'fn.cjs'],
    ['inner/fn', 'inner/fn.js'],
    ['./fn', 'fn.js'],
    ['with.dot', 'with.dot.js'],
  ];
  test.for(names)('__fromFile__[%s] finds %s', async ([name, file]) => {
    const files = { [`views/customers/${file}`]: '' };
    const { aggregation, lines, folder } = await load(
      { SV_CONFIG: { ...ROOT, mapping: { field: `__fromFile__[${name}]` } } },
      '1.0.0',
      files,
    );
    expect(lines).toEqual([]);
    expect(aggregation?.root.mapping).toMatchObject({ fields: [{ value: { kind: 'function', code: { file: `${folder}/${file}` } } }] });
  });

  test('may stand in when', async () => {
    const when = { '==': ['__fromFile__[fn]', '__boolean__[true]'] };
    const root = await read({ mapping: { a: { _select: { options: [{ when, value: null }] } } } }, '1.3.0', {
      'views/customers/fn.js': '',
    });
    expect(root.mapping).toMatchObject({ fields: [{ value: { options: [{ when: { left: { kind: 'function' } } }] } }] });
  });
});

describe('versions', () => {
  const select = { a: { _select: { options: [{ when: { '==': ['customers.id', null] }, value: null }] } } };
  const cases: readonly (readonly [version: string, root: object, message: string])[] = [
    ['1.0.0', { dependencyOrder: ['customers'] }, 'The version is 1.0.0, but dependencyOrder came with 1.1.0'],
    ['1.1.0', { dependencies: { customers: { ...BASE, onStates: ['DRAFT'] } } }, 'The version is 1.1.0, but onStates came with 1.2.0'],
    ['1.0.0', { mapping: select }, 'The version is 1.0.0, but _select, null in when came with 1.1.0'],
    [
      '1.0.0',
      { dependencies: { customers: { ...BASE, aliasOf: 'customers', onStates: ['DRAFT'] } } },
      'The version is 1.0.0, but aliasOf, onStates came with versions up to 1.2.0',
    ],
  ];
  test.for(cases)('%s with %j works, with a warning', async ([version, root, message]) => {
    const { aggregation, lines } = await load({ SV_CONFIG: { ...ROOT, ...root } }, version);
    expect(aggregation).toBeDefined();
    expect(lines.map((line) => line.split(' | ')[1])).toEqual([message]);
    expect(lines[0]).toContain(`${FILE}:2:14 warning CONFIG_VERSION`);
  });

  test('that are absent allow everything', async () => {
    const { lines } = await load({ SV_CONFIG: { ...ROOT, dependencyOrder: ['customers'], mapping: select } }, '1.3.0');
    expect(lines).toEqual([]);
    await using project = await temporaryProject({
      ...SMALL_PROJECT,
      [FILE]: { config: { SV_CONFIG: { ...ROOT, dependencyOrder: ['customers'] } } },
    });
    expect((await project.load()).problems).toEqual([]);
  });
});

describe('faults', () => {
  const dependency = (value: object) => ({ SV_CONFIG: { ...ROOT, dependencies: { customers: BASE, c: value } } });
  const mapping = (value: unknown) => ({ SV_CONFIG: { ...ROOT, mapping: { field: value } } });
  const when = (value: unknown) => mapping({ _select: { options: [{ when: value, value: null }] } });
  const cases: readonly (readonly [config: object, lines: readonly string[]])[] = [
    [
      { SV_CONFI: ROOT },
      [
        '3:3 CONFIG_MISSING_KEY | views/customers/aggregation.json has no SV_CONFIG | expected: SV_CONFIG, the block that the single view is made of | cure: Rename SV_CONFI to SV_CONFIG',
      ],
    ],
    [
      { SV_CONFIG: { ...ROOT, joinDependency: 'customers' } },
      [
        '14:25 CONFIG_CONTRADICTION | SV_CONFIG has a joinDependency | expected: joinDependency in config blocks only: a single view is one document | cure: Remove it, or move it to a config block',
      ],
    ],
    [
      { SV_CONFIG: { dependencies: {} } },
      ['4:5 CONFIG_MISSING_KEY | Missing key "mapping" | expected: an object | cure: Add mapping: an object'],
    ],
    [
      dependency({ type: 'projection' }),
      [
        '10:9 CONFIG_MISSING_KEY | The dependency c has no on | expected: _identifier, or the name of a condition of the ER schema | cure: Add on',
      ],
    ],
    [
      dependency({ type: 'confg' }),
      ['11:19 CONFIG_VALUE | type must be projection or config, not "confg" | expected: projection or config | cure: Did you mean config?'],
    ],
    [
      dependency({ type: 'config', aliasOf: 'x' }),
      [
        '12:22 CONFIG_CONTRADICTION | The dependency c of type config has aliasOf | cure: Remove it here: it belongs to a projection dependency inside the config block',
      ],
    ],
    [
      dependency({ type: 'projection', on: 'C', identifierQueryMapping: { id: '_identifier.id' } }),
      [
        '13:11 CONFIG_CONTRADICTION | The dependency c stands on "C", but has identifierQueryMapping | expected: on: _identifier | cure: Set on to _identifier, or remove identifierQueryMapping',
      ],
    ],
    [
      dependency({ ...BASE, identifierQueryMapping: { id: 'id' } }),
      [
        '14:19 CONFIG_VALUE | "id" is no key of the identifier | expected: _identifier.<key>, or a constant such as __string__[x] | cure: Write _identifier.id',
      ],
    ],
    [
      dependency({ type: 'projection', on: 'C', onStates: ['PUBLISHED'] }),
      [
        '14:13 CONFIG_VALUE | Element 0 of onStates must be PUBLIC, DRAFT, TRASH or DELETED, not "PUBLISHED" | expected: PUBLIC, DRAFT, TRASH or DELETED',
      ],
    ],
    [
      dependency({ type: 'projection', on: 'C', aliasof: 'x' }),
      [
        '13:11 CONFIG_UNKNOWN_KEY | Unknown key "aliasof" in c | expected: type, aliasOf, on, useAlias, identifierQueryMapping, onStates or _select | cure: Did you mean aliasOf?',
      ],
    ],
    [
      dependency({ type: 'projection', on: 'C', _select: { options: [] } }),
      ['12:17 CONFIG_CONTRADICTION | The dependency c with _select has on | cure: Move it into the values of _select'],
    ],
    [mapping(5), ['12:18 CONFIG_VALUE | field must be a text, null or an object, not 5 | expected: a text, null or an object']],
    [
      mapping({ a: { b: [1] } }),
      ['14:13 CONFIG_VALUE | b must be a text, null or an object, not [1] | expected: a text, null or an object'],
    ],
    [
      mapping('customers.'),
      [
        '12:18 CONFIG_VALUE | "customers." is not the path of a field | expected: DEPENDENCY.field, the name of a config block, or a constant such as __string__[x]',
      ],
    ],
    [
      mapping('__strin__[x]'),
      [
        '12:18 CONFIG_VALUE | __strin__[…] is unknown | expected: one of __string__[…], __integer__[…], __boolean__[…], __constant__[…], __fromFile__[…] | cure: Did you mean __string__?',
      ],
    ],
    [
      mapping('__fromFile__[sumOrder]'),
      [
        '12:18 CONFIG_FILE_MISSING | No file for the function "sumOrder" | expected: sumOrder.js (or .ts, .mjs, .cjs) in views/customers | cure: Did you mean sumOrders?',
      ],
    ],
    [
      mapping({ _select: { option: [], default: null } }),
      [
        '13:11 CONFIG_MISSING_KEY | Missing key "options" | expected: a list | cure: Add options: a list',
        '14:13 CONFIG_UNKNOWN_KEY | Unknown key "option" in _select | expected: options or default | cure: Did you mean options?',
      ],
    ],
    [
      when({ '=': ['customers.id', null] }),
      ['17:19 CONFIG_UNKNOWN_KEY | Unknown key "=" in when | expected: ==, !=, >, <, >= or <= | cure: Did you mean ==?'],
    ],
    [
      when({ '==': ['customers.id'] }),
      ['17:19 CONFIG_VALUE | == must be a list of at least 2, not ["customers.id"] | expected: a list of at least 2'],
    ],
    [when({}), ['16:17 CONFIG_VALUE | when has no operator | expected: one of ==, !=, >, <, >=, <= with two operands']],
    [
      when({ '==': ['a.b', 'c.d'], '>': ['a.b', 'c.d'] }),
      ['16:17 CONFIG_VALUE | when has 2 operators | expected: one of ==, !=, >, <, >=, <= with two operands'],
    ],
  ];
  test.for(cases)('%j', async ([config, expected]) => {
    const { aggregation, lines } = await load(config, '1.3.0', { 'views/customers/sumOrders.js': '' });
    expect(lines.map((line) => line.replace(`${FILE}:`, '').replace(' error', ''))).toEqual(expected);
    // Unknown keys do no harm; anything else leaves a hole.
    expect(aggregation === undefined).toBe(!expected.every((line) => line.includes('"aliasof"')));
  });

  test('of one file are all reported', async () => {
    const { lines } = await load({ SV_CONFIG: { ...ROOT, mapping: { a: 5, b: 'x.', c: '__fromFile__[nothing]' } } });
    expect(lines).toHaveLength(3);
  });
});
