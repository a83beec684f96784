import { expect, test } from 'vitest';

import { problemLines, temporaryProject } from './temporary-project.test-support.ts';

/** Low-code files in the shapes of an original deployment, with every feature once. */
const FILES = {
  'millrace.yaml': `id: registry
modules:
  fastData:
    erSchema: [./erSchema.json, ./more.json]
    castFunctions: ./castFunctions
    kafkaProjectionUpdates: ./kafkaProjectionUpdates.json
    compatibility: { uncastable: null }
    systems:
      registry:
        format: golden-gate
        strategies: ./strategies/registry
        projections: ./projections
    singleViews:
      sv_people: ./singleViews/sv_people
`,
  'castFunctions/castToTitleCase.js': 'module.exports = (value, fieldName, logger) => String(value)\n',
  'projections/pr_people.json': {
    fields: {
      ID: { type: 'String', primaryKey: true, required: true },
      NAME: { type: 'String', castFunction: 'castToTitleCase', source: 'FULL_NAME' },
      AGE: { type: 'Number', castFunction: 'defaultCastToInteger' },
      PARTNER: { type: 'String', nullable: true },
      BORN: { type: 'Date', castFunction: 'castToDate' },
      EXTRA: { type: 'RawObject' },
      TAGS: { type: 'Array of string' },
      PLACES: { type: 'Array_RawObject' },
    },
  },
  'projections/pr_doctors.yaml': 'fields:\n  ID: { type: String, primaryKey: true }\n  PERSON: { type: String }\n',
  'erSchema.json': {
    version: '1.0.0',
    config: {
      pr_people: {
        outgoing: {
          pr_people: {
            conditions: {
              PEOPLE_TO_PARTNER: { condition: { ID: 'PARTNER' } },
              PEOPLE_TO_CHILD: { condition: { $or: [{ PARTNER: 'ID' }, { PARTNER: '__string__[all]' }] }, oneToMany: true },
            },
          },
          pr_doctors: { conditions: { USER_TO_DOCTOR: { condition: { PERSON: 'ID', RETIRED: '__boolean__[false]', LEFT: null } } } },
        },
      },
      pr_doctors: { outgoing: {} },
    },
  },
  'more.json': {
    version: '1.0.0',
    config: {
      pr_doctors: {
        outgoing: { pr_people: { conditions: { DOCTOR_TO_USER: { condition: { ID: 'PERSON', AGE: { $gte: '__integer__[18]' } } } } } },
      },
    },
  },
  'kafkaProjectionUpdates.json': {
    pr_people: { updatesTopic: 'acme.dev.registry.pr_people.pr-update', strategy: '__automatic__' },
    pr_doctors: { updatesTopic: 'acme.dev.registry.pr_doctors.pr-update', strategy: '__fromFile__[doctors.js]' },
  },
  'strategies/registry/doctors.js':
    'module.exports = async function* ({ logger, dbMongo }, updateEvent) { yield { id: updateEvent.after.PERSON } }\n',
  'singleViews/sv_people/singleViewKey.json': { version: '1.0.0', config: { personId: 'sv_id' } },
  'singleViews/sv_people/validator.js': 'module.exports = (logger, singleView) => true\n',
  'singleViews/sv_people/projectionChangesSchema.json': {
    version: '1.0.0',
    config: {
      sv_people: {
        paths: [
          { path: ['pr_doctors', 'pr_people'], identifier: { sv_id: 'ID' } },
          { path: ['pr_people', 'pr_people'], identifier: '__fromFile__[identify]' },
        ],
      },
    },
  },
  'singleViews/sv_people/identify.js':
    'module.exports = async function* ({ logger, dbMongo }, document) { yield { sv_id: document.ID } }\n',
  'singleViews/sv_people/age.js': 'module.exports = async (logger, db, dependenciesMap) => 1\n',
  'singleViews/sv_people/isRich.js': 'module.exports = async (logger, db) => true\n',
  'singleViews/sv_people/aggregation.json': {
    version: '1.3.0',
    config: {
      SV_CONFIG: {
        dependencies: {
          pr_people: {
            type: 'projection',
            on: '_identifier',
            identifierQueryMapping: { ID: '_identifier.sv_id' },
            onStates: ['PUBLIC', 'DRAFT'],
          },
          PARTNER: { type: 'projection', aliasOf: 'pr_people', on: 'PEOPLE_TO_PARTNER', useAlias: 'pr_people' },
          JOB: {
            type: 'projection',
            _select: {
              options: [
                {
                  when: { '==': ['pr_people.JOB', '__string__[doctor]'] },
                  value: { aliasOf: 'pr_doctors', on: 'USER_TO_DOCTOR', useAlias: 'pr_people' },
                },
              ],
              default: { aliasOf: 'pr_doctors', on: 'USER_TO_DOCTOR', useAlias: 'pr_people' },
            },
          },
          CHILDREN: { type: 'config' },
        },
        dependencyOrder: ['pr_people', 'PARTNER', 'JOB', 'CHILDREN'],
        mapping: {
          personId: 'pr_people.ID',
          nested: { name: 'pr_people.NAME', partner: { name: 'PARTNER.NAME' }, place: 'pr_people.EXTRA.place.name' },
          children: 'CHILDREN',
          flag: '__boolean__[true]',
          count: '__integer__[3]',
          text: '__constant__[x]',
          age: '__fromFile__[age]',
          rich: {
            _select: {
              options: [
                { when: { '==': ['__fromFile__[isRich.js]', '__boolean__[true]'] }, value: '__string__[rich]' },
                { when: { '==': ['JOB.ID', null] }, value: '__string__[unknown]' },
              ],
              default: 'pr_people.WEALTH',
            },
          },
          __STATE__: '__string__[DRAFT]',
        },
      },
      CHILDREN: {
        joinDependency: 'child',
        dependencies: { child: { type: 'projection', on: 'PEOPLE_TO_CHILD', aliasOf: 'pr_people' } },
        mapping: { name: 'child.NAME' },
      },
    },
  },
};

test('files of an original deployment load as they are', async () => {
  await using project = await temporaryProject(FILES);
  const { definitions, problems } = await project.load();
  expect(problemLines(problems)).toEqual([]);
  expect(definitions?.relations.map(({ name }) => name)).toEqual([
    'PEOPLE_TO_PARTNER',
    'PEOPLE_TO_CHILD',
    'USER_TO_DOCTOR',
    'DOCTOR_TO_USER',
  ]);
  expect(definitions?.systems[0]).toMatchObject({ counter: 'position', strategiesFolder: `${project.folder}/strategies/registry` });
  expect(definitions?.systems[0]?.projections.map(({ name }) => name)).toEqual(['pr_doctors', 'pr_people']);
  expect([...(definitions?.views[0]?.strategies?.keys() ?? [])]).toEqual(['pr_people', 'pr_doctors']);
});
