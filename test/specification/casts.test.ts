import { describe, expect, test } from 'vitest';
import { Decimal128, ObjectId } from '../../packages/server/src/core/value.ts';
import { filesOf } from './files.ts';
import type { FieldLiteral, ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';
import type { Project } from './project.ts';

const HEX = '65f1a2b3c4d5e6f708192a3b';
/** What a field becomes whose cast fails and that may be NULL. */
const NULL = null;

async function projectOf(field: FieldLiteral, more: Partial<ProjectLiteral> = {}): Promise<Project> {
  return openProject(filesOf({ projections: { rows: { id: 'string!', field } }, ...more }));
}

/** Each value, as JSON text, through a field; what is stored of it. */
async function stored(field: FieldLiteral, values: readonly string[], more: Partial<ProjectLiteral> = {}): Promise<unknown[]> {
  await using project = await projectOf(field, more);
  const ids = values.map((_, i) => String(i).padStart(3, '0'));
  await project.process(...values.map((value, i) => ({ ...put('rows', { id: ids[i] }), value: `{"id": "${ids[i]}", "field": ${value}}` })));
  expect(await project.errors()).toEqual([]);
  return (await project.documents('rows')).map((row) => row['field']);
}

describe('a field is cast by its type', () => {
  const cases: readonly (readonly [type: string, value: string, becomes: unknown])[] = [
    ['string', '5', '5'],
    ['string', '{"a": [1.25, null]}', '{"a":[1.25,null]}'],
    ['string', '12345678901234567890', '12345678901234567890'],
    ['number', '"5.9"', 5.9],
    ['number', '""', 0],
    ['number', 'true', 1],
    ['number', '"abc"', NULL],
    ['number', '"NaN"', Number.NaN],
    ['number', '"-Infinity"', Number.NEGATIVE_INFINITY],
    ['long', '9223372036854775807', 9_223_372_036_854_775_807n],
    ['long', '"-9223372036854775808"', -9_223_372_036_854_775_808n],
    ['long', '9223372036854775808', NULL],
    ['long', '1.5', NULL],
    ['decimal', '0.10000000000000000001', Decimal128.fromString('0.10000000000000000001')],
    ['decimal', '"12.50"', Decimal128.fromString('12.50')],
    ['decimal', '"1234567890123456789012345678901234"', Decimal128.fromString('1234567890123456789012345678901234')],
    ['decimal', '"twelve"', NULL],
    ['boolean', '0', false],
    ['boolean', '"true"', true],
    ['boolean', '"yes"', NULL],
    ['date', '"2024-02-29T12:00:00Z"', new Date('2024-02-29T12:00:00Z')],
    ['date', '1700000000000', new Date(1_700_000_000_000)],
    ['date', '86400000', new Date(86_400_000)],
    ['date', '"soon"', NULL],
    ['object', '"{\\"a\\": 1}"', { a: 1 }],
    ['object', '[1]', NULL],
    ['object', '"null"', NULL],
    ['array', '[1, "a", null]', [1, 'a', null]],
    ['array', '"[1, 2]"', [1, 2]],
    ['arrayOfObject', '[{"a": 1}]', [{ a: 1 }]],
    ['arrayOfObject', '[{"a": 1}, null]', NULL],
    ['arrayOfString', '["a", "b"]', ['a', 'b']],
    ['arrayOfString', '["a", 1]', NULL],
    ['arrayOfNumber', '[1, 2.5]', [1, 2.5]],
    ['arrayOfNumber', '["1"]', NULL],
    ['objectId', `"${HEX}"`, ObjectId.createFromHexString(HEX)],
    ['objectId', '"65f1"', NULL],
    ['geoPoint', '[12.5, 41.9]', { type: 'Point', coordinates: [12.5, 41.9] }],
    ['geoPoint', '{"type": "Point", "coordinates": [12.5, 41.9]}', { type: 'Point', coordinates: [12.5, 41.9] }],
    ['geoPoint', '[200, 0]', NULL],
    // The original’s spellings.
    ['Array_RawObject', '[{"a": 1}]', [{ a: 1 }]],
    ['Array of number', '[1]', [1]],
    ['RawObject', '{"a": 1}', { a: 1 }],
  ];
  test.for(cases)('%s: %s', async ([type, value, becomes]) => {
    expect(await stored(type, [value, 'null'])).toEqual([becomes, null]);
  });
});

describe('a default cast may be named', () => {
  const cases: readonly (readonly [cast: string, type: string, values: readonly (readonly [string, unknown])[]])[] = [
    ['defaultIdentity', 'object', [['[1]', [1]]]],
    ['identity', 'string', [['"a"', 'a']]],
    ['defaultCastToInteger', 'number', [['"5.9"', 5], ['-5.9', -5], ['"x"', NULL]]], // prettier-ignore
    ['castToInteger', 'number', [['true', 1]]],
    ['defaultCastToFloat', 'number', [['"5.9"', 5.9]]],
    ['defaultCastToString', 'string', [['{"a":1}', '{"a":1}']]],
    [
      'defaultCastUnitTimestampToISOString',
      'string',
      [
        ['1700000000000', '2023-11-14T22:13:20.000Z'],
        ['"1700000000000"', NULL],
      ],
    ],
    ['castUnixTimestampToISOString', 'string', [['0', '1970-01-01T00:00:00.000Z']]],
    [
      'defaultCastStringToBoolean',
      'boolean',
      [
        ['"true"', true],
        ['true', NULL],
        ['"True"', NULL],
      ],
    ],
    ['defaultCastToDate', 'date', [['0', new Date(0)]]],
    ['defaultCastToObject', 'object', [['"{}"', {}]]],
    ['defaultCastToArrayOfObject', 'arrayOfObject', [['"[{}]"', [{}]]]],
    ['castToLong', 'long', [['"7"', 7]]],
    ['castToDecimal', 'decimal', [['7', Decimal128.fromString('7')]]],
  ];
  test.for(cases)('%s', async ([castFunction, type, values]) => {
    const results = await stored(
      { type, castFunction },
      values.map(([value]) => value),
    );
    expect(results.map((value) => (typeof value === 'bigint' ? Number(value) : value))).toEqual(values.map(([, becomes]) => becomes));
  });

  test('and one that there is not is refused, with the nearest', async () => {
    const files = filesOf({ projections: { rows: { id: 'string!', field: { type: 'string', castFunction: 'defaultCastToStrin' } } } });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/defaultCastToStrin.*Did you mean defaultCastToString/)]);
  });
});

