import path from 'node:path';
import type { BuildOptions } from 'esbuild';

/** How the client becomes one file for browsers. */
export const BROWSER_BUILD = {
  entryPoints: [path.resolve(import.meta.dirname, '../packages/client/src/index.ts')],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['source'],
  legalComments: 'none',
} as const satisfies BuildOptions;
