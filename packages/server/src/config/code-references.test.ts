import { relative } from 'node:path';

import { expect, test } from 'vitest';

import { codeReferences } from './code-references.ts';
import { SMALL_PROJECT, temporaryProject } from './temporary-project.test-support.ts';

const when = { '==': ['__fromFile__[operand]', null] };
const AGGREGATION = {
  config: {
    SV_CONFIG: {
      dependencies: {
        customers: { type: 'projection', on: '_identifier' },
        chosen: { type: 'projection', _select: { options: [{ when, value: { on: 'C' } }] } },
        INNER: { type: 'config' },
      },
      mapping: {
        a: '__fromFile__[top]',
        b: { c: { _select: { options: [{ when, value: '__fromFile__[chosen]' }], default: '__fromFile__[otherwise]' } } },
      },
    },
    INNER: { mapping: { a: '__fromFile__[inner]', again: '__fromFile__[top]' } },
  },
};

test('every function that a project names is listed once in each role, with its place', async () => {
  const folder = 'views/customers';
  await using project = await temporaryProject({
    ...SMALL_PROJECT,
    'millrace.yaml': SMALL_PROJECT['millrace.yaml']
      .replace('format: debezium', 'format: ./adapter.js')
      .replace('    systems:', '    castFunctions: ./casts\n    systems:')
      .concat('      sv_manual: ./views/manual\n'),
    'adapter.js': '',
    'casts/old.js': 'module.exports = (v) => v',
    'casts/fresh.mjs': '',
    'casts/unused.js': '',
    'projections/orders.json': {
      fields: { id: { type: 'string', primaryKey: true, castFunction: 'old' }, total: { type: 'string', castFunction: 'fresh' } },
    },
    [`${folder}/aggregation.json`]: AGGREGATION,
    ...Object.fromEntries(
      ['operand', 'top', 'chosen', 'otherwise', 'inner', 'validator', 'upsert', 'delete', 'identify', 'strategy', 'singleViewKey'].map(
        (name) => [`${folder}/${name}.js`, ''],
      ),
    ),
    [`${folder}/projectionChangesSchema.json`]: {
      config: { sv_customers: { paths: [{ path: ['customers'], identifier: '__fromFile__[identify]' }] } },
    },
    [`${folder}/kafkaProjectionUpdates.json`]: { orders: { strategy: '__fromFile__[strategy]' } },
    'views/manual/pipeline.js': '',
    'views/manual/mapper.js': '',
  });
  const { definitions, problems } = await project.load();
  expect(problems).toEqual([]);
  if (definitions === null) throw new Error('No definitions');
  const uses = codeReferences(definitions).map(
    ({ code, role, place }) => `${role} ${relative(project.folder, code.file)} at ${place.file} ${place.path.join('.')}`,
  );
  expect(uses).toEqual([
    'adapter adapter.js at millrace.yaml modules.fastData.systems.shop.format',
    'cast-value casts/old.js at projections/orders.json fields.id.castFunction',
    'cast-message casts/fresh.mjs at projections/orders.json fields.total.castFunction',
    'operand views/customers/operand.js at views/customers/aggregation.json config.SV_CONFIG.dependencies.chosen._select.options.0.when',
    'mapping views/customers/top.js at views/customers/aggregation.json config.SV_CONFIG.mapping.a',
    'mapping views/customers/chosen.js at views/customers/aggregation.json config.SV_CONFIG.mapping.b.c._select.options.0.value',
    'mapping views/customers/otherwise.js at views/customers/aggregation.json config.SV_CONFIG.mapping.b.c._select.default',
    'mapping views/customers/inner.js at views/customers/aggregation.json config.INNER.mapping.a',
    'view-key views/customers/singleViewKey.js at views/customers/singleViewKey.js ',
    'path-identifier views/customers/identify.js at views/customers/projectionChangesSchema.json config.sv_customers.paths.0.identifier',
    'strategy views/customers/strategy.js at views/customers/kafkaProjectionUpdates.json orders.strategy',
    'validator views/customers/validator.js at millrace.yaml modules.fastData.singleViews.sv_customers',
    'upsert views/customers/upsert.js at millrace.yaml modules.fastData.singleViews.sv_customers',
    'delete views/customers/delete.js at millrace.yaml modules.fastData.singleViews.sv_customers',
    'pipeline views/manual/pipeline.js at millrace.yaml modules.fastData.singleViews.sv_manual',
    'mapper views/manual/mapper.js at millrace.yaml modules.fastData.singleViews.sv_manual',
  ]);
});
