import { describe, expect, test } from 'vitest';

import type { ProjectionDefinition } from '../core/projection.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const YAML = SMALL_PROJECT['millrace.yaml'];
const KEY = { id: { type: 'string', primaryKey: true } };

/** Loads the small project with another definition of `orders`. */
async function loadOrders(orders: unknown, others: Files = {}): Promise<{ orders: ProjectionDefinition | undefined; lines: string[] }> {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'projections/orders.json': orders, ...others });
  const { definitions, problems } = await project.load();
  const found = definitions?.systems.flatMap((system) => system.projections).find(({ name }) => name === 'orders');
  return { orders: found, lines: problemLines(problems) };
}

async function fieldOf(field: object, others: Files = {}) {
  const { orders, lines } = await loadOrders({ fields: { ...KEY, field } }, others);
  expect(lines).toEqual([]);
  return orders?.fields.find(({ name }) => name === 'field');
}

describe('types', () => {
  const spellings: Readonly<Record<string, string>> = {
    String: 'string',
    Number: 'number',
    Boolean: 'boolean',
    Date: 'date',
    RawObject: 'object',
    Object: 'object',
    Array_RawObject: 'arrayOfObject',
    'Array of object': 'arrayOfObject',
    'Array of string': 'arrayOfString',
    'Array of number': 'arrayOfNumber',
    ObjectId: 'objectId',
    GeoPoint: 'geoPoint',
    long: 'long',
    decimal: 'decimal',
    array: 'array',
    arrayOfString: 'arrayOfString',
  };
  test.for(Object.entries(spellings))('%s is read as %s', async ([spelling, type]) => {
    expect((await fieldOf({ type: spelling }))?.type).toBe(type);
  });
});

describe('defaults of fields', () => {
  test('the source has the same name, and any row may lack the field or hold NULL', async () => {
    expect(await fieldOf({ type: 'string' })).toEqual({
      name: 'field',
      type: 'string',
      source: 'field',
      cast: { kind: 'default', name: 'defaultCastToString' },
      required: false,
      nullable: true,
      primaryKey: false,
    });
  });

  const flags: readonly (readonly [object, object])[] = [
    [{ primaryKey: true }, { required: true, nullable: false }],
    [{ required: true }, { required: true, nullable: false }],
    [
      { required: true, nullable: true },
      { required: true, nullable: true },
    ],
    [{ nullable: false }, { required: false, nullable: false }],
  ];
  test.for(flags)('%o becomes %o', async ([given, becomes]) => {
    expect(await fieldOf({ type: 'string', ...given })).toMatchObject(becomes);
  });

  const casts: Readonly<Record<string, string>> = {
    number: 'defaultCastToFloat',
    long: 'castToLong',
    decimal: 'castToDecimal',
    boolean: 'castToBoolean',
    date: 'defaultCastToDate',
    object: 'defaultCastToObject',
    array: 'castToArray',
    arrayOfObject: 'defaultCastToArrayOfObject',
    arrayOfString: 'castToArray',
    objectId: 'castToObjectId',
    geoPoint: 'castToGeoPoint',
  };
  test.for(Object.entries(casts))('a field of type %s is cast with %s', async ([type, cast]) => {
    expect((await fieldOf({ type }))?.cast).toEqual({ kind: 'default', name: cast });
  });

  test('both names of an original cast are known', async () => {
    expect((await fieldOf({ type: 'number', castFunction: 'castToInteger' }))?.cast).toEqual({
      kind: 'default',
      name: 'defaultCastToInteger',
    });
    expect((await fieldOf({ type: 'number', castFunction: 'defaultCastToInteger' }))?.cast).toEqual({
      kind: 'default',
      name: 'defaultCastToInteger',
    });
  });

  const sourceTypes = [
    'date-days',
    'time-nanos',
    'timestamp-micros',
    'decimal:2',
    'decimal-variable',
    'bytes-hex',
    'bits',
    'unsigned-long',
    'json',
  ];
  test.for(sourceTypes)('the source type %s is known', async (sourceType) => {
    expect((await fieldOf({ type: 'string', sourceType }))?.sourceType).toBe(sourceType);
  });
});

