import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../e2e/run-millrace.ts';
import { lines } from './command.ts';
import { filesOf } from './files.ts';
import { put } from './messages.ts';
import { openProject } from './project.ts';

const BIN = path.join(ROOT, 'packages/server/bin/millrace.js');

test('dates without a zone are UTC wherever the program runs, in functions of the user’s too', async () => {
  const files = filesOf({
    projections: { days: { id: 'string!', at: 'date', own: { type: 'string', castFunction: 'own' } } },
    fastData: { castFunctions: './casts' },
    files: { 'casts/own.js': `module.exports = (value) => new Date(value).toISOString();` },
  });
  await using project = await openProject(files);
  await project.ingest(put('days', { id: 'a', at: '2024-03-31T02:30:00', own: '2024-03-31T02:30:00' }));
  await project.stop();
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [BIN, ...args, '--project', project.folder], {
      env: { ...process.env, ...project.deployment.environment, TZ: 'America/New_York', NO_COLOR: '1' },
    });
  await run('start', '--until-idle', '--log-level', 'silent');
  expect(lines((await run('get', 'days')).stdout)).toEqual([
    { id: 'a', at: { $date: '2024-03-31T02:30:00.000Z' }, own: '2024-03-31T02:30:00.000Z' },
  ]);
});
