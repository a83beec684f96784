import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import type { Definitions } from '../core/definitions.ts';
import { loadProject } from './load-project.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

/** Definitions without places, so that those of two spellings can be compared. */
function meaning(definitions: Definitions | null): unknown {
  return JSON.parse(
    JSON.stringify(definitions, (key, value: unknown) => (key === 'place' ? undefined : value instanceof Map ? [...value] : value)),
  ) as unknown;
}

const { 'millrace.yaml': yaml, ...otherFiles } = SMALL_PROJECT;
const settings = parse(yaml) as object;

describe('a project that is right', () => {
  test('gives its settings with defaults filled in and paths made absolute', async () => {
    await using project = await temporaryProject(SMALL_PROJECT);
    const { config, problems } = await project.load();
    const day = 86_400_000;
    expect(problems).toEqual([]);
    expect(config).toEqual({
      folder: project.folder,
      file: join(project.folder, 'millrace.yaml'),
      id: 'shop',
      data: join(project.folder, '.millrace'),
      durability: 'process',
      cacheBytes: 256_000_000,
      retention: {
        logMs: 7 * day,
        logBytes: 10_000_000_000,
        softDeletedMs: undefined,
        deletedKeysMs: 7 * day,
        deadLettersMs: 30 * day,
        errorsMs: 30 * day,
      },
      http: { host: '127.0.0.1', port: 4122, token: undefined, unguarded: false, origins: [], maxLimit: 200, maxQueryMs: 10_000 },
      live: {
        maxClients: 10_000,
        maxSubscriptions: 1_000,
        maxRows: 10_000,
        maxFrameBytes: 262_144,
        maxBufferBytes: 1_048_576,
        slowMs: 30_000,
        heartbeatMs: 15_000,
        resumeMs: 3_600_000,
        resumeBytes: 256_000_000,
      },
      auditPerSecond: 1,
      logging: { level: 'info', format: 'auto', keys: 'redacted' },
      log: { use: 'embedded' },
      store: { use: 'embedded' },
      topics: {
        create: true,
        partitions: 4,
        replication: undefined,
        compact: false,
        retentionMs: { ingestion: 7 * day, handOver: 7 * day, deadLetters: 30 * day },
        named: {},
      },
      drainMs: 30_000,
      alias: 'mongo',
    });
  });

  test('gives its definitions', async () => {
    await using project = await temporaryProject(SMALL_PROJECT);
    const { definitions, hashes } = await project.load();
    expect(definitions?.systems[0]).toMatchObject({ name: 'shop', format: 'debezium', counter: 'timestamp', strategiesFolder: undefined });
    expect(definitions?.systems[0]?.projections.map(({ name, topics, primaryKey }) => ({ name, topics, primaryKey }))).toEqual([
      { name: 'customers', topics: ['shop.customers.ingestion'], primaryKey: ['id'] },
      { name: 'orders', topics: ['shop.orders.ingestion'], primaryKey: ['id'] },
    ]);
    expect(definitions?.relations).toMatchObject([{ name: 'customer_to_orders', source: 'customers', target: 'orders', oneToMany: true }]);
    expect(definitions?.views).toMatchObject([
      { name: 'sv_customers', onInvalid: 'delete', maxProcessingMs: 30_000, retry: { attempts: 5, delayMs: 1000 }, dependsOn: [] },
    ]);
    expect(definitions?.compatibility).toEqual({ missingFields: 'null', emptyObject: 'leaves', uncastable: 'deadLetter' });
    expect([...hashes.keys()]).toEqual([
      'projection/customers',
      'projection/orders',
      'relation/customers/orders/customer_to_orders',
      'view/sv_customers',
    ]);
  });

  const forms: Readonly<Record<string, Files>> = {
    'millrace.yml': { 'millrace.yml': yaml },
    'millrace.json': { 'millrace.json': settings },
    'millrace.ts': { 'millrace.ts': `const config: object = ${JSON.stringify(settings)};\nexport default config;\n` },
    'millrace.js, an ES module': { 'package.json': { type: 'module' }, 'millrace.js': `export default ${JSON.stringify(settings)};\n` },
    'millrace.cjs': { 'millrace.cjs': `module.exports = ${JSON.stringify(settings)};\n` },
    'millrace.mjs with a function': { 'millrace.mjs': `export default async () => (${JSON.stringify(settings)});\n` },
  };
  test.for(Object.entries(forms))('%s says the same as millrace.yaml', async ([, form]) => {
    await using inYaml = await temporaryProject(SMALL_PROJECT);
    await using other = await temporaryProject({ ...otherFiles, ...form });
    const [expected, loaded] = [await inYaml.load(), await other.load()];
    expect(loaded.problems).toEqual([]);
    expect(meaning(loaded.definitions)).toEqual(meaning(expected.definitions));
    expect(loaded.hashes).toEqual(expected.hashes);
    expect({ ...loaded.config, folder: '', file: '', data: '' }).toEqual({ ...expected.config, folder: '', file: '', data: '' });
  });

  test('may write all its files in YAML, and its projections inline', async () => {
    await using expected = await temporaryProject(SMALL_PROJECT);
    const inline = structuredClone(settings) as {
      modules: { fastData: { erSchema: string; systems: { shop: { projections: unknown } } } };
    };
    inline.modules.fastData.erSchema = './erSchema.yaml';
    inline.modules.fastData.systems.shop.projections = {
      customers: SMALL_PROJECT['projections/customers.json'],
      orders: SMALL_PROJECT['projections/orders.json'],
    };
    await using project = await temporaryProject({
      'millrace.json': inline,
      'erSchema.yaml': JSON.stringify(SMALL_PROJECT['erSchema.json']),
      'views/customers/aggregation.yaml': JSON.stringify(SMALL_PROJECT['views/customers/aggregation.json']),
    });
    const loaded = await project.load();
    expect(loaded.problems).toEqual([]);
    expect(meaning(loaded.definitions)).toEqual(meaning((await expected.load()).definitions));
  });

  test('knows the place of everything that it defines', async () => {
    await using project = await temporaryProject(SMALL_PROJECT);
    const { definitions, locate } = await project.load();
    const view = definitions?.views[0];
    const mapping = view?.source.kind === 'aggregation' ? view.source.aggregation.root.mapping : undefined;
    const name = mapping?.kind === 'object' ? mapping.fields[1]?.value : undefined;
    expect(name).toMatchObject({ kind: 'reference', dependency: 'customers', path: ['name'] });
    const [located] = locate([
      { severity: 'error', code: 'UNKNOWN_FIELD', place: name?.place ?? { file: '', path: [] }, message: 'No such field' },
    ]);
    expect(located?.place).toEqual({
      file: 'views/customers/aggregation.json',
      path: ['config', 'SV_CONFIG', 'mapping', 'name'],
      line: 16,
      column: 17,
    });
  });
});