describe('casts of one’s own', () => {
  const yaml = YAML.replace('    systems:', '    castFunctions: ./casts\n    systems:');
  const casts = {
    'casts/oldStyle.js': 'module.exports = (value, fieldName, logger) => value\n',
    'casts/newStyle.js':
      '// module.exports is not what this has\nexport default (messageObject, fieldName, logger) => messageObject[fieldName]\n',
    'casts/typed.ts': 'export default function typed(messageObject: object, fieldName: string): unknown { return fieldName }\n',
    'casts/common.cts': 'module.exports = (value: unknown) => value\n',
    'casts/oldStyle.test.js': '',
    'casts/README.md': 'export default',
  };
  const signatures: Readonly<Record<string, string>> = { oldStyle: 'value', newStyle: 'message', typed: 'message', common: 'value' };

  test.for(Object.entries(signatures))('%s is called in the signature of its kind of module: %s', async ([castFunction, signature]) => {
    const field = await fieldOf({ type: 'string', castFunction }, { ...casts, 'millrace.yaml': yaml });
    expect(field?.cast).toMatchObject({ kind: 'custom', name: castFunction, signature });
  });

  test('a name that a default cast has, or that two files have, is refused', async () => {
    const files = { 'casts/castToDate.js': '', 'casts/twice.js': '', 'casts/twice.ts': '', 'millrace.yaml': yaml };
    expect((await loadOrders({ fields: KEY }, files)).lines).toEqual([
      'casts/castToDate.js error CONFIG_CLASH | The cast function castToDate has the name of a default cast | expected: a name of its own | cure: Rename the file castToDate.js',
      'casts/twice.ts error CONFIG_CLASH | casts/twice.js and casts/twice.ts both define the cast twice | cure: Remove or rename one of them',
    ]);
  });
});

describe('topics', () => {
  test('come from the pattern of the system', async () => {
    const files = { 'millrace.yaml': YAML.replace('format: debezium', 'format: debezium\n        topic: "acme.{system}.{projection}"') };
    expect((await loadOrders({ fields: KEY }, files)).orders?.topics).toEqual(['acme.shop.orders']);
  });

  test('may be named by the projection, each once', async () => {
    expect((await loadOrders({ fields: KEY, topics: ['a', '{projection}.b', 'a'] })).orders?.topics).toEqual(['a', 'orders.b']);
  });

  test('belong to one projection only', async () => {
    expect((await loadOrders({ fields: KEY, topics: ['shop.customers.ingestion'] })).lines).toEqual([
      'projections/orders.json:1:1 error CONFIG_CLASH | The topic shop.customers.ingestion belongs to both shop/customers and shop/orders | expected: topics of its own for each projection | cure: Name other topics, or put {projection} into the pattern of the system',
    ]);
  });
});

describe('writing', () => {
  const cases: readonly (readonly [system: string, projection: object, becomes: object])[] = [
    ['', {}, { upsert: true, deleteMechanism: 'soft', orderGuard: true }],
    ['deleteMechanism: hard', {}, { upsert: true, deleteMechanism: 'hard' }],
    ['deleteMechanism: hard', { deleteMechanism: 'soft' }, { upsert: true, deleteMechanism: 'soft' }],
    ['upsert: false', {}, { upsert: false, deleteMechanism: 'hard' }],
    ['upsert: false', { upsert: true }, { upsert: true, deleteMechanism: 'soft' }],
    ['orderGuard: false', {}, { orderGuard: false }],
  ];
  test.for(cases)('a system with "%s" and a projection with %o give %o', async ([system, projection, becomes]) => {
    const files = { 'millrace.yaml': YAML.replace('format: debezium', `format: debezium\n        ${system}`) };
    const { orders, lines } = await loadOrders({ fields: KEY, ...projection }, files);
    expect(lines).toEqual([]);
    expect(orders).toMatchObject(becomes);
  });

  test('soft deletes exclude strict inserts, wherever either is said', async () => {
    const files = { 'millrace.yaml': YAML.replace('format: debezium', 'format: debezium\n        deleteMechanism: soft') };
    expect((await loadOrders({ fields: KEY, upsert: false }, files)).lines).toEqual([
      'millrace.yaml:8:26 error CONFIG_CONTRADICTION | The projection orders has upsert: false and deleteMechanism: soft | expected: deleteMechanism: hard wherever upsert is false | cure: Remove deleteMechanism, or upsert: false',
    ]);
  });

  test('db2 cannot tell inserts from updates, and has no position', async () => {
    const files = { 'millrace.yaml': YAML.replace('format: debezium', 'format: basic\n        counter: position') };
    expect((await loadOrders({ fields: KEY, upsert: false }, files)).lines).toEqual([
      'millrace.yaml:8:18 error CONFIG_CONTRADICTION | The system shop has counter: position and the format db2 | expected: counter: timestamp, since messages of db2 carry no position | cure: Remove counter',
      'projections/orders.json:8:13 error CONFIG_CONTRADICTION | The projection orders has upsert: false and the format db2 | expected: upsert: true, since messages of db2 do not tell inserts from updates | cure: Remove upsert: false',
    ]);
  });
});

