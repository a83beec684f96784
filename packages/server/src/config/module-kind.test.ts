import { expect, test } from 'vitest';

import { moduleKind } from './module-kind.ts';

const cases: readonly (readonly [file: string, text: string, kind: 'commonjs' | 'esm'])[] = [
  ['a.js', 'module.exports = (value) => value', 'commonjs'],
  ['a.js', 'exports.default = 1', 'commonjs'],
  ['a.js', '', 'commonjs'],
  ['a.js', 'export default (row, field) => row[field]', 'esm'],
  ['a.js', 'function cast() {}\nexport { cast as default }', 'esm'],
  ['a.js', "import get from 'lodash.get'\nconst x = 1", 'esm'],
  ['a.js', "import './side-effect.js'", 'esm'],
  ['a.ts', 'export default async function cast(): Promise<number> { return 1 }', 'esm'],
  ['a.ts', 'import type { X } from "./x.ts"', 'esm'],
  ['a.js', '// export default 1\nmodule.exports = 1', 'commonjs'],
  ['a.js', '/*\nexport default 1\n*/ module.exports = 1', 'commonjs'],
  ['a.js', "const text = 'x\\'; export default 1'\nmodule.exports = text", 'commonjs'],
  ['a.js', 'const text = `\nexport default 1\n`\nmodule.exports = text', 'commonjs'],
  ['a.js', "module.exports = async () => (await import('./other.mjs')).default", 'commonjs'],
  ['a.mjs', 'module.exports = 1', 'esm'],
  ['a.mts', '', 'esm'],
  ['a.cjs', 'export default 1', 'commonjs'],
  ['a.cts', 'export default 1', 'commonjs'],
];
test.for(cases)('%s with %j is %s', ([file, text, kind]) => {
  expect(moduleKind(file, text)).toBe(kind);
});
