import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ExampleProject, MillraceProcess, jsonLines } from './run-millrace.ts';

const KEY = 'D-quetzalcoatl';
const NAME = 'Huitzilopochtli soup';

function dish(id: string, name: string, price = '5'): object {
  const row = { DISH_ID: id, REST_ID: 'R-1', DISH_NAME: name, PRICE: price, AVAILABLE: 1 };
  return { topic: 'kitchen.dishes.ingestion', key: { DISH_ID: id }, value: row };
}

/** Files of the data folder that hold the key, or a value of its row. */
function tracesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => {
      const bytes = readFileSync(file);
      return bytes.includes(KEY) || bytes.includes(NAME.slice(0, 12));
    })
    .map((file) => path.relative(folder, file));
}

async function openExample(): Promise<ExampleProject> {
  const example = new ExampleProject();
  const others = Array.from({ length: 300 }, (_, i) => dish(`D-${i}`, `Dish ${i}`));
  const theirs = [
    dish(KEY, NAME),
    dish(KEY, `${NAME} `, '6'),
    { ...dish(KEY, NAME), value: { DISH_ID: KEY, DISH_NAME: NAME, PRICE: 'x' } },
  ];
  await example.process([...others, ...theirs]);
  expect(tracesIn(example.data)).not.toEqual([]);
  return example;
}

test('nothing of an erased key is left in any file, where that is asked for', async () => {
  using example = await openExample();
  const { code, out } = await example.run('erase', ['dishes', KEY, '--rewrite', '--json']);
  expect(code).toBe(0);
  expect(jsonLines(out).at(-1)).toMatchObject({ event: 'erased', record: true });
  expect(tracesIn(example.data)).toEqual([]);
  expect(await example.documents('sv_dishes', ['D-1'])).toHaveLength(1);
});

test('nor beside a running engine', async () => {
  using example = await openExample();
  await using engine = new MillraceProcess(['start', '--json', '--port', '0', ...example.options]);
  await engine.printed(/"ready"/);
  const { code } = await example.run('erase', ['dishes', KEY, '--rewrite']);
  expect(code).toBe(0);
  await expect.poll(() => tracesIn(example.data), { timeout: 10_000 }).toEqual([]);
  expect(engine.output).not.toMatch(/quetzalcoatl|Huitzi/);
});

test('inputs of loads that are still kept are named as not reached', async () => {
  using example = await openExample();
  mkdirSync(path.join(example.data, 'load'), { recursive: true });
  writeFileSync(path.join(example.data, 'load', '0123456789abcdef.spool'), JSON.stringify({ DISH_ID: KEY }));
  const { out } = await example.run('erase', ['dishes', KEY]);
  expect(out).toMatch(/Not reached:[^]*load\/0123456789abcdef\.spool[^]*backups/);
});