describe('faults of a projection', () => {
  const cases: readonly (readonly [what: string, orders: object, lines: readonly string[]])[] = [
    [
      'no primary key',
      { fields: { a: { type: 'string' } } },
      [
        'projections/orders.json:2:3 error CONFIG_VALUE | The projection orders has no primary key | expected: at least one field with primaryKey: true | cure: Mark the fields that identify a row',
      ],
    ],
    [
      'an unknown type',
      { fields: { ...KEY, a: { type: 'strng' } } },
      [
        'projections/orders.json:8:15 error CONFIG_VALUE | The field a has the unknown type "strng" | expected: one of string, number, long, decimal, boolean, date, object, array, arrayOfObject, arrayOfString, arrayOfNumber, objectId, geoPoint | cure: Did you mean string?',
      ],
    ],
    [
      'an unknown source type and an unknown cast',
      { fields: { ...KEY, a: { type: 'date', sourceType: 'decimal:x', castFunction: 'castToDat' } } },
      [
        'projections/orders.json:9:21 error CONFIG_VALUE | The field a has the unknown sourceType "decimal:x" | expected: decimal:<scale>, the number of digits after the point',
        'projections/orders.json:10:23 error CONFIG_VALUE | The field a names the unknown cast "castToDat" | expected: a default cast, or the name of a file in the folder of castFunctions | cure: Did you mean castToDate?',
      ],
    ],
    [
      'a key that may be NULL, or is an object',
      { fields: { id: { type: 'object', primaryKey: true, required: false } } },
      [
        'projections/orders.json:5:21 error CONFIG_VALUE | The field id of type object cannot be part of the primary key | expected: a field of type string, number, long, decimal, boolean, date, objectId',
        'projections/orders.json:6:19 error CONFIG_CONTRADICTION | The field id is part of the primary key and says required: false | expected: primary-key fields are required and never NULL | cure: Remove required',
      ],
    ],
    [
      'names that cannot be',
      { fields: { ...KEY, 'a.b': { type: 'string' }, __STATE__: { type: 'string' } } },
      [
        'projections/orders.json:7:5 error CONFIG_VALUE | The name "a.b" cannot be used | expected: a name without spaces and dots that does not start with $ | cure: Use a name without spaces and dots that does not start with $',
        'projections/orders.json:10:5 error CONFIG_CLASH | The field __STATE__ has a name that Millrace keeps for itself | expected: a name other than _id, creatorId, createdAt, updaterId, updatedAt, __STATE__, timestamp, __internal__kafkaInfo, __internal__counter, __internal__counterType | cure: Give the field another name and write source: __STATE__',
      ],
    ],
    [
      'topics that cannot be',
      { fields: KEY, topics: ['a b', '{sytem}.x'] },
      [
        'projections/orders.json:9:5 error CONFIG_VALUE | "a b" cannot be the name of a topic | expected: at most 249 letters, digits, dots, _ and -',
        'projections/orders.json:10:5 error CONFIG_VALUE | The topic "{sytem}.x" has the unknown placeholder {sytem} | expected: {system} or {projection} | cure: Did you mean system?',
      ],
    ],
    [
      'a misspelt key',
      { fields: { id: { type: 'string', primaryKey: true, nulable: false } } },
      [
        'projections/orders.json:6:7 error CONFIG_UNKNOWN_KEY | Unknown key "nulable" in id | expected: type, description, source, sourceType, castFunction, required, nullable or primaryKey | cure: Did you mean nullable?',
      ],
    ],
  ];
  test.for(cases)('%s', async ([, orders, lines]) => {
    expect((await loadOrders(orders)).lines).toEqual(lines);
  });
});

