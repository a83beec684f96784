import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { EXAMPLE, ROOT, TemporaryFolder, jsonLines } from './run-millrace.ts';

const run = promisify(execFile);

const ROOMS = filesOf({
  projections: { rooms: { id: 'string!', beds: 'number' } },
  views: {
    sv_rooms: {
      SV_CONFIG: {
        dependencies: { rooms: { type: 'projection', on: '_identifier' } },
        mapping: { id: 'rooms.id', beds: '__fromFile__[beds]' },
      },
    },
  },
  files: {
    'views/sv_rooms/beds.js': `export default async (logger, db, map) => {
      const { beds } = await db.collection('rooms').findOne({ id: map.get('rooms').id });
      return beds + ' beds';
    };`,
  },
});

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

  const millrace = (project: string, data: string) => {
    const options = ['--project', project, '--data', path.join(folder.path, data)];
    return async (...args: string[]): Promise<string> => (await run(process.execPath, [bin, ...args, ...options])).stdout;
  };
  const example = millrace(EXAMPLE, 'data');
  const lines = path.join(ROOT, 'test/e2e/restaurant.ndjson');
  expect(await example('ingest', lines)).toBe('3 records appended to 2 topics\n');
  await example('start', '--until-idle');
  expect(jsonLines(await example('get', 'sv_menus'))).toMatchObject([
    {
      restaurantId: 'R-1',
      dishes: [
        { dishId: 'D-1', price: 9.5 },
        { dishId: 'D-2', price: 12 },
      ],
    },
  ]);

  // With functions of the user, which run in a process of their own that reads the data itself.
  const rooms = path.join(folder.path, 'rooms');
  for (const [name, content] of Object.entries(ROOMS)) {
    mkdirSync(path.dirname(path.join(rooms, name)), { recursive: true });
    writeFileSync(path.join(rooms, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const messages = path.join(folder.path, 'rooms.ndjson');
  writeFileSync(messages, [1, 2].map((beds) => JSON.stringify(put('rooms', { id: `r${beds}`, beds }))).join('\n'));
  const own = millrace(rooms, 'rooms-data');
  await own('check');
  await own('ingest', messages);
  await own('start', '--until-idle');
  expect(jsonLines(await own('get', 'sv_rooms'))).toMatchObject([
    { id: 'r1', beds: '1 beds' },
    { id: 'r2', beds: '2 beds' },
  ]);
});
