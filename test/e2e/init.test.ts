import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MillraceProcess, ROOT, TemporaryFolder, jsonLines } from './run-millrace.ts';

const run = promisify(execFile);

/** A shell in a folder, where `millrace` and `npx millrace` are this program. */
function shellIn(folder: string): (commands: string) => Promise<string> {
  const tools = path.join(folder, '.tools');
  mkdirSync(tools);
  const program = `exec "${process.execPath}" "${path.join(ROOT, 'packages/server/bin/millrace.js')}" "$@"\n`;
  writeFileSync(path.join(tools, 'millrace'), `#!/bin/sh\n${program}`);
  writeFileSync(path.join(tools, 'npx'), `#!/bin/sh\nshift\n${program}`);
  for (const name of ['millrace', 'npx']) chmodSync(path.join(tools, name), 0o755);
  const env = { ...process.env, PATH: `${tools}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1', npm_command: '' };
  return async (commands) => (await run('sh', ['-euc', commands], { cwd: folder, env })).stdout;
}

test('what init says to do next works, word for word', async () => {
  using folder = new TemporaryFolder();
  const shell = shellIn(folder.path);
  const printed = await shell('millrace init shop');
  const steps = [...printed.matchAll(/^ {2}((?:cd|millrace|npx millrace) .*?)(?: {2}.*)?$/gm)].map((match) => match[1]?.trim() ?? '');
  const [enter = '', dev = '', ...rest] = steps;
  expect(enter).toBe('cd shop');
  expect(dev).toBe('millrace dev');
  expect(rest.map((step) => step.split(' ')[1])).toEqual(['ingest', 'get', 'test']);

  // The engine as the guide starts it, on a port that is free here.
  const shop = path.join(folder.path, 'shop');
  await using engine = new MillraceProcess([...dev.split(' ').slice(1), '--port', '0'], { cwd: shop });
  await engine.printed(/ready/);
  const [ingest = '', get = '', test = ''] = rest;
  expect(await shell(`${enter} && ${ingest}`)).toContain('5 records appended');
  const document = await shell(`${enter} && until ${get} | grep -q sent; do :; done; ${get}`);
  expect(JSON.parse(document)).toMatchObject({ customerId: 1, name: 'Ada', orders: [{ orderId: 7, status: 'sent' }] });
  expect(await shell(`${enter} && ${test}`)).toContain('1 passed');
  expect(await shell(`${enter} && millrace check`)).toContain('no problems');
});

test('the project is small, and named as it was asked for', async () => {
  using folder = new TemporaryFolder();
  const { out, code } = await new MillraceProcess(['init', 'my-shop', '--json'], { cwd: folder.path }).ended;
  expect(code).toBe(0);
  const [{ files }] = jsonLines(out) as [{ files: string[] }];
  expect(files).toContain('.gitignore');
  expect(files.every((file) => existsSync(path.join(folder.path, 'my-shop', file)))).toBe(true);
  expect(files).not.toContain('package.json');
  expect(readFileSync(path.join(folder.path, 'my-shop/millrace.yaml'), 'utf8')).toContain('\nid: my-shop\n');
  expect(readFileSync(path.join(folder.path, 'my-shop/README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(11);
});

test('a folder that holds something is refused, and stays as it is', async () => {
  using folder = new TemporaryFolder();
  writeFileSync(path.join(folder.path, 'notes.txt'), 'mine');
  const init = (...args: string[]) => new MillraceProcess(['init', ...args], { cwd: folder.path }).ended;
  expect(await init('shop', '--folder', '.')).toMatchObject({ code: 1, err: expect.stringMatching(/holds notes\.txt.*FOLDER_NOT_EMPTY/) });
  expect(readdirSync(folder.path)).toEqual(['notes.txt']);
  expect(await init('no/name')).toMatchObject({ code: 2 });
  expect(await init('shop', '--folder', 'a/b')).toMatchObject({ code: 0, out: expect.stringContaining('cd a/b') });
});
