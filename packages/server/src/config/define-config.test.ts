import { expect, test } from 'vitest';

import { defineConfig } from './define-config.ts';
import { SMALL_PROJECT, temporaryProject } from './temporary-project.test-support.ts';

test('a program makes its configuration with defineConfig', async () => {
  const { 'millrace.yaml': _, ...files } = SMALL_PROJECT;
  const module = new URL('define-config.ts', import.meta.url).href;
  await using project = await temporaryProject({
    ...files,
    'millrace.ts': `import { defineConfig } from '${module}';
const view = (name: string): string => './views/' + name;
export default defineConfig({
  id: 'shop',
  modules: {
    fastData: {
      erSchema: './erSchema.json',
      systems: { shop: { format: 'debezium', projections: './projections' } },
      singleViews: { sv_customers: view('customers') },
    },
  },
});
`,
  });
  const { config, definitions, problems } = await project.load();
  expect(problems).toEqual([]);
  expect([config?.id, definitions?.views.length]).toEqual(['shop', 1]);
});

test('faults of a program are named by file and path', async () => {
  await using project = await temporaryProject({ 'millrace.mjs': 'export default { id: "x", http: { prot: 1 } };\n' });
  const { problems } = await project.load();
  expect(problems.map(({ place, message }) => [place, message])).toEqual([
    [{ file: 'millrace.mjs', path: ['http', 'prot'] }, 'Unknown key "prot" in http'],
  ]);
});

test('what may be written is typed', () => {
  // @ts-expect-error The format is missing.
  defineConfig({ id: 'x', modules: { fastData: { systems: { s: { projections: './p' } } } } });
  // @ts-expect-error There is no such level.
  expect(defineConfig({ id: 'x', logging: { level: 'loud' } }).id).toBe('x');
});
