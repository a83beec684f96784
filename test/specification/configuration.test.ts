import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { embeddedOnly } from '../deployments/embedded-only.ts';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

const CUSTOMERS: ProjectLiteral = {
  projections: { customers: { id: 'string!', name: 'string' }, orders: { id: 'string!', customer: 'string' } },
  relations: [['customers', 'orders', 'customer_to_orders', { customer: 'id' }]],
  views: {
    sv: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', name: 'customers.name', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { id: 'orders.id' },
      },
    },
  },
};
const base = [put('customers', { id: 'c', name: 'Ada' }), put('customers', { id: 'd', name: 'Dora' })];

describe('kafkaProjectionUpdates.json', () => {
  const updates = (strategies: object): ProjectLiteral => ({
    ...CUSTOMERS,
    files: {
      'views/sv/kafkaProjectionUpdates.json': strategies,
      'views/sv/own.js': `module.exports = async function* ({ logger, dbMongo }, { before, after }) {
        for (const order of [before, after]) {
          if (!order) continue;
          const customer = await dbMongo.collection('customers').findOne({ id: order.customer });
          if (customer) yield { id: customer.id };
        }
      };`,
      'strategies/byDocument.js': `module.exports = (logger, databaseName) => async (document, mongoClient) => {
        const customer = await mongoClient.db(databaseName).collection('customers').findOne({ id: document.customer });
        return customer ? [{ id: customer.id }] : [];
      };`,
    },
    system: { strategies: './strategies' },
  });

  test.for([
    ['automatic', '__automatic__'],
    ['a generator of one’s own', '__fromFile__[own.js]'],
    ['without the ending of the file', '__fromFile__[own]'],
    ['a function of the original for documents, in the folder of the system', '__fromFile__[byDocument.js]'],
  ] as const)('names the strategy of a projection: %s', async ([, strategy]) => {
    await using project = await openProject(
      filesOf(updates({ customers: { strategy: '__automatic__' }, orders: { updatesTopic: 'any', strategy } })),
    );
    await project.process(...base, put('orders', { id: 'o', customer: 'c' }));
    expect(await project.documents('sv')).toMatchObject([{ orders: [{ id: 'o' }] }, { orders: [] }]);
    await project.process(put('orders', { id: 'o', customer: 'd' }));
    expect(await project.documents('sv')).toMatchObject([{ orders: [] }, { orders: [{ id: 'o' }] }]);
    await project.process(remove('orders', 'o'));
    expect(await project.documents('sv')).toMatchObject([{ orders: [] }, { orders: [] }]);
    expect(await project.errors()).toEqual([]);
  });

  test('that leaves a projection out is warned of, since its changes rebuild nothing', async () => {
    const files = filesOf(updates({ customers: { strategy: '__automatic__' } }));
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/warning STRATEGY_MISSING.*orders/)]);
    await using project = await openProject(files);
    await project.process(...base);
    await project.process(put('orders', { id: 'o', customer: 'c' }));
    expect(await project.document('sv', 'c')).toMatchObject({ orders: [] });
  });

  test('may stand beside the ER schema, for all views', async () => {
    const literal = updates({});
    const files = filesOf({
      ...literal,
      fastData: { kafkaProjectionUpdates: './updates.json' },
      files: {
        ...literal.files,
        'views/sv/kafkaProjectionUpdates.json': undefined,
        'updates.json': { customers: { strategy: '__automatic__' }, orders: { strategy: '__fromFile__[byDocument]' } },
      },
    });
    await using project = await openProject(files);
    await project.process(...base, put('orders', { id: 'o', customer: 'c' }));
    expect(await project.document('sv', 'c')).toMatchObject({ orders: [{ id: 'o' }] });
  });
});

describe('a folder with nothing but the ER schema, projections and an aggregation', () => {
  const optional = {
    'views/sv/singleViewKey.json': { version: '1.0.0', config: { id: 'id' } },
    'views/sv/projectionChangesSchema.json': {
      version: '1.0.0',
      config: {
        sv: {
          paths: [
            { path: ['customers'], identifier: { id: 'id' } },
            { path: ['orders', 'customers'], identifier: { id: 'id' } },
          ],
        },
      },
    },
    'views/sv/kafkaProjectionUpdates.json': { customers: { strategy: '__automatic__' }, orders: { strategy: '__automatic__' } },
  };

  test('is enough, and the optional files change nothing', async () => {
    const results = [];
    for (const files of [{}, optional]) {
      expect(await problemsOf(filesOf({ ...CUSTOMERS, files }))).toEqual([]);
      await using project = await openProject(filesOf({ ...CUSTOMERS, files }));
      await project.process(...base, put('orders', { id: 'o', customer: 'c' }), put('orders', { id: 'p', customer: 'c' }));
      await project.process(put('orders', { id: 'o', customer: 'd' }), remove('orders', 'p'));
      results.push(await project.documents('sv', { metadata: true }));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toMatchObject([{ orders: [] }, { orders: [{ id: 'o' }] }]);
  });

  test('is warned of an optional file that leaves something out', async () => {
    const schema = structuredClone(optional['views/sv/projectionChangesSchema.json']);
    schema.config.sv.paths.pop();
    const files = filesOf({ ...CUSTOMERS, files: { 'views/sv/projectionChangesSchema.json': schema } });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/warning PATH_MISSING/)]);
  });
});

