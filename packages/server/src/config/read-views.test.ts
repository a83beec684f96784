import { describe, expect, test } from 'vitest';

import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const FOLDER = 'views/customers';
const YAML = SMALL_PROJECT['millrace.yaml'];
const { [`${FOLDER}/aggregation.json`]: _, ...WITHOUT_AGGREGATION } = SMALL_PROJECT;

async function load(files: Files, base: Files = SMALL_PROJECT) {
  await using project = await temporaryProject({ ...base, ...files });
  const { definitions, problems } = await project.load();
  return { view: definitions?.views[0], lines: problemLines(problems), folder: `${project.folder}/${FOLDER}`, root: project.folder };
}

/** The long form of the view, with options. */
function long(options: string): Files {
  return { 'millrace.yaml': YAML.replace('sv_customers: ./views/customers', `sv_customers: { folder: ./views/customers, ${options} }`) };
}

describe('the folder of a view', () => {
  test('with nothing but an aggregation is enough', async () => {
    const { view, lines } = await load({});
    expect(lines).toEqual([]);
    expect(view).toMatchObject({
      key: undefined,
      paths: undefined,
      strategies: undefined,
      validator: undefined,
      upsertStrategy: { kind: 'replace' },
      deleteStrategy: { kind: 'delete' },
    });
  });

  test('gives all functions that it holds', async () => {
    const files = ['validator.js', 'upsert.ts', 'delete.cjs', 'singleViewKey.mjs'];
    const { view, lines, folder } = await load(Object.fromEntries(files.map((file) => [`${FOLDER}/${file}`, ''])));
    expect(lines).toEqual([]);
    expect(view).toMatchObject({
      validator: { file: `${folder}/validator.js` },
      upsertStrategy: { kind: 'function', code: { file: `${folder}/upsert.ts` } },
      deleteStrategy: { kind: 'function', code: { file: `${folder}/delete.cjs` } },
      key: { kind: 'function', code: { file: `${folder}/singleViewKey.mjs` } },
    });
  });

  test('may hold a pipeline and a mapper instead of an aggregation', async () => {
    const { view, lines, folder } = await load({ [`${FOLDER}/pipeline.js`]: '', [`${FOLDER}/mapper.js`]: '' }, WITHOUT_AGGREGATION);
    expect(lines).toEqual([]);
    expect(view?.source).toEqual({ kind: 'manual', pipeline: { file: `${folder}/pipeline.js` }, mapper: { file: `${folder}/mapper.js` } });
  });

  const faults: readonly (readonly [what: string, files: Files, base: Files, lines: readonly string[]])[] = [
    [
      'nothing to build from',
      { [`${FOLDER}/notes.md`]: '' },
      WITHOUT_AGGREGATION,
      [
        'millrace.yaml:10:21 error CONFIG_FILE_MISSING | The folder views/customers of the single view sv_customers holds no aggregation.json | expected: aggregation.json, or pipeline.js with mapper.js | cure: Create aggregation.json',
      ],
    ],
    [
      'a misspelt aggregation',
      { [`${FOLDER}/agregation.json`]: {} },
      WITHOUT_AGGREGATION,
      [
        'millrace.yaml:10:21 error CONFIG_FILE_MISSING | The folder views/customers of the single view sv_customers holds no aggregation.json | expected: aggregation.json, or pipeline.js with mapper.js | cure: Rename agregation.json',
      ],
    ],
    [
      'a pipeline alone',
      { [`${FOLDER}/pipeline.js`]: '' },
      WITHOUT_AGGREGATION,
      [
        'millrace.yaml:10:21 error CONFIG_FILE_MISSING | The single view sv_customers has pipeline.js, but no mapper.js | expected: mapper.js | cure: Create mapper.js',
      ],
    ],
    [
      'an aggregation and a pipeline',
      { [`${FOLDER}/pipeline.js`]: '' },
      SMALL_PROJECT,
      [
        'views/customers/pipeline.js error CONFIG_CLASH | The single view sv_customers has both views/customers/aggregation.json and views/customers/pipeline.js | expected: aggregation.json, or pipeline.js with mapper.js | cure: Remove the one that is not meant',
      ],
    ],
    [
      'two keys',
      { [`${FOLDER}/singleViewKey.json`]: { config: { id: 'id' } }, [`${FOLDER}/singleViewKey.js`]: '' },
      SMALL_PROJECT,
      [
        'views/customers/singleViewKey.js error CONFIG_CLASH | views/customers/singleViewKey.json and views/customers/singleViewKey.js both define the single view key | expected: one of them | cure: Remove one of them',
      ],
    ],
    [
      'two aggregations',
      { [`${FOLDER}/aggregation.yaml`]: 'config: {}' },
      SMALL_PROJECT,
      [
        'views/customers/aggregation.yaml error CONFIG_CLASH | views/customers/aggregation.json and views/customers/aggregation.yaml both stand for aggregation | cure: Remove one of them',
      ],
    ],
  ];
  test.for(faults)('with %s is refused', async ([, files, base, lines]) => {
    expect((await load(files, base)).lines).toEqual(lines);
  });

  test('that is not there is refused, with the nearest', async () => {
    expect((await load({ 'millrace.yaml': YAML.replace('./views/customers', './views/customer') })).lines).toEqual([
      'millrace.yaml:10:21 error CONFIG_FILE_MISSING | Folder views/customer does not exist | expected: a folder | cure: Did you mean customers?',
    ]);
  });
});