describe('systems', () => {
  test('whose format has a file of its own take that as the adapter, and its position as the counter', async () => {
    const files = { 'millrace.yaml': YAML.replace('format: debezium', 'format: ./adapters/mine.js'), 'adapters/mine.js': '' };
    await using project = await temporaryProject({ ...SMALL_PROJECT, ...files });
    const { definitions, problems } = await project.load();
    expect(problems).toEqual([]);
    expect(definitions?.systems[0]).toMatchObject({
      format: { custom: { file: `${project.folder}/adapters/mine.js` } },
      counter: 'position',
    });
  });

  test('of golden-gate are ordered by position unless they say otherwise', async () => {
    await using one = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': YAML.replace('debezium', 'golden-gate') });
    await using other = await temporaryProject({
      ...SMALL_PROJECT,
      'millrace.yaml': YAML.replace('debezium', 'golden-gate\n        counter: timestamp'),
    });
    expect((await one.load()).definitions?.systems[0]?.counter).toBe('position');
    expect((await other.load()).definitions?.systems[0]?.counter).toBe('timestamp');
  });

  const cases: readonly (readonly [what: string, files: Files, lines: readonly string[]])[] = [
    [
      'an unknown format',
      { 'millrace.yaml': YAML.replace('debezium', 'debezum') },
      [
        'millrace.yaml:7:17 error CONFIG_VALUE | format must be debezium, golden-gate, db2, basic or the path of a .js or .ts file, not "debezum" | expected: debezium, golden-gate, db2, basic or the path of a .js or .ts file | cure: Did you mean debezium?',
      ],
    ],
    [
      'an adapter that is not there',
      { 'millrace.yaml': YAML.replace('debezium', './adapters/mine.js'), 'adapters/mane.js': '' },
      [
        'millrace.yaml:7:17 error CONFIG_FILE_MISSING | No file for the function "./adapters/mine.js" | expected: ./adapters/mine.js in . | cure: Create the file, or correct the name',
      ],
    ],
    [
      'a folder that is not there',
      { 'millrace.yaml': YAML.replace('./projections', './projection') },
      [
        'millrace.yaml:8:22 error CONFIG_FILE_MISSING | Folder projection does not exist | expected: a folder | cure: Did you mean projections?',
      ],
    ],
    [
      'a folder without projections',
      { 'millrace.yaml': YAML.replace('./projections', './views') },
      [
        'millrace.yaml:8:22 error CONFIG_FILE_MISSING | The folder views holds no projection | expected: <projection>.json or <projection>.yaml',
      ],
    ],
    [
      'two files for one projection, and a file name that is no name',
      { 'projections/orders.yaml': 'fields: {}', 'projections/my orders.json': { fields: KEY } },
      [
        'projections/my orders.json error CONFIG_VALUE | The file projections/my orders.json cannot name a projection | expected: a name of letters, digits, _ and - | cure: Rename the file',
        'projections/orders.yaml error CONFIG_CLASH | projections/orders.json and projections/orders.yaml both define the projection orders | cure: Remove one of them',
      ],
    ],
  ];
  test.for(cases)('with %s are refused', async ([, files, lines]) => {
    await using project = await temporaryProject({ ...SMALL_PROJECT, ...files });
    const { problems } = await project.load();
    expect(problemLines(problems)).toEqual(lines);
  });
});
