import { setTimeout as passed } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ExampleProject, MillraceProcess, jsonLines } from './run-millrace.ts';

const DISHES = 400;

async function openExample(): Promise<ExampleProject> {
  const example = new ExampleProject();
  const rows = Array.from({ length: DISHES }, (_, i) => {
    const id = `D-${i}`;
    return {
      topic: 'kitchen.dishes.ingestion',
      key: { DISH_ID: id },
      value: { DISH_ID: id, REST_ID: 'R-1', DISH_NAME: `Dish ${i}`, PRICE: '5', AVAILABLE: 1 },
    };
  });
  await example.process(rows);
  return example;
}

/** Makes stored documents wrong, behind the engine's back. */
function spoil(example: ExampleProject, count: number): void {
  const db = new DatabaseSync(path.join(example.data, 'millrace.db'), { timeout: 30_000 });
  try {
    const { table } = db.prepare("SELECT 'c' || id || '_' || name AS \"table\" FROM collections WHERE name = 'sv_dishes'").get() as {
      table: string;
    };
    db.exec(`UPDATE ${table} SET doc = '{"spoilt":true}' WHERE n IN (SELECT n FROM ${table} LIMIT ${count})`);
  } finally {
    db.close();
  }
}

test('alone, a command does its job itself: an audit finds what is wrong and fails, heals, and then agrees', async () => {
  using example = await openExample();
  spoil(example, 3);
  const found = await example.run('audit', ['sv_dishes', '--json']);
  expect(found.code).toBe(1);
  expect(jsonLines(found.out)).toContainEqual(expect.objectContaining({ event: 'audited', stale: 3, checked: DISHES }));
  const healed = await example.run('audit', ['sv_dishes', '--heal']);
  expect(healed).toMatchObject({ code: 0, err: expect.not.stringContaining('error') as string });
  expect(healed.out).toContain('3 documents built anew');
  expect((await example.run('audit', ['sv_dishes'])).code).toBe(0);
  expect((await example.run('jobs', ['--json'])).out.match(/"type":"audit","scope":"sv_dishes","state":"done"/g)).toHaveLength(3);
});

test('beside a running engine, the engine does it, and the command shows the end', async () => {
  using example = await openExample();
  spoil(example, 3);
  await using engine = new MillraceProcess(['start', '--json', '--port', '0', ...example.options]);
  await engine.printed(/"ready"/);
  const tried = await example.run('refresh', ['sv_dishes', '--dry-run', '--json']);
  expect(jsonLines(tried.out)).toContainEqual(expect.objectContaining({ event: 'would-refresh', changed: 3, removed: 0 }));
  const refreshed = await example.run('refresh', ['sv_dishes', '--json']);
  expect(jsonLines(refreshed.out)).toContainEqual({ event: 'refreshed', view: 'sv_dishes', built: DISHES, changed: 3, removed: 0 });
  expect((await example.run('pause', ['kitchen'])).code).toBe(0);
  expect((await example.run('replay', ['kitchen', '--json'])).out).toContain('"event":"left"');
  expect((await example.run('resume', ['kitchen'])).code).toBe(0);
  expect((await example.run('erase', ['dishes', 'D-1', '--json'])).out).toContain('"event":"erased"');
  expect(await example.documents('sv_dishes', ['D-1'])).toEqual([]);
  expect(await engine.stop()).toMatchObject({ code: 0 });
});

test('a job that was killed goes on: by the next command of its kind, or with the next start', async () => {
  using example = await openExample();
  for (let life = 0; life < 2; life++) {
    spoil(example, 50);
    await using killed = new MillraceProcess(['refresh', 'sv_dishes', ...example.options]);
    await Promise.race([passed(400 + 150 * life), killed.ended]);
    await killed.stop('SIGKILL');
    expect(await example.run('start', ['--until-idle', '--json'])).toMatchObject({ code: 0 });
    expect(await example.run('refresh', ['sv_dishes'])).toMatchObject({ code: 0 });
    expect((await example.run('audit', ['--all'])).code).toBe(0);
  }
  expect((await example.run('jobs', ['--json'])).out).not.toMatch(/"state":"(?:queued|running|failed)"/);
});

test('a command that waits for an engine that dies does the job itself', async () => {
  using example = await openExample();
  await using engine = new MillraceProcess(['start', '--json', '--port', '0', ...example.options]);
  await engine.printed(/"ready"/);
  spoil(example, 5);
  await using command = new MillraceProcess(['refresh', 'sv_dishes', '--json', ...example.options]);
  await engine.stop('SIGKILL');
  const { code, out } = await command.ended;
  expect(code).toBe(0);
  expect(out).toContain('"event":"refreshed"');
  expect((await example.run('audit', ['sv_dishes'])).code).toBe(0);
});