describe('the long form', () => {
  test('sets every option', async () => {
    const { view, lines } = await load(
      long(
        'upsertStrategy: update, deleteStrategy: virtualDelete, onInvalid: keep, maxProcessingMs: 100, retry: { attempts: 2 }, dependsOn: [orders]',
      ),
    );
    expect(lines).toEqual([]);
    expect(view).toMatchObject({
      upsertStrategy: { kind: 'update' },
      deleteStrategy: { kind: 'virtualDelete' },
      onInvalid: 'keep',
      maxProcessingMs: 100,
      retry: { attempts: 2, delayMs: 1000 },
      dependsOn: ['orders'],
    });
  });

  test('names strategies by paths, from the project or from the folder of the view', async () => {
    const { view, lines, root, folder } = await load({
      ...long('upsertStrategy: ./writers/mine.js, deleteStrategy: ./remove.js'),
      'writers/mine.js': '',
      [`${FOLDER}/remove.js`]: '',
    });
    expect(lines).toEqual([]);
    expect(view).toMatchObject({
      upsertStrategy: { kind: 'function', code: { file: `${root}/writers/mine.js` } },
      deleteStrategy: { kind: 'function', code: { file: `${folder}/remove.js` } },
    });
  });

  test('that names a strategy silences the file of the folder, with a warning', async () => {
    const { view, lines } = await load({ ...long('upsertStrategy: replace'), [`${FOLDER}/upsert.js`]: '' });
    expect(view?.upsertStrategy).toEqual({ kind: 'replace' });
    expect(lines).toEqual([
      'millrace.yaml:10:66 warning CONFIG_NO_EFFECT | The single view sv_customers has upsertStrategy: replace, so that views/customers/upsert.js does nothing | cure: Remove upsertStrategy, or the file',
    ]);
  });

  const faults: readonly (readonly [options: string, line: string])[] = [
    [
      'upsertStrategy: replce',
      '10:66 error CONFIG_VALUE | upsertStrategy must be replace, update or the path of a .js or .ts file, not "replce" | expected: replace, update or the path of a .js or .ts file | cure: Did you mean replace?',
    ],
    [
      'deleteStrategy: ./gone.js',
      '10:66 error CONFIG_FILE_MISSING | No file for the function "./gone.js" | expected: ./gone.js in . or views/customers | cure: Create the file, or correct the name',
    ],
    ['onInvalid: drop', '10:61 error CONFIG_VALUE | onInvalid must be delete or keep, not "drop" | expected: delete or keep'],
    ['maxProcessingMs: 0', '10:67 error CONFIG_VALUE | maxProcessingMs must be greater than 0, not 0 | expected: greater than 0'],
    ['retry: { attempts: 1.5 }', '10:69 error CONFIG_VALUE | attempts must be a whole number, not 1.5 | expected: a whole number'],
    [
      'dependson: []',
      '10:50 error CONFIG_UNKNOWN_KEY | Unknown key "dependson" in sv_customers | expected: folder, upsertStrategy, deleteStrategy, onInvalid, maxProcessingMs, retry or dependsOn | cure: Did you mean dependsOn?',
    ],
  ];
  test.for(faults)('with %s is refused, and the view is still read', async ([options, line]) => {
    const { view, lines } = await load(long(options));
    expect(lines).toEqual([`millrace.yaml:${line}`]);
    expect(view).toBeDefined();
  });
});