describe('a project that is wrong', () => {
  test('whose folder is not there is reported, not thrown', async () => {
    const loaded = await loadProject({ folder: '/nowhere/at/all' });
    expect(loaded.config).toBeNull();
    expect(loaded.definitions).toBeNull();
    expect(problemLines(loaded.problems)).toEqual([
      'millrace.yaml error CONFIG_FILE_MISSING | The project folder /nowhere/at/all does not exist | expected: millrace.yaml (or .yml, .json, .ts, .js) | cure: Create it, or name the project’s folder with --project',
    ]);
  });

  test('whose project file has another name is told the right one', async () => {
    await using project = await temporaryProject({ 'milrace.yaml': 'id: shop\n' });
    expect((await project.load()).problems[0]?.cure).toBe('Rename milrace.yaml');
  });

  test('with two project files names both', async () => {
    await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.json': { id: 'x' } });
    expect(problemLines((await project.load()).problems)).toEqual([
      'millrace.json error CONFIG_CLASH | millrace.yaml and millrace.json both configure the project | cure: Remove one of them',
    ]);
  });

  test('whose program throws says what was thrown', async () => {
    await using project = await temporaryProject({ 'millrace.mjs': 'throw new Error("No such stage")\n' });
    expect(problemLines((await project.load()).problems)).toEqual([
      'millrace.mjs error CONFIG_SYNTAX | millrace.mjs does not run: No such stage | expected: a default export made with defineConfig',
    ]);
  });

  test('says everything at once, of all files, and still gives what is right', async () => {
    await using project = await temporaryProject({
      ...SMALL_PROJECT,
      'millrace.yaml': yaml.replace('id: shop', 'id: shop\ndurabilty: process'),
      'projections/orders.json': { fields: { id: { type: 'strng', primaryKey: true } } },
      'erSchema.json': '{ "config": {}, }',
      'views/customers/singleViewKey.json': { config: { id: 5 } },
    });
    const { problems, definitions } = await project.load();
    expect(problems.map(({ code, place }) => [place.file, place.line, place.column, code])).toEqual([
      ['erSchema.json', 1, 17, 'CONFIG_SYNTAX'],
      ['millrace.yaml', 2, 1, 'CONFIG_UNKNOWN_KEY'],
      ['projections/orders.json', 4, 15, 'CONFIG_VALUE'],
      ['views/customers/singleViewKey.json', 3, 11, 'CONFIG_VALUE'],
    ]);
    expect(definitions?.views).toHaveLength(1);
    expect(definitions?.systems[0]?.projections).toHaveLength(2);
  });

  test('lets later checks skip names that are unknown only because they were left out', async () => {
    await using project = await temporaryProject({ ...SMALL_PROJECT, 'views/customers/aggregation.json': { config: {} } });
    const { locate } = await project.load();
    const problem = (message: string) =>
      ({ severity: 'error', code: 'UNKNOWN_COLLECTION', place: { file: 'erSchema.json', path: [] }, message }) as const;
    expect(
      locate([problem('Collection sv_customers is unknown'), problem('Collection others is unknown')]).map(({ message }) => message),
    ).toEqual(['Collection others is unknown']);
  });

  test('in which a projection and a view share a name names both places', async () => {
    await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': yaml.replace('sv_customers:', 'customers:') });
    expect(problemLines((await project.load()).problems)).toEqual([
      'millrace.yaml:10:18 error CONFIG_CLASH | The collection customers is defined at projections/customers.json:1:1 and again at millrace.yaml:10:18 | expected: names of projections and single views that are all different | cure: Rename one of them',
    ]);
  });

  test('is read again from its files each time', async () => {
    await using project = await temporaryProject(SMALL_PROJECT);
    const before = await project.load();
    await writeFile(join(project.folder, 'millrace.yaml'), yaml.replace('id: shop', 'id: market'));
    expect([before.config?.id, (await project.load()).config?.id]).toEqual(['shop', 'market']);
  });
});
