import { describe, expect, test } from 'vitest';
import { UserFiles } from './user-files.test-support.ts';

async function inspected(
  files: Readonly<Record<string, string>>,
  name: string,
): Promise<{ problem: string | null; parameters: number; module: string }> {
  await using user = new UserFiles(files);
  const { problem, ...rest } = await user.code.inspect('cast-value', { file: user.file(name) });
  return { problem: problem?.replaceAll(user.folder, '') ?? null, ...rest };
}

describe('a file that is right', () => {
  test.for([
    ['f.js', 'module.exports = (a, b, c) => a;', 3, 'commonjs'],
    ['f.js', 'export default (a, b) => a;', 2, 'esm'],
    ['f.mjs', 'export default function () {}', 0, 'esm'],
    ['f.cjs', 'module.exports = async (a) => a;', 1, 'commonjs'],
    ['f.ts', 'export default (a: number) => a;', 1, 'esm'],
    ['f.ts', 'module.exports = (a: number) => a;', 1, 'commonjs'],
  ] as const)('%s: %s', async ([name, text, parameters, module]) => {
    expect(await inspected({ [name]: text }, name)).toEqual({ problem: null, parameters, module });
  });
});

describe('a file that is wrong says what and where', () => {
  const cases: readonly (readonly [name: string, text: string, problem: string, module: string])[] = [
    ['f.js', 'const a = 1;\nmodule.exports = (a => a;', `/f.js:2:25: Unexpected token ';'`, 'commonjs'],
    ['f.mjs', 'const a = 1;\nexport default (a) => a +;', `/f.mjs:2:26: Unexpected token ';'`, 'esm'],
    ['f.ts', '\nexport default (a: number => a;', `/f.ts:2:31: Expected ',', got ';'`, 'esm'],
    [
      'f.ts',
      'export enum Kind { a }\nexport default () => Kind.a;',
      '/f.ts:1:8: TypeScript enum is not supported in strip-only mode: only TypeScript that can be erased runs (no enums, namespaces with values, parameter properties)',
      'esm',
    ],
    ['f.mjs', 'export const a = 1;', '/f.mjs has no default export (or module.exports) that is a function: it exports a (number)', 'esm'],
    ['f.js', 'const a = () => 1;', '/f.js has no default export (or module.exports) that is a function: it exports nothing', 'commonjs'],
    [
      'f.js',
      'module.exports = 5;',
      '/f.js has no default export (or module.exports) that is a function: it exports default (number)',
      'commonjs',
    ],
    ['f.js', '\nthrow new TypeError("top");', 'TypeError: top (/f.js:2:7)', 'commonjs'],
    ['f.js', 'require("./none.js");', `/f.js: Cannot find module './none.js'`, 'commonjs'],
    ['f.js', 'process.exit(2);', 'Ended its process (process.exit, code 2)', 'commonjs'],
  ];
  test.for(cases)('%s: %s', async ([name, text, problem, module]) => {
    expect(await inspected({ [name]: text }, name)).toEqual({ problem, parameters: 0, module });
  });

  test('CommonJS in a package of ES modules', async () => {
    const files = { 'package.json': '{"type":"module"}', 'f.js': 'module.exports = () => 1;' };
    expect((await inspected(files, 'f.js')).problem).toBe(
      '/f.js is written as CommonJS (module), but is loaded as an ES module, since /package.json says "type": "module": name it .cjs, or use import and export',
    );
  });

  test('a file that is not there', async () => {
    expect((await inspected({}, 'none.js')).problem).toContain('/none.js cannot be read: ENOENT');
  });

  test('an export that is not there', async () => {
    await using user = new UserFiles({ 'f.mjs': 'export const one = () => 1; export default () => 2; export const two = 2;' });
    const { problem } = await user.code.inspect('adapter', { file: user.file('f.mjs'), export: 'two' });
    expect(problem).toContain('exports no function "two": it exports default (function), one (function), two (number)');
  });
});

describe('the process', () => {
  test('goes on after a file that ended it', async () => {
    await using user = new UserFiles({ 'exit.js': 'process.exit(0);', 'f.js': 'module.exports = () => 1;' });
    expect((await user.code.inspect('operand', { file: user.file('exit.js') })).problem).not.toBe(null);
    expect((await user.code.inspect('operand', { file: user.file('f.js') })).problem).toBe(null);
    expect(await user.value('operand', 'f.js')).toBe(1);
  });
});