describe('singleViewKey.json', () => {
  test('maps fields of the view to keys of the identifier', async () => {
    const { view, lines } = await load({ [`${FOLDER}/singleViewKey.json`]: { version: '1.0.0', config: { customerId: 'id' } } });
    expect(lines).toEqual([]);
    expect(view?.key).toMatchObject({ kind: 'fields', fields: { customerId: 'id' } });
  });

  test('without fields leaves the key to be derived', async () => {
    const { view, lines } = await load({ [`${FOLDER}/singleViewKey.json`]: { version: '1.0.0', config: {} } });
    expect(view?.key).toBeUndefined();
    expect(lines).toEqual([
      'views/customers/singleViewKey.json:3:3 warning CONFIG_NO_EFFECT | views/customers/singleViewKey.json names no field, so that the key is derived | cure: Remove the file',
    ]);
  });
});

describe('projectionChangesSchema.json', () => {
  const file = `${FOLDER}/projectionChangesSchema.json`;
  const paths = (...entries: unknown[]) => ({
    [file]: { version: '1.0.0', config: { sv_customers: { paths: entries }, sv_others: { paths: [] } } },
  });

  test('declares paths, with keys or with a function', async () => {
    const { view, lines, folder } = await load({
      ...paths({ path: ['orders', 'customers'], identifier: { id: 'id' } }, { path: ['customers'], identifier: '__fromFile__[identify]' }),
      [`${FOLDER}/identify.js`]: '',
    });
    expect(lines).toEqual([]);
    expect(view?.paths).toMatchObject([
      { path: ['orders', 'customers'], identifier: { kind: 'fields', fields: { id: 'id' } } },
      { path: ['customers'], identifier: { kind: 'function', code: { file: `${folder}/identify.js` } } },
    ]);
  });

  test('that says nothing leaves the paths to be derived', async () => {
    for (const config of [{}, { sv_customers: { paths: [] } }]) {
      const { view, lines } = await load({ [file]: { version: '1.0.0', config } });
      expect([view?.paths, lines]).toEqual([undefined, []]);
    }
  });

  test('of other views only is a warning', async () => {
    const { lines } = await load({ [file]: { config: { sv_customer: { paths: [] } } } });
    expect(lines).toEqual([
      `${file}:2:3 warning CONFIG_NO_EFFECT | ${file} declares paths for sv_customer, but none for sv_customers | expected: config.sv_customers.paths | cure: Name the entry sv_customers`,
    ]);
  });

  const faults: readonly (readonly [path: object, line: string])[] = [
    [
      { path: [], identifier: { id: 'id' } },
      '7:11 error CONFIG_VALUE | path must be a list that is not empty, not [] | expected: a list that is not empty',
    ],
    [
      { path: ['customers'] },
      '6:9 error CONFIG_MISSING_KEY | Missing key "identifier" | expected: a text or an object | cure: Add identifier: a text or an object',
    ],
    [
      { path: ['customers'], identifier: {} },
      '10:11 error CONFIG_VALUE | The identifier has no keys | expected: { "key of the identifier": "field of the base projection" }',
    ],
    [
      { path: ['customers'], identifier: 'id' },
      '10:25 error CONFIG_VALUE | "id" cannot be an identifier | expected: __fromFile__[function], or { "key of the identifier": "field of the base projection" }',
    ],
  ];
  test.for(faults)('%j is refused', async ([path, line]) => {
    expect((await load(paths(path))).lines).toEqual([`${file}:${line}`]);
  });
});