describe('the encoding of a source is undone before the cast', () => {
  const cases: readonly (readonly [sourceType: string, type: string, value: string, becomes: unknown])[] = [
    ['date-days', 'date', '19675', new Date('2023-11-14T00:00:00Z')],
    ['date-days', 'string', '19675', '2023-11-14'],
    ['time-millis', 'string', '1000', '00:00:01.000'],
    ['time-micros', 'string', '86400000000', '24:00:00.000000'],
    ['time-nanos', 'string', '1', '00:00:00.000000001'],
    ['timestamp-millis', 'date', '1700000000123', new Date(1_700_000_000_123)],
    ['timestamp-micros', 'date', '1700000000123456', new Date(1_700_000_000_123)],
    ['timestamp-micros', 'string', '1700000000123456', '2023-11-14T22:13:20.123456Z'],
    ['timestamp-nanos', 'string', '1700000000123456789', '2023-11-14T22:13:20.123456789Z'],
    ['decimal:2', 'decimal', '"BNI="', Decimal128.fromString('12.34')],
    ['decimal:2', 'string', '"BNI="', '12.34'],
    ['decimal:2', 'number', '"BNI="', 12.34],
    ['decimal-variable', 'decimal', '{"scale": 1, "value": "BNI="}', Decimal128.fromString('123.4')],
    ['bytes-base64', 'string', '"aGk="', 'aGk='],
    ['bytes-hex', 'string', '"6869"', 'aGk='],
    ['unsigned-long', 'decimal', '-1', Decimal128.fromString('18446744073709551615')],
    ['json', 'object', '"{\\"a\\": 1}"', { a: 1 }],
  ];
  test.for(cases)('%s in a field of type %s: %s', async ([sourceType, type, value, becomes]) => {
    expect(await stored({ type, sourceType }, [value])).toEqual([becomes]);
  });
});

