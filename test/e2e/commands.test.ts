import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { EXAMPLE, ExampleProject, MillraceProcess, TemporaryFolder, jsonLines, millrace } from './run-millrace.ts';

const CUSTOMER = {
  topic: 'ordering.customers.ingestion',
  key: { id: 1 },
  value: { op: 'c', before: null, after: { id: 1, first_name: 'Ada', loyalty_points: 9, created_at: 1_700_000_000_000_000 } },
  timestamp: 1_700_000_000_000,
};

describe('check and explain', () => {
  test('the example has no problems', async () => {
    expect(await millrace(['check', '--project', EXAMPLE])).toMatchObject({ code: 0, out: expect.stringContaining('no problems') });
    expect(await millrace(['check', '--project', EXAMPLE, '--json'])).toMatchObject({ code: 0, out: '' });
  });

  test('all problems of a broken project are reported, and it is not started', async () => {
    using folder = new TemporaryFolder();
    writeFileSync(
      path.join(folder.path, 'millrace.yaml'),
      'id: broken\nmodules:\n  fastData:\n    erShema: ./erSchema.json\n    singleViews:\n      sv: ./nowhere\n',
    );
    const checked = await millrace(['check', '--json', '--project', folder.path]);
    expect(checked.code).toBe(1);
    expect(jsonLines(checked.out)).toMatchObject([{ severity: 'error' }, { severity: 'error' }]);
    expect(await millrace(['start', '--until-idle', '--project', folder.path])).toMatchObject({
      code: 3,
      err: expect.stringContaining('erShema'),
    });
  });

  test('a function that does not load is a problem, with the place that names it', async () => {
    using folder = new TemporaryFolder();
    cpSync(EXAMPLE, folder.path, { recursive: true, filter: (source) => !source.includes('.millrace') });
    const view = path.join(folder.path, 'singleViews/sv_menus');
    const file = path.join(view, 'aggregation.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"restaurants.city"', '"__fromFile__[shout]"'));
    writeFileSync(path.join(view, 'shout.js'), 'module.exports = (logger, db, dependencies) => ;');
    const { code, out } = await millrace(['check', '--json', '--project', folder.path]);
    expect(code).toBe(1);
    expect(jsonLines(out)).toMatchObject([
      { severity: 'error', code: 'CODE_NOT_USABLE', place: { file: expect.stringContaining('aggregation.json') } },
    ]);
  });

  test('the plan names the way from a change to a view', async () => {
    const { code, out } = await millrace(['explain', 'sv_menus', '--json', '--project', EXAMPLE]);
    expect(code).toBe(0);
    const { collections } = JSON.parse(out) as { collections: { collection: string; changes: object[] }[] };
    expect(collections.find(({ collection }) => collection === 'sv_dishes')?.changes).toMatchObject([
      { view: 'sv_menus', path: [{ to: 'restaurants' }] },
    ]);
  });

  test('a view that there is not is refused with a suggestion', async () => {
    expect(await millrace(['explain', 'sv_menu', '--project', EXAMPLE])).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean "sv_menus"'),
    });
  });
});

