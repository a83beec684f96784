import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { EXAMPLE, ROOT, TemporaryFolder, millrace } from '../e2e/run-millrace.ts';
import { ROWS, thingsWith } from '../served/things.ts';
import { ServedProject } from '../served/served-project.ts';

const run = promisify(execFile);
const CLIENT = path.join(ROOT, 'packages/client');
/** Of the one file for browsers. */
const LARGEST_GZIP_BYTES = 8_192;

test('the code in the README compiles, with the types that are written for the example', async () => {
  using folder = new TemporaryFolder();
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder.path, 'node_modules'));
  const written = await millrace(['types', '--project', EXAMPLE, '--out', path.join(folder.path, 'millrace-types.ts')]);
  expect(written).toMatchObject({ code: 0, err: '' });
  const readme = readFileSync(path.join(CLIENT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] as string);
  expect(blocks.length).toBeGreaterThanOrEqual(3);
  for (const [i, block] of blocks.entries()) {
    const isWhole = block.includes('import { connect }');
    const typed = `import { connect } from '@millrace/client';\nimport type { Collections, Keys } from './millrace-types.ts';\nconst client = connect<Collections, Keys>('');\n`;
    writeFileSync(path.join(folder.path, `block-${i}.ts`), isWhole ? block : `${typed}${block}`);
  }
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext', 'dom'],
    types: [],
    customConditions: ['source'],
    allowImportingTsExtensions: true,
    preserveSymlinks: false,
    skipLibCheck: true,
  };
  writeFileSync(path.join(folder.path, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const compiled = await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder.path]).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');
});

test('the file for browsers is small, stands alone, and reads a real server', async () => {
  using folder = new TemporaryFolder();
  const outfile = path.join(folder.path, 'millrace.mjs');
  const { BROWSER_BUILD } = await import('../../scripts/browser-build.ts');
  await build({ ...BROWSER_BUILD, outfile, sourcemap: false });
  const code = readFileSync(outfile, 'utf8');
  expect(code).not.toMatch(/\bimport\s*[({'"]|\brequire\(/);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(LARGEST_GZIP_BYTES);
  const { connect } = (await import(pathToFileURL(outfile).href)) as typeof import('../../packages/client/src/index.ts');
  await using served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
  using client = connect(served.url);
  for await (const { rows } of client.liveQuery('things', { sort: { name: 1 } })) {
    expect(rows.map(({ name }) => name)).toEqual(['Anvil', 'Bell', 'Drum', 'Çay, "hot"']);
    break;
  }
});