describe('a cast function of one’s own', () => {
  const custom = (files: Record<string, string>, castFunction: string, field: object = {}): Partial<ProjectLiteral> => ({
    projections: { rows: { id: 'string!', field: { type: 'string', castFunction, ...field } } },
    fastData: { castFunctions: './casts' },
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`casts/${name}`, text])),
  });

  test('of CommonJS gets the value, the source’s field name and a logger', async () => {
    const text = `module.exports = (value, fieldName, logger) => { logger.debug('in'); return fieldName + '=' + JSON.stringify(value); };`;
    await using project = await openProject(filesOf({ projections: {}, ...custom({ 'shout.js': text }, 'shout', { source: 'RAW' }) }));
    await project.process(put('rows', { id: 'a', RAW: { deep: [1, null] } }));
    expect(await project.documents('rows')).toEqual([{ id: 'a', field: 'RAW={"deep":[1,null]}' }]);
  });

  test('of an ES module gets the whole row before renaming, also for a field that no source has', async () => {
    const text = `export default (messageObject, fieldName, logger) => [fieldName, messageObject[fieldName], messageObject.FIRST, messageObject.LAST].join(' ');`;
    await using project = await openProject(
      filesOf({
        projections: {},
        ...custom({ 'full.mjs': text }, 'full', { source: 'NONE' }),
      }),
    );
    await project.process(put('rows', { id: 'a', FIRST: 'Ada', LAST: 'Byron' }));
    expect(await project.documents('rows')).toEqual([{ id: 'a', field: 'NONE  Ada Byron' }]);
  });

  test('may be TypeScript, and import what the originals allowed', async () => {
    const text = `import { ObjectId } from 'mongodb'; import get from 'lodash.get'; import { toUpper } from 'ramda';
      export default (row: Record<string, unknown>, name: string): string => toUpper(String(get(row, 'field.deep'))) + new ObjectId('${HEX}').toHexString();`;
    await using project = await openProject(filesOf({ projections: {}, ...custom({ 'typed.ts': text }, 'typed') }));
    await project.process(put('rows', { id: 'a', field: { deep: 'x' } }));
    expect(await project.documents('rows')).toEqual([{ id: 'a', field: `X${HEX}` }]);
  });

  test('may make a primary key, for deletes too', async () => {
    const text = `module.exports = (value) => value.trim().toLowerCase();`;
    const literal = {
      ...custom({ 'norm.js': text }, 'norm'),
      projections: { rows: { id: { type: 'string', primaryKey: true, castFunction: 'norm' } } },
    };
    await using project = await openProject(filesOf(literal));
    await project.process(put('rows', { id: ' A ' }), put('rows', { id: 'b' }));
    expect(await project.documents('rows')).toEqual([{ id: 'a' }, { id: 'b' }]);
    await project.process(remove('rows', 'A'));
    expect(await project.documents('rows')).toEqual([{ id: 'b' }]);
  });

  test('that gives nothing is a failed cast: NULL where the field may be, a dead letter elsewhere', async () => {
    const text = `module.exports = () => undefined;`;
    await using lenient = await openProject(filesOf({ projections: {}, ...custom({ 'none.js': text }, 'none') }));
    await lenient.process(put('rows', { id: 'a', field: 'x' }));
    expect(await lenient.documents('rows')).toEqual([{ id: 'a', field: null }]);
    await using strict = await openProject(filesOf({ projections: {}, ...custom({ 'none.js': text }, 'none', { nullable: false }) }));
    await strict.process(put('rows', { id: 'a', field: 'x' }));
    expect(await strict.errors()).toMatchObject([{ code: 'UNCASTABLE_FIELD', attempts: 1 }]);
  });

  test('with the name of a default cast is refused', async () => {
    const files = filesOf({ projections: {}, ...custom({ 'castToString.js': `module.exports = (v) => v;` }, 'castToString') });
    expect(await problemsOf(files)).toEqual([expect.stringContaining('has the name of a default cast')]);
  });

  test('that cannot be loaded is refused before anything starts', async () => {
    const files = filesOf({ projections: {}, ...custom({ 'broken.js': `module.exports = (v => v;` }, 'broken') });
    expect(await problemsOf(files)).toEqual([expect.stringContaining('CODE_NOT_USABLE')]);
  });
});