describe('options of a single view', () => {
  const withOptions = (options: Record<string, unknown>, files: Record<string, string> = {}): ProjectLiteral => ({
    ...CUSTOMERS,
    viewOptions: { sv: options },
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`views/sv/${name}`, text])),
  });
  const validator = { 'validator.js': `module.exports = (logger, singleView) => singleView.name !== 'bad';` };

  test('onInvalid: delete removes a document that the validator refuses, keep leaves it', async () => {
    for (const [onInvalid, name] of [
      ['delete', undefined],
      ['keep', 'Ada'],
    ] as const) {
      await using project = await openProject(filesOf(withOptions({ onInvalid }, validator)));
      await project.process(...base);
      await project.process(put('customers', { id: 'c', name: 'bad' }));
      expect((await project.document('sv', 'c'))?.['name']).toBe(name);
      expect(await project.errors()).toMatchObject([{ code: 'VALIDATION_ERROR', attempts: 1 }]);
      await project.process(put('customers', { id: 'c', name: 'good' }));
      expect((await project.document('sv', 'c'))?.['name']).toBe('good');
      expect(await project.errors()).toEqual([]);
    }
  });

  test('deleteStrategy: virtualDelete keeps the document in state DELETED', async () => {
    await using project = await openProject(filesOf(withOptions({ deleteStrategy: 'virtualDelete' })));
    await project.process(...base);
    await project.process(remove('customers', 'c'));
    expect(await project.documents('sv', { states: ['DELETED'] })).toMatchObject([{ id: 'c', name: 'Ada' }]);
    await project.process(put('customers', { id: 'c', name: 'Back' }));
    expect(await project.documents('sv')).toMatchObject([{ id: 'c', name: 'Back' }, { id: 'd' }]);
  });

  test('functions for writing may stand anywhere in the project', async () => {
    const writer = `export default async (logger, collection, singleView, key) => {
      await collection.replaceOne(key, { ...singleView, by: 'me' }, { upsert: true });
      return { old: null, new: singleView };
    };`;
    const literal = withOptions({ upsertStrategy: './writers/mine.mjs' });
    await using project = await openProject(filesOf({ ...literal, files: { 'writers/mine.mjs': writer } }));
    await project.process(...base);
    expect(await project.documents('sv')).toMatchObject([{ id: 'c', by: 'me' }, { id: 'd' }]);
  });

  test('dependsOn rebuilds the view when a collection changes that its functions read by themselves', async () => {
    const count = `module.exports = async (logger, db) => await db.collection('orders').countDocuments({});`;
    const views = {
      sv: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' } },
          mapping: { id: 'customers.id', orders: '__fromFile__[count]' },
        },
      },
    };
    const literal = { ...CUSTOMERS, views, files: { 'views/sv/count.js': count } };
    expect(await problemsOf(filesOf(literal))).toEqual([expect.stringMatching(/warning UNTRACKED_READS/)]);
    const declared = filesOf({ ...literal, viewOptions: { sv: { dependsOn: ['orders'] } } });
    expect(await problemsOf(declared)).toEqual([]);
    await using project = await openProject(declared);
    await project.process(...base);
    await project.process(put('orders', { id: 'o', customer: 'c' }));
    expect(await project.documents('sv')).toEqual([
      { id: 'c', orders: 1 },
      { id: 'd', orders: 1 },
    ]);
  });
});

describe('compatibility', () => {
  test.for([
    ['null', { id: 'c', name: null, orders: [] }],
    ['omit', { id: 'c', orders: [] }],
  ] as const)('missingFields: %s', async ([missingFields, becomes]) => {
    await using project = await openProject(filesOf({ ...CUSTOMERS, fastData: { compatibility: { missingFields } } }));
    await project.process(put('customers', { id: 'c' }));
    expect(await project.documents('sv')).toEqual([becomes]);
  });
});

describe('the project file', () => {
  test('may take several ER schemas, and refuses a condition that two of them declare', async () => {
    const schema = (name: string, field: string): object => ({
      version: '1.0.0',
      config: { customers: { outgoing: { orders: { conditions: { [name]: { condition: { [field]: 'id' } } } } } } },
    });
    const files = (second: string) => ({
      ...CUSTOMERS,
      fastData: { erSchema: ['./a.json', './b.json'] },
      files: { 'erSchema.json': undefined, 'a.json': schema('customer_to_orders', 'customer'), 'b.json': schema(second, 'id') },
    });
    expect(await problemsOf(filesOf(files('another')))).toEqual([]);
    expect(await problemsOf(filesOf(files('customer_to_orders')))).toEqual([expect.stringMatching(/a\.json.*b\.json|b\.json.*a\.json/s)]);
  });

  test.runIf(embeddedOnly('servers have folders of their own'))('keeps its data where data says', async () => {
    await using project = await openProject(filesOf({ ...CUSTOMERS, top: { data: './somewhere/else' } }));
    await project.process(...base);
    expect([existsSync(`${project.folder}/somewhere/else/millrace.db`), existsSync(`${project.folder}/.millrace`)]).toEqual([true, false]);
  });

  test('takes durability: powerLoss, which syncs every batch', async () => {
    await using project = await openProject(filesOf({ ...CUSTOMERS, top: { durability: 'powerLoss' } }));
    await project.process(...base);
    expect(await project.documents('sv')).toHaveLength(2);
  });
});
