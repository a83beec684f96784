import { basename, extname, resolve } from 'node:path';

import type { CodeReference } from '../core/code-reference.ts';
import type { Place } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { Reading } from './reading.ts';
import { show } from './report.ts';
import { CODE_ENDINGS } from './shapes/common.ts';

/**
 * The file of a function that the configuration names, as `__fromFile__[name]` or as a path: with its ending or without, in the first
 * of `folders` that has it. Reported when there is none.
 */
export async function codeFile(
  reading: Reading,
  name: string,
  folders: readonly string[],
  place: Place,
): Promise<CodeReference | undefined> {
  const endings: readonly string[] = CODE_ENDINGS;
  const ending = endings.includes(extname(name)) ? extname(name) : '';
  const stem = ending === '' ? name : name.slice(0, -ending.length);
  const names = [...(ending === '' ? [] : [name]), ...endings.filter((other) => other !== ending).map((other) => stem + other)];
  for (const folder of folders) {
    for (const candidate of names) {
      const file = resolve(folder, candidate);
      if (await reading.folders.isFile(file)) return { file };
    }
  }
  const near = await nearestFile(reading, stem, folders);
  reading.report.error('CONFIG_FILE_MISSING', place, `No file for the function ${show(name)}`, {
    expected: `${ending === '' ? `${stem}.js (or .ts, .mjs, .cjs)` : name} in ${folders.map((folder) => reading.name(folder)).join(' or ')}`,
    cure: near === undefined ? 'Create the file, or correct the name' : `Did you mean ${near}?`,
  });
  return undefined;
}

/** A file with one of a few fixed names, such as `validator.js`; nothing is reported when there is none. */
export async function optionalCodeFile(reading: Reading, folder: string, stem: string): Promise<CodeReference | undefined> {
  for (const ending of CODE_ENDINGS) {
    const file = resolve(folder, stem + ending);
    if (await reading.folders.isFile(file)) return { file };
  }
  return undefined;
}

/** Code files of a folder by their name without ending: neither tests nor type declarations. */
export function codeFilesOf(names: readonly string[]): { readonly stem: string; readonly name: string }[] {
  return names
    .filter((name) => (CODE_ENDINGS as readonly string[]).includes(extname(name)) && !/\.(test|spec|d)\.[mc]?[jt]s$/.test(name))
    .map((name) => ({ stem: basename(name, extname(name)), name }));
}

async function nearestFile(reading: Reading, stem: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const names = (await reading.folders.list(folder)) ?? [];
    const near = suggest(
      basename(stem),
      codeFilesOf(names).map((file) => file.stem),
    );
    if (near !== undefined) return near;
  }
  return undefined;
}
