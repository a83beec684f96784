/** Bundles the client for browsers into one file, and says how large it is. */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const CLIENT = path.resolve(import.meta.dirname, '../packages/client');
const OUTPUT = path.join(CLIENT, 'dist/browser/millrace.js');

await build({
  entryPoints: [path.join(CLIENT, 'src/index.ts')],
  outfile: OUTPUT,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['source'],
  sourcemap: true,
  legalComments: 'none',
});

const code = readFileSync(OUTPUT);
console.log(`${path.relative(process.cwd(), OUTPUT)}: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
