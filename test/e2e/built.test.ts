import { execFile } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { EXAMPLE, ROOT, TemporaryFolder, jsonLines } from './run-millrace.ts';

const run = promisify(execFile);

/** As it is published: compiled, beside its `bin`, without the sources. */
test('the built program does what the sources do', async () => {
  using folder = new TemporaryFolder();
  const server = path.join(ROOT, 'packages/server');
  const bin = path.join(folder.path, 'bin/millrace.js');
  cpSync(path.join(server, 'bin'), path.dirname(bin), { recursive: true });
  cpSync(path.join(server, 'package.json'), path.join(folder.path, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder.path, 'node_modules'));
  const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', server, '--outDir', path.join(folder.path, 'dist')]);

  const options = ['--project', EXAMPLE, '--data', path.join(folder.path, 'data')];
  const millrace = async (...args: string[]): Promise<string> => (await run(process.execPath, [bin, ...args, ...options])).stdout;
  const lines = path.join(ROOT, 'test/e2e/restaurant.ndjson');
  expect(await millrace('ingest', lines)).toBe('3 records appended to 2 topics\n');
  await millrace('start', '--until-idle');
  expect(jsonLines(await millrace('get', 'sv_menus'))).toMatchObject([
    {
      restaurantId: 'R-1',
      dishes: [
        { dishId: 'D-1', price: 9.5 },
        { dishId: 'D-2', price: 12 },
      ],
    },
  ]);
});
