import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT, TemporaryFolder } from './run-millrace.ts';

/** The commands of the README, as they stand there, in an empty folder. */
test('the first project of the README does what the README says', async () => {
  using folder = new TemporaryFolder();
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('## A first project of your own'));
  const commands = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  const printed = /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '';

  const tools = path.join(folder.path, 'tools');
  mkdirSync(tools);
  writeFileSync(
    path.join(tools, 'npx'),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${path.join(ROOT, 'packages/server/bin/millrace.js')}" "$@"\n`,
  );
  chmodSync(path.join(tools, 'npx'), 0o755);
  const { stdout } = await promisify(execFile)('sh', ['-euc', commands], {
    cwd: folder.path,
    env: { ...process.env, PATH: `${tools}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' },
  });
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual(JSON.parse(printed));
});
