import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { FoodDeliveryGenerator } from '../../examples/food-delivery/generator.ts';
import { BIN, EXAMPLE, ExampleProject, MillraceProcess, TemporaryFolder, jsonLines, millrace } from './run-millrace.ts';

const VIEWS = ['sv_customers', 'sv_dishes', 'sv_menus'];
const EVENTS = 1_500;

function history(seed: number): string[] {
  // Recent: retention takes old records away.
  let now = Date.now() - 1_000_000;
  const generator = new FoodDeliveryGenerator({ seed, customers: 40, dishes: 25, now: () => now++ });
  const lines = [...generator.start()];
  for (let i = 0; i < EVENTS; i++) lines.push(...generator.next());
  return lines.map((line) => JSON.stringify(line));
}

async function contentOf(project: ExampleProject): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {};
  for (const view of VIEWS) content[view] = await project.documents(view, ['--state', 'all']);
  return content;
}

async function recordsIn(project: ExampleProject): Promise<number> {
  const topics = jsonLines((await project.run('topics', ['--json'])).out) as { records: number }[];
  return topics.reduce((sum, { records }) => sum + records, 0);
}

async function done(running: Promise<{ readonly code: number | null; readonly err: string }>): Promise<void> {
  const { code, err } = await running;
  if (code !== 0) throw new Error(`It ended with ${code}: ${err}`);
}

test('a backup that is taken while changes come and views are built is one moment of both', async () => {
  using project = new ExampleProject();
  using restored = new ExampleProject();
  using fresh = new ExampleProject();
  using folder = new TemporaryFolder();
  const file = path.join(folder.path, 'busy.backup');
  const lines = history(21);
  const half = Math.ceil(lines.length / 2);
  await done(project.run('ingest', [], lines.slice(0, half).join('\n')));

  // The engine has half of it before it, and gets the rest while the backup is taken.
  await using engine = new MillraceProcess(['start', '--json', '--port', '0', ...project.options]);
  await engine.printed(/"event":"ready"/);
  const rest = project.run('ingest', [], lines.slice(half).join('\n'));
  await done(project.run('backup', [file]));
  await done(rest);
  expect(readdirSync(folder.path)).toEqual(['busy.backup']);

  await done(restored.run('restore', [file]));
  const records = await recordsIn(restored);
  expect(records).toBeGreaterThanOrEqual(half);
  await done(restored.run('start', ['--until-idle']));
  await done(fresh.run('ingest', [], lines.slice(0, records).join('\n')));
  await done(fresh.run('start', ['--until-idle']));
  expect(await contentOf(restored)).toEqual(await contentOf(fresh));
});

test('a backup that is killed leaves no file of its name, and the next one is complete', async () => {
  using project = new ExampleProject();
  using restored = new ExampleProject();
  using folder = new TemporaryFolder();
  const file = path.join(folder.path, 'killed.backup');
  const line = JSON.stringify({ topic: 'ballast', key: 1, value: 'x'.repeat(4_000) });
  await done(project.run('ingest', ['--force'], Array.from({ length: 20_000 }, () => line).join('\n')));

  await using backup = new MillraceProcess(['backup', file, '--json', ...project.options]);
  await backup.printed(/"event":"progress"/);
  const { code } = await backup.stop('SIGKILL');
  expect(code).toBeNull();
  expect(existsSync(file)).toBe(false);

  await done(project.run('backup', [file]));
  expect(readdirSync(folder.path)).toEqual(['killed.backup']);
  await done(restored.run('restore', [file]));
  expect(await recordsIn(restored)).toBe(20_000);
});

