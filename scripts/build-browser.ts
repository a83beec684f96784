/** Bundles the client for browsers into one file, and says how large it is. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { BROWSER_BUILD } from './browser-build.ts';

const OUTPUT = path.resolve(import.meta.dirname, '../packages/client/dist/browser/millrace.js');

await build({ ...BROWSER_BUILD, outfile: OUTPUT, sourcemap: true });

const code = readFileSync(OUTPUT);
console.log(`${path.relative(process.cwd(), OUTPUT)}: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
