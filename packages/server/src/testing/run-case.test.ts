import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SMALL_PROJECT, temporaryProject } from '../config/temporary-project.test-support.ts';
import type { Files, TemporaryProject } from '../config/temporary-project.test-support.ts';
import { chooseCases, findCases } from './find-cases.ts';
import { MemoryProject, loadTestable } from './memory-project.ts';
import { runFoundCase } from './run-case.ts';
import type { CaseResult, RunOptions } from './run-case.ts';
import { runCase, testProject } from './test-project.ts';

const FIXTURES = {
  customers: [
    { id: 'a', name: 'Ada' },
    { id: 'b', name: 'Bob' },
  ],
  orders: [
    { id: '1', customer: 'a', total: '1.50' },
    { id: '2', customer: 'b', total: '2.50' },
  ],
};
const ADA = { id: 'a', name: 'Ada', orders: [{ id: '1', total: '1.50' }] };
const CASE = 'tests/sv_customers/ada';
const RIGHT: Files = { [`${CASE}/fixtures.json`]: FIXTURES, [`${CASE}/identifier.json`]: { id: 'a' }, [`${CASE}/expected.json`]: ADA };

function project(files: Files): Promise<TemporaryProject> {
  return temporaryProject({ ...SMALL_PROJECT, ...files });
}

async function results(files: Files, options?: RunOptions): Promise<CaseResult[]> {
  await using temporary = await project(files);
  return await resultsIn(temporary.folder, options);
}

async function resultsIn(folder: string, options?: RunOptions): Promise<CaseResult[]> {
  const testable = await loadTestable(folder);
  const { cases, misplaced } = findCases(folder, testable.plan);
  await using memory = new MemoryProject(testable);
  const done: CaseResult[] = [];
  for (const found of cases) done.push(await runFoundCase(memory, found, options));
  return [
    ...done,
    ...misplaced.map(({ name, error }) => ({
      name,
      outcome: 'failed' as const,
      reasons: [error.message],
      differences: [],
      durationMs: 0,
    })),
  ];
}