describe('restore', () => {
  const LINES = history(22)
    .slice(0, 200)
    .map((line) => JSON.parse(line) as object);

  test('goes back to the moment of the backup, and tells live clients to begin anew', async () => {
    using project = new ExampleProject();
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, 'a.backup');
    await project.process(LINES.slice(0, 100));
    const before = await contentOf(project);
    change(path.join(project.data, 'millrace.db'), "INSERT OR REPLACE INTO facts VALUES ('epoch', 'old')");
    await done(project.run('backup', [file]));
    await project.process(LINES.slice(100));
    expect(await contentOf(project)).not.toEqual(before);

    const outcome = await project.run('restore', [file, '--json']);
    expect(jsonLines(outcome.out)).toMatchObject([{ event: 'restored', data: project.data }]);
    expect(await contentOf(project)).toEqual(before);
    expect(readdirSync(project.data).filter((name) => name.startsWith('millrace.db'))).toEqual(['millrace.db']);
    const db = new DatabaseSync(path.join(project.data, 'millrace.db'), { timeout: 30_000 });
    expect(db.prepare("SELECT value FROM facts WHERE name = 'epoch'").get()).toBeUndefined();
    db.close();
  });

  test('what is no backup, is damaged, or is newer than the program is refused, and the data stay', async () => {
    using project = new ExampleProject();
    using folder = new TemporaryFolder();
    await project.process(LINES.slice(0, 50));
    const before = await contentOf(project);
    const file = path.join(folder.path, 'a.backup');
    await done(project.run('backup', [file]));
    const bytes = readFileSync(file);
    const broken = (name: string, content: string | Uint8Array): string => {
      writeFileSync(path.join(folder.path, name), content);
      return path.join(folder.path, name);
    };
    const torn = Buffer.from(bytes);
    torn.fill(0xff, 3 * 4_096, 8 * 4_096);
    const foreign = broken('foreign', '');
    change(foreign, 'CREATE TABLE things (x); PRAGMA user_version = 1');
    const newer = broken('newer', bytes);
    change(newer, 'PRAGMA user_version = 9999');
    for (const [name, code, error] of [
      [broken('text', 'no database'), 1, 'BACKUP_INVALID'],
      [broken('torn', torn), 1, 'BACKUP_INVALID'],
      [foreign, 1, 'BACKUP_INVALID'],
      [newer, 5, 'DATA_TOO_NEW'],
      [path.join(folder.path, 'nowhere'), 1, 'UNREADABLE_INPUT'],
    ] as const) {
      expect(await project.run('restore', [name])).toMatchObject({ code, err: expect.stringContaining(error) });
    }
    expect(await contentOf(project)).toEqual(before);
  });

  test('is refused while an engine runs', async () => {
    using project = new ExampleProject();
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, 'a.backup');
    await project.process(LINES.slice(0, 10));
    await done(project.run('backup', [file]));
    await using engine = new MillraceProcess(['start', '--json', '--port', '0', ...project.options]);
    await engine.printed(/"event":"ready"/);
    expect(await project.run('restore', [file])).toMatchObject({ code: 4, err: expect.stringContaining('DATA_IN_USE') });
  });

  test('puts sound data in the place of damaged ones', async () => {
    using project = new ExampleProject();
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, 'a.backup');
    await project.process(LINES.slice(0, 50));
    const before = await contentOf(project);
    await done(project.run('backup', [file]));
    writeFileSync(path.join(project.data, 'millrace.db'), 'not what it was');
    expect(await project.run('get', ['sv_menus'])).toMatchObject({ code: 1 });
    await done(project.run('restore', [file]));
    expect(await contentOf(project)).toEqual(before);
  });
});

test('a file that is there is only replaced when that is wanted, and by a complete one', async () => {
  using project = new ExampleProject();
  using folder = new TemporaryFolder();
  const file = path.join(folder.path, 'a.backup');
  expect(await project.run('backup', [file])).toMatchObject({ code: 1, err: expect.stringContaining('DATA_NOT_FOUND') });
  await project.process([]);
  writeFileSync(file, 'precious');
  expect(await project.run('backup', [file])).toMatchObject({ code: 1, err: expect.stringContaining('FILE_EXISTS') });
  expect(readFileSync(file, 'utf8')).toBe('precious');
  expect(jsonLines((await project.run('backup', [file, '--force', '--json'])).out).at(-1)).toMatchObject({ event: 'backed-up', file });
});

test.each([
  ['backup', (file: string) => [file]],
  ['restore', (_: string, whole: string) => [whole]],
])('a %s for which there is no room leaves what was there, and no rests', async (command, args) => {
  using project = new ExampleProject();
  using folder = new TemporaryFolder();
  const line = JSON.stringify({ topic: 'ballast', key: 1, value: 'x'.repeat(4_000) });
  await done(project.run('ingest', ['--force'], Array.from({ length: 1_000 }, () => line).join('\n')));
  const whole = path.join(folder.path, 'whole.backup');
  await done(project.run('backup', [whole]));
  const files = (): string[] => [...readdirSync(folder.path), ...readdirSync(project.data).filter((name) => name.includes('restor'))];
  const before = files();
  // Files may not become longer than 2 MB.
  const limited = ['-c', 'trap "" XFSZ; ulimit -f 2000; exec "$@"', 'sh', process.execPath, BIN, command];
  const given = [...args(path.join(folder.path, 'part.backup'), whole), ...project.options];
  const { status, stderr } = spawnSync('/bin/bash', [...limited, ...given], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  expect([status, stderr]).toEqual([1, expect.stringMatching(/STORE_(?:FULL|IO)/)]);
  expect(files()).toEqual(before);
  expect(await recordsIn(project)).toBe(1_000);
});

test('a data folder that cannot be made is an error that names it, not a bug', async () => {
  using folder = new TemporaryFolder();
  const file = path.join(folder.path, 'a-file');
  writeFileSync(file, '');
  for (const command of [['start', '--until-idle'], ['ingest', '/dev/null'], ['get', 'sv_menus'], ['topics'], ['jobs']]) {
    const { code, err } = await millrace([...command, '--project', EXAMPLE, '--data', path.join(file, 'data')]);
    expect([command, code, err]).toEqual([command, 1, expect.stringMatching(/STORE_IO|DATA_NOT_FOUND/)]);
  }
});

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file, { timeout: 30_000 });
  db.exec(sql);
  db.close();
}