describe('usage', () => {
  test.each([[['frobnicate']], [['get']], [['check', '--nonsense']], [['get', 'orders', '--limit', 'x', '--project', EXAMPLE]]])(
    '%j is wrong usage',
    async (args) => {
      expect(await millrace(args)).toMatchObject({ code: 2, out: '' });
    },
  );

  test('help and version end well', async () => {
    expect(await millrace(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:') });
    expect(await millrace(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('ingest', () => {
  test('says how many records are in the log', async () => {
    using project = new ExampleProject();
    expect(await project.run('ingest', ['--json'], `${JSON.stringify(CUSTOMER)}\n`)).toMatchObject({
      code: 0,
      out: '{"event":"ingested","records":1,"skipped":0,"topics":{"ordering.customers.ingestion":1}}\n',
    });
  });

  test('a malformed line stops it, the records before it are kept', async () => {
    using project = new ExampleProject();
    const input = `${JSON.stringify(CUSTOMER)}\n{"topic":\n${JSON.stringify(CUSTOMER)}\n`;
    const stopped = await project.run('ingest', [], input);
    expect(stopped).toMatchObject({ code: 1, err: expect.stringMatching(/Line 2: .*1 record is in the log/) });
    expect(await project.run('ingest', ['--skip-malformed'], input)).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 records appended'),
    });
  });

  test('a topic that nobody reads is refused with a suggestion, unless forced', async () => {
    using project = new ExampleProject();
    const input = JSON.stringify({ ...CUSTOMER, topic: 'ordering.costumers.ingestion' });
    expect(await project.run('ingest', [], input)).toMatchObject({
      code: 1,
      err: expect.stringContaining('did you mean "ordering.customers.ingestion"'),
    });
    expect(await project.run('ingest', ['--force'], input)).toMatchObject({ code: 0 });
  });
});

describe('get', () => {
  test('finds by key and by filter, with and without metadata', async () => {
    using project = new ExampleProject();
    await project.process([CUSTOMER]);
    expect(await project.documents('customers', ['1'])).toEqual([
      { id: 1, firstName: 'Ada', loyaltyPoints: 9, since: { $date: '2023-11-14T22:13:20.000Z' } },
    ]);
    expect(await project.documents('customers', ['--query', '{"loyaltyPoints":{"$gt":8}}', '--metadata'])).toMatchObject([
      { _id: '1', __STATE__: 'PUBLIC', __internal__kafkaInfo: { topic: 'ordering.customers.ingestion', offset: '0' } },
    ]);
    expect(await project.documents('customers', ['--query', '{"since":{"$gt":"2024-01-01"}}'])).toEqual([]);
    expect(await project.documents('sv_customers', ['{"customerId":1}'])).toMatchObject([{ customerId: 1, orders: [] }]);
  });

  test('shows deleted documents when it is asked for their state', async () => {
    using project = new ExampleProject();
    await project.process([CUSTOMER, { ...CUSTOMER, value: { op: 'd', before: { id: 1 }, after: null }, timestamp: 1_700_000_000_001 }]);
    expect(await project.documents('customers')).toEqual([]);
    expect(await project.documents('customers', ['--state', 'deleted'])).toMatchObject([{ id: 1, firstName: 'Ada' }]);
    expect(await project.documents('sv_customers', ['--state', 'all'])).toEqual([]);
  });

  test('a missing key prints nothing and says so by its exit code', async () => {
    using project = new ExampleProject();
    await project.process([CUSTOMER]);
    expect(await project.run('get', ['customers', '2'])).toMatchObject({ code: 1, out: '', err: '' });
  });
});

describe('start', () => {
  test('drains and ends well when it is asked to stop', async () => {
    using project = new ExampleProject();
    await using engine = new MillraceProcess(['start', '--json', ...project.options]);
    await engine.printed(/"event":"ready"/);
    await project.run('ingest', [], JSON.stringify(CUSTOMER));
    const { code, out } = await engine.stop('SIGTERM');
    expect(code).toBe(0);
    expect(jsonLines(out).at(-1)).toMatchObject({ event: 'stopped' });
  });

  test('a second engine on the same data is refused, and may run when the first has died', async () => {
    using project = new ExampleProject();
    await using engine = new MillraceProcess(['start', '--json', ...project.options]);
    await engine.printed(/"event":"ready"/);
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 4, err: expect.stringContaining(project.data) });
    await engine.stop('SIGKILL');
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
  });

  test('data that are newer than the program are refused', async () => {
    using project = new ExampleProject();
    await project.process([CUSTOMER]);
    const db = new DatabaseSync(path.join(project.data, 'millrace.db'), { timeout: 30_000 });
    db.exec('PRAGMA user_version = 9999');
    db.close();
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 5, err: expect.stringContaining('DATA_TOO_NEW') });
    expect(await project.run('get', ['customers'])).toMatchObject({ code: 5, out: '' });
  });

  test('a project in TypeScript finds defineConfig', async () => {
    using folder = new TemporaryFolder();
    mkdirSync(path.join(folder.path, 'projections'));
    writeFileSync(path.join(folder.path, 'projections/things.json'), '{"fields":{"id":{"type":"number","primaryKey":true}}}');
    writeFileSync(
      path.join(folder.path, 'millrace.ts'),
      `import { defineConfig } from 'millrace';\nexport default defineConfig({ id: 'typed', modules: { fastData: { systems: { s: { format: 'db2', projections: './projections' } } } } });\n`,
    );
    expect(await millrace(['check', '--project', folder.path])).toMatchObject({ code: 0, err: '' });
  });
});
