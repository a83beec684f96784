import { readFile } from 'node:fs/promises';
import type { CodeReference } from '../../core/code-reference.ts';
import { messageOf } from '../../core/errors.ts';
import { functionOf, loadFile } from './load-function.ts';
import type { Inspection } from './protocol.ts';

/** Loads a file and says what is wrong with it. Never throws. */
export async function inspect(code: CodeReference): Promise<Inspection> {
  try {
    const loaded = await loadFile(code.file);
    try {
      return { problem: null, parameters: functionOf(loaded, code).length, module: loaded.module };
    } catch (error) {
      return { problem: messageOf(error), parameters: 0, module: loaded.module };
    }
  } catch (error) {
    return { problem: messageOf(error), parameters: 0, module: await guessModule(code.file) };
  }
}

/** What a file that does not load was meant to be. */
async function guessModule(file: string): Promise<Inspection['module']> {
  if (/\.c[jt]s$/.test(file)) return 'commonjs';
  if (/\.m[jt]s$/.test(file)) return 'esm';
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\s*(?:import|export)\b/m.test(text) ? 'esm' : 'commonjs';
}