describe('a case', () => {
  test('passes when the document is the expected one', async () => {
    expect(await results(RIGHT)).toMatchObject([{ name: 'sv_customers/ada', outcome: 'passed' }]);
  });

  test('fails with the places that differ', async () => {
    const [result] = await results({ ...RIGHT, [`${CASE}/expected.json`]: { ...ADA, name: 'Eve', orders: [] } });
    expect(result).toMatchObject({
      outcome: 'failed',
      differences: [
        { path: 'name', expected: 'Eve', got: 'Ada' },
        { path: 'orders[0]', expected: undefined },
      ],
    });
  });

  test('of several identifiers expects a list; null where there is no base record', async () => {
    const files = { ...RIGHT, [`${CASE}/identifier.json`]: [{ id: 'a' }, { id: 'c' }], [`${CASE}/expected.json`]: [ADA, null] };
    expect(await results(files)).toMatchObject([{ outcome: 'passed' }]);
    const [wrong] = await results({ ...files, [`${CASE}/expected.json`]: [ADA, ADA] });
    expect(wrong).toMatchObject({ outcome: 'failed', differences: [{ path: '[1]', got: null }] });
  });

  test('does not see what another case wrote', async () => {
    const second = 'tests/sv_customers/nobody';
    const files = {
      ...RIGHT,
      [`${second}/fixtures.json`]: {},
      [`${second}/identifier.json`]: { id: 'a' },
      [`${second}/expected.json`]: 'null',
    };
    expect((await results(files)).map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
  });

  test('a deleted fixture is not shown', async () => {
    const fixtures = { ...FIXTURES, orders: FIXTURES.orders.map((order) => ({ ...order, __STATE__: 'DELETED' })) };
    const files = { ...RIGHT, [`${CASE}/fixtures.json`]: fixtures, [`${CASE}/expected.json`]: { ...ADA, orders: [] } };
    expect(await results(files)).toMatchObject([{ outcome: 'passed' }]);
  });

  test('with --update writes what the view is, and then passes', async () => {
    await using temporary = await project({ ...RIGHT, [`${CASE}/expected.json`]: { id: 'x' } });
    expect(await resultsIn(temporary.folder, { update: true })).toMatchObject([{ outcome: 'updated' }]);
    expect(JSON.parse(readFileSync(path.join(temporary.folder, CASE, 'expected.json'), 'utf8'))).toMatchObject({ id: 'a', name: 'Ada' });
    expect(await resultsIn(temporary.folder)).toMatchObject([{ outcome: 'passed' }]);
    expect(await resultsIn(temporary.folder, { update: true })).toMatchObject([{ outcome: 'passed' }]);
  });
});

describe('a case with functions of the user', () => {
  const VIEW = SMALL_PROJECT['views/customers/aggregation.json'];
  const withFunction = (source: string): Files => ({
    ...RIGHT,
    'views/customers/aggregation.json': {
      ...VIEW,
      config: {
        ...VIEW.config,
        SV_CONFIG: { ...VIEW.config.SV_CONFIG, mapping: { ...VIEW.config.SV_CONFIG.mapping, count: '__fromFile__[count]' } },
      },
    },
    'views/customers/count.js': source,
  });

  test('runs them: they read the fixtures', async () => {
    const source =
      "export default async (logger, db, map) => db.collection('orders').countDocuments({ customer: map.get('customers').id });";
    expect(await results({ ...withFunction(source), [`${CASE}/expected.json`]: { ...ADA, count: 1 } })).toMatchObject([
      { outcome: 'passed' },
    ]);
  });

  test('says what they threw', async () => {
    const [result] = await results(withFunction("export default () => { throw new Error('no more'); };"));
    expect(result).toMatchObject({ outcome: 'failed', reasons: [expect.stringContaining('no more')] });
  });
});

test('a view over a view finds the documents of that view, built from the fixtures or given', async () => {
  const files: Files = {
    ...SMALL_PROJECT,
    'millrace.yaml': `${SMALL_PROJECT['millrace.yaml']}      sv_desk: ./views/desk\n`,
    'erSchema.json': {
      version: '1.0.0',
      config: {
        customers: {
          outgoing: {
            ...SMALL_PROJECT['erSchema.json'].config.customers.outgoing,
            sv_customers: { conditions: { to_view: { condition: { id: 'id' } } } },
          },
        },
      },
    },
    'views/desk/aggregation.json': {
      version: '1.0.0',
      config: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' }, sv_customers: { type: 'projection', on: 'to_view' } },
          mapping: { id: 'customers.id', orders: 'sv_customers.orders' },
        },
      },
    },
    'tests/sv_desk/built/fixtures.json': FIXTURES,
    'tests/sv_desk/built/identifier.json': { id: 'a' },
    'tests/sv_desk/built/expected.json': { id: 'a', orders: ADA.orders },
    'tests/sv_desk/given/fixtures.json': { ...FIXTURES, sv_customers: [{ id: 'a', name: 'Ada', orders: ['given'] }] },
    'tests/sv_desk/given/identifier.json': { id: 'a' },
    'tests/sv_desk/given/expected.json': { id: 'a', orders: ['given'] },
  };
  expect((await results(files)).map(({ name, outcome, differences }) => [name, outcome, differences])).toEqual([
    ['sv_desk/built', 'passed', []],
    ['sv_desk/given', 'passed', []],
  ]);
});

