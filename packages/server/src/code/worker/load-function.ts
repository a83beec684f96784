import { access } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { CodeReference } from '../../core/code-reference.ts';
import { messageOf } from '../../core/errors.ts';
import { describeLoadProblem } from './load-problem.ts';

export type UserFunction = (...args: unknown[]) => unknown;

interface Loaded {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly module: 'commonjs' | 'esm';
}

/** Loads a file: CommonJS, ES module or TypeScript. Throws an Error whose message says what is wrong, and where. */
export async function loadFile(file: string): Promise<Loaded> {
  try {
    await access(file);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  let namespace: Record<string, unknown>;
  try {
    namespace = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(await describeLoadProblem(error, file), { cause: error });
  }
  if (!('module.exports' in namespace)) return { exports: namespace, module: 'esm' };
  return { exports: exportsOf(namespace['module.exports']), module: 'commonjs' };
}

/** The function that a reference names: a named export, else the default, else the only function that is exported. */
export async function loadFunction(code: CodeReference): Promise<UserFunction> {
  return functionOf(await loadFile(code.file), code);
}

export function functionOf({ exports }: Loaded, { file, export: name }: CodeReference): UserFunction {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  if (name !== undefined) {
    const named = exports[name] ?? (functions.length === 1 && functions[0] === 'default' ? exports['default'] : undefined);
    if (typeof named === 'function') return named as UserFunction;
    throw new Error(`${file} exports no function "${name}": it exports ${list(exports)}`);
  }
  if (typeof exports['default'] === 'function') return exports['default'] as UserFunction;
  const [only] = functions;
  if (only !== undefined && functions.length === 1) return exports[only] as UserFunction;
  throw new Error(`${file} has no default export (or module.exports) that is a function: it exports ${list(exports)}`);
}

function exportsOf(moduleExports: unknown): Record<string, unknown> {
  if (typeof moduleExports === 'function') return Object.assign({}, moduleExports as object, { default: moduleExports });
  if (typeof moduleExports !== 'object' || moduleExports === null) return { default: moduleExports };
  return { ...moduleExports };
}

function list(exports: Readonly<Record<string, unknown>>): string {
  const names = Object.entries(exports).map(([name, value]) => `${name} (${value === null ? 'null' : typeof value})`);
  return names.length === 0 ? 'nothing' : names.join(', ');
}
