import { expect, test } from 'vitest';

import { SMALL_PROJECT, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const FOLDER = 'views/customers';
const BASE: Files = {
  ...SMALL_PROJECT,
  [`${FOLDER}/validator.js`]: "const rule = require('./lib/rule');\nmodule.exports = (logger, view) => rule(view);\n",
  [`${FOLDER}/lib/rule.js`]: 'module.exports = (view) => true;\n',
};

async function hashesOf(files: Files): Promise<ReadonlyMap<string, string>> {
  await using project = await temporaryProject(files);
  const { hashes, problems } = await project.load();
  expect(problems).toEqual([]);
  return hashes;
}

const ALL = ['projection/customers', 'projection/orders', 'relation/customers/orders/customer_to_orders', 'view/sv_customers'];
const reorder = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, item]) => [key, key === 'fields' || key === 'mapping' || key === 'dependencies' ? item : reorder(item)]),
      )
    : value;

const cases: readonly (readonly [what: string, files: Files, changed: readonly string[]])[] = [
  ['nothing', {}, []],
  ['the layout and the order of keys', { 'erSchema.json': JSON.stringify(reorder(SMALL_PROJECT['erSchema.json'])) }, []],
  ['a comment', { 'millrace.yaml': `# Our shop\n${SMALL_PROJECT['millrace.yaml']}` }, []],
  [
    'the patience with a view',
    { 'millrace.yaml': SMALL_PROJECT['millrace.yaml'].replace('./views/customers', '{ folder: ./views/customers, maxProcessingMs: 1 }') },
    [],
  ],
  [
    'what a view does with invalid documents',
    { 'millrace.yaml': SMALL_PROJECT['millrace.yaml'].replace('./views/customers', '{ folder: ./views/customers, onInvalid: keep }') },
    ['view/sv_customers'],
  ],
  ['settings that define nothing', { 'millrace.yaml': `${SMALL_PROJECT['millrace.yaml']}http: { port: 1 }\n` }, []],
  [
    'a field of a projection',
    { 'projections/orders.json': { fields: { id: { type: 'string', primaryKey: true }, total: { type: 'number' } } } },
    ['projection/orders'],
  ],
  [
    'the format of a system',
    { 'millrace.yaml': SMALL_PROJECT['millrace.yaml'].replace('debezium', 'db2') },
    ['projection/customers', 'projection/orders'],
  ],
  [
    'a condition',
    { 'erSchema.json': JSON.stringify(SMALL_PROJECT['erSchema.json']).replace('"customer":"id"', '"customer":"name"') },
    ['relation/customers/orders/customer_to_orders'],
  ],
  [
    'a mapping',
    {
      [`${FOLDER}/aggregation.json`]: JSON.stringify(SMALL_PROJECT['views/customers/aggregation.json']).replace(
        'customers.name',
        'customers.id',
      ),
    },
    ['view/sv_customers'],
  ],
  ['a function', { [`${FOLDER}/validator.js`]: "module.exports = require('./lib/rule');\n" }, ['view/sv_customers']],
  ['a file that a function imports', { [`${FOLDER}/lib/rule.js`]: 'module.exports = () => false;\n' }, ['view/sv_customers']],
];
test.for(cases)('a change of %s changes the hashes that it should', async ([, files, changed]) => {
  const [before, after] = [await hashesOf(BASE), await hashesOf({ ...BASE, ...files })];
  expect([...after.keys()]).toEqual(ALL);
  expect(ALL.filter((name) => before.get(name) !== after.get(name))).toEqual(changed);
});