describe('a validator', () => {
  const files: Files = {
    'views/customers/validator.js': "export default (logger, view) => view.name !== 'Eve';",
    'tests/sv_customers/validator/valid/ada.json': { id: 'a', name: 'Ada' },
    'tests/sv_customers/validator/invalid/eve.json': { id: 'e', name: 'Eve' },
  };

  test('has to accept and to refuse', async () => {
    expect((await results(files)).map(({ name, outcome }) => [name, outcome])).toEqual([
      ['sv_customers/validator/invalid/eve.json', 'passed'],
      ['sv_customers/validator/valid/ada.json', 'passed'],
    ]);
    const swapped = {
      ...files,
      'tests/sv_customers/validator/valid/ada.json': { name: 'Eve' },
      'tests/sv_customers/validator/invalid/eve.json': {},
    };
    expect((await results(swapped)).map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
  });

  test('that there is not has no tests', async () => {
    const [result] = await results({ 'tests/sv_customers/validator/valid/ada.json': {} });
    expect(result?.reasons[0]).toContain('sv_customers has no validator.js');
  });
});

describe('files that are not right', () => {
  const without = (name: string): Files => Object.fromEntries(Object.entries(RIGHT).filter(([file]) => !file.endsWith(name)));

  test.each<[string, Files, string]>([
    ['no fixtures', without('fixtures.json'), 'tests/sv_customers/ada/fixtures.json: is missing'],
    ['no expectation', without('expected.json'), 'tests/sv_customers/ada/expected.json: is missing'],
    ['a file too many', { ...RIGHT, [`${CASE}/expcted.json`]: {} }, 'expcted.json: means nothing here'],
    ['no JSON', { ...RIGHT, [`${CASE}/fixtures.json`]: '{' }, 'fixtures.json: is not JSON'],
    ['an unknown collection', { ...RIGHT, [`${CASE}/fixtures.json`]: { order: [] } }, 'did you mean "orders"'],
    [
      'an unknown field',
      { ...RIGHT, [`${CASE}/fixtures.json`]: { orders: [{ id: '1', totl: 1 }] } },
      'orders[0].totl is no field of orders, did you mean "total"',
    ],
    [
      'a value of another type',
      { ...RIGHT, [`${CASE}/fixtures.json`]: { customers: [{ id: 1 }] } },
      'customers[0].id is 1, expected a text',
    ],
    [
      'one key twice',
      { ...RIGHT, [`${CASE}/fixtures.json`]: { customers: [{ id: 'a' }, { id: 'a' }] } },
      'customers[1] has the same key as customers[0]',
    ],
    ['no key', { ...RIGHT, [`${CASE}/fixtures.json`]: { customers: [{ name: 'A' }] } }, 'customers[0] has no id'],
    ['another identifier', { ...RIGHT, [`${CASE}/identifier.json`]: { customerId: 'a' } }, 'has customerId, expected id'],
    ['lists of two lengths', { ...RIGHT, [`${CASE}/identifier.json`]: [{ id: 'a' }] }, 'expected a list of 1'],
    ['an unknown view', { 'tests/sv_custmers/x/fixtures.json': {} }, 'did you mean "sv_customers"'],
    [
      'the view itself among the fixtures',
      { ...RIGHT, [`${CASE}/fixtures.json`]: { sv_customers: [{ id: 'a' }] } },
      'which is what the case builds',
    ],
  ])('%s', async (_, files, message) => {
    const [result] = await results(files);
    expect(result).toMatchObject({ outcome: 'failed', reasons: [expect.stringContaining(message)] });
  });

  test('notes beside the cases are nobody’s tests', async () => {
    expect(await results({ ...RIGHT, [`${CASE}/README.md`]: 'why', 'tests/README.md': 'all' })).toMatchObject([{ outcome: 'passed' }]);
  });
});

describe('choosing', () => {
  test('by view, by case, by path; a name that means nothing is refused', async () => {
    await using temporary = await project(RIGHT);
    const { folder } = temporary;
    mkdirSync(path.join(folder, 'tests/sv_customers/other'));
    const found = findCases(folder, (await loadTestable(folder)).plan);
    const chosen = (given: string, working = folder): string[] =>
      chooseCases(found, [given], { project: folder, working }).cases.map(({ name }) => name);
    const all = ['sv_customers/ada', 'sv_customers/other'];
    expect(chosen('sv_customers')).toEqual(all);
    expect(chosen('tests')).toEqual(all);
    expect(chosen('tests/sv_customers/ada/')).toEqual(['sv_customers/ada']);
    expect(chosen('ada', path.join(folder, 'tests/sv_customers'))).toEqual(['sv_customers/ada']);
    expect(() => chosen('sv_customer')).toThrow('No test is called "sv_customer"');
  });

  test('a project without tests says so', async () => {
    await using temporary = await project({});
    await expect(runCase(temporary.folder, 'sv_customers/ada')).rejects.toThrow('There are no tests in');
  });
});

describe('as a library', () => {
  test('each case is a test of the runner', async () => {
    await using temporary = await project({ ...RIGHT, 'tests/sv_nobody/x/a.json': {} });
    const tests = new Map<string, () => Promise<void>>();
    await testProject(temporary.folder, { test: (name, run) => tests.set(name, run) });
    await tests.get('sv_customers/ada')?.();
    await expect(tests.get('sv_nobody')?.()).rejects.toThrow('no single view of this project');
    writeFileSync(path.join(temporary.folder, CASE, 'expected.json'), JSON.stringify({ ...ADA, name: 'Eve' }));
    await expect(tests.get('sv_customers/ada')?.()).rejects.toThrow(/name\n {4}expected "Eve"\n {4}got {6}"Ada"/);
  });

  test('one case is run by its name', async () => {
    await using temporary = await project(RIGHT);
    expect(await runCase(temporary.folder, 'sv_customers/ada')).toMatchObject({ outcome: 'passed' });
    await expect(runCase(temporary.folder, 'sv_customers')).rejects.toThrow('is not one case');
  });
});
