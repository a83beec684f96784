import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EXAMPLE, ExampleProject, TemporaryFolder, jsonLines, millrace } from './run-millrace.ts';

const line = (id: number, quantity: unknown): object => ({
  topic: 'ordering.order_lines.ingestion',
  key: { id },
  value: { op: 'c', before: null, after: { id, order_id: 1, dish_id: 'D-1', quantity, unit_price: '9.50' } },
});

test('what cannot be processed is kept with its reason, and holds up nothing', async () => {
  using project = new ExampleProject();
  const bad = { topic: 'ordering.order_lines.ingestion', key: { $base64: '/w==' }, value: { $base64: 'e30=' } };
  const { out } = await project.process([line(1, 2), line(2, 'many'), bad, { ...line(4, 1), value: { op: 'x' } }, line(5, 3)]);
  expect(jsonLines(out).at(-1)).toMatchObject({ event: 'stopped', deadLetters: 3 });
  expect(await project.documents('order_lines', ['--sort', '{"id":1}'])).toMatchObject([{ id: 1 }, { id: 5 }]);

  const listed = await project.run('errors', ['list', '--json']);
  expect(byOffset(jsonLines(listed.out))).toMatchObject([
    { kind: 'dead-letter', topic: 'ordering.order_lines.ingestion', offset: 1, projection: 'order_lines', attempts: 1, resolvedAt: null },
    { offset: 2, key: '/w==', value: 'e30=' },
    { offset: 3 },
  ]);
  const [{ id } = { id: '' }] = byOffset(jsonLines(listed.out));
  expect(await project.run('errors', ['show', id])).toMatchObject({ code: 0, out: expect.stringContaining('"quantity":"many"') });
  expect(await project.run('errors', ['list'])).toMatchObject({ code: 0, out: expect.stringContaining(id) });

  expect(await project.run('errors', ['drop', id])).toMatchObject({ code: 0 });
  expect(jsonLines((await project.run('errors', ['list', '--json'])).out)).toHaveLength(2);
  expect(await project.run('errors', ['show', id])).toMatchObject({ code: 1 });
  expect(await project.run('errors', ['drop'])).toMatchObject({ code: 2 });
});

test('a dead letter is processed again, and is resolved once its cause is cured', async () => {
  using folder = new TemporaryFolder();
  cpSync(EXAMPLE, folder.path, { recursive: true, filter: (source) => !source.includes('.millrace') });
  const run = (command: string, ...args: string[]) => millrace([command, ...args, '--project', folder.path]);
  await millrace(['ingest', '--project', folder.path], JSON.stringify(line(2, 'many')));
  expect((await run('start', '--until-idle')).code).toBe(0);

  expect(await run('errors', 'replay', '--projection', 'order_lines')).toMatchObject({ code: 0 });
  expect((await run('start', '--until-idle')).code).toBe(0);
  expect(jsonLines((await run('errors', 'list', '--json')).out)).toMatchObject([{ resolvedAt: null }]);

  const file = path.join(folder.path, 'projections/ordering/order_lines.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"quantity": { "type": "number"', '"quantity": { "type": "string"'));
  expect(await run('errors', 'replay', '--projection', 'order_lines')).toMatchObject({ code: 0 });
  expect((await run('start', '--until-idle')).code).toBe(0);
  expect((await run('errors', 'list', '--json')).out).toBe('');
  expect(jsonLines((await run('get', 'order_lines')).out)).toMatchObject([{ id: 2, quantity: 'many' }]);
});

function byOffset(entries: readonly unknown[]): { id: string; offset: number }[] {
  return (entries as { id: string; offset: number }[]).toSorted((a, b) => a.offset - b.offset);
}
