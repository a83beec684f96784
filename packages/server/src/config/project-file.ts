import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { messageOf } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Reading } from './reading.ts';
import { sourceOfValue } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

export const PROJECT_FILES = [
  'millrace.yaml',
  'millrace.yml',
  'millrace.json',
  'millrace.ts',
  'millrace.mts',
  'millrace.js',
  'millrace.mjs',
  'millrace.cjs',
];

/** The project file of a folder: exactly one. A program's default export is its configuration. */
export async function readProjectFile(reading: Reading): Promise<{ file: string; source: SourceFile } | undefined> {
  const found: string[] = [];
  for (const name of PROJECT_FILES) if (await reading.folders.isFile(resolve(reading.folder, name))) found.push(name);
  const [name, other] = found;
  if (name === undefined) {
    await reportMissing(reading);
    return undefined;
  }
  if (other !== undefined) {
    reading.report.error('CONFIG_CLASH', { file: other, path: [] }, `${name} and ${other} both configure the project`, {
      cure: 'Remove one of them',
    });
  }
  const file = resolve(reading.folder, name);
  const isData = ['.yaml', '.yml', '.json'].includes(extname(name));
  const source = isData ? await reading.source(file, { file: name, path: [] }) : await runProgram(reading, file);
  return source === undefined ? undefined : { file, source };
}

async function reportMissing(reading: Reading): Promise<void> {
  const names = await reading.folders.list(reading.folder);
  const near = names?.find((candidate) => suggest(candidate, PROJECT_FILES) !== undefined);
  const message =
    names !== undefined ? `There is no millrace.yaml in ${reading.folder}` : `The project folder ${reading.folder} does not exist`;
  reading.report.error('CONFIG_FILE_MISSING', { file: 'millrace.yaml', path: [] }, message, {
    expected: 'millrace.yaml (or .yml, .json, .ts, .js)',
    cure: near === undefined ? 'Create it, or name the project’s folder with --project' : `Rename ${near}`,
  });
}

/** When each program was last changed, as it was first run. */
const firstRun = new Map<string, number>();

/** Modules are kept by their address: a file that was changed since it was first run, while somebody watches, needs another one. */
function moduleOf(file: string): string {
  const { href } = pathToFileURL(file);
  const changed = statSync(file).mtimeMs;
  const first = firstRun.get(file) ?? changed;
  firstRun.set(file, first);
  return first === changed ? href : `${href}?changed=${changed}`;
}

async function runProgram(reading: Reading, file: string): Promise<SourceFile | undefined> {
  const name = reading.name(file);
  try {
    const module = (await import(/* @vite-ignore */ moduleOf(file))) as {
      readonly default?: unknown;
    };
    const exported = module.default;
    const value: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported;
    // A copy as JSON would have it: what comes after must meet neither getters nor class instances nor cycles.
    const plain = value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
    const source = sourceOfValue(plain);
    reading.addSource(name, source);
    return source;
  } catch (error) {
    reading.report.error('CONFIG_SYNTAX', { file: name, path: [] }, `${name} does not run: ${messageOf(error)}`, {
      expected: 'a default export made with defineConfig',
    });
    return undefined;
  }
}