describe('kafkaProjectionUpdates.json', () => {
  const file = `${FOLDER}/kafkaProjectionUpdates.json`;
  const forAll = YAML.replace('    systems:', '    kafkaProjectionUpdates: ./updates.json\n    systems:');

  test('names the strategy of each projection, in the view’s folder or in the system’s', async () => {
    const { view, lines, folder, root } = await load({
      'millrace.yaml': YAML.replace('format: debezium', 'format: debezium\n        strategies: ./strategies'),
      [file]: {
        customers: { updatesTopic: 't', strategy: '__automatic__' },
        orders: { strategy: '__fromFile__[own.js]' },
        sv_others: { strategy: '__fromFile__[shared]' },
        reviews: {},
      },
      [`${FOLDER}/own.js`]: '',
      'strategies/shared.ts': '',
    });
    expect(lines).toEqual([]);
    expect([...(view?.strategies ?? [])].map(([name, { strategy }]) => [name, strategy])).toEqual([
      ['customers', { kind: 'automatic' }],
      ['orders', { kind: 'function', code: { file: `${folder}/own.js` } }],
      ['sv_others', { kind: 'function', code: { file: `${root}/strategies/shared.ts` } }],
      ['reviews', { kind: 'automatic' }],
    ]);
  });

  test('may stand beside the ER schema for all views; a view’s own wins', async () => {
    const { view, lines, folder, root } = await load({
      'millrace.yaml': forAll,
      'updates.json': { customers: { strategy: '__fromFile__[a]' }, orders: { strategy: '__fromFile__[a]' } },
      'a.js': '',
      [file]: { orders: { strategy: '__fromFile__[b]' } },
      [`${FOLDER}/b.js`]: '',
    });
    expect(lines).toEqual([]);
    expect([...(view?.strategies ?? [])].map(([name, { strategy }]) => [name, strategy])).toEqual([
      ['customers', { kind: 'function', code: { file: `${root}/a.js` } }],
      ['orders', { kind: 'function', code: { file: `${folder}/b.js` } }],
    ]);
  });

  test('refuses strategies that there are not', async () => {
    const { lines } = await load({
      [file]: { customers: { strategy: '__lookup__' }, orders: { strategy: '__fromFile__[gone]' }, reviews: { strategi: '__automatic__' } },
    });
    expect(lines).toEqual([
      `${file}:3:17 error CONFIG_VALUE | The strategy "__lookup__" is unknown | expected: __automatic__ or __fromFile__[strategy]`,
      `${file}:6:17 error CONFIG_FILE_MISSING | No file for the function "gone" | expected: gone.js (or .ts, .mjs, .cjs) in views/customers | cure: Create the file, or correct the name`,
      `${file}:9:5 error CONFIG_UNKNOWN_KEY | Unknown key "strategi" in reviews | expected: updatesTopic or strategy | cure: Did you mean strategy?`,
    ]);
  });

  test('that is named and not there is refused', async () => {
    expect((await load({ 'millrace.yaml': forAll })).lines).toEqual([
      'millrace.yaml:5:29 error CONFIG_FILE_MISSING | File updates.json does not exist | expected: a file | cure: Create the file, or correct the path',
    ]);
  });
});
