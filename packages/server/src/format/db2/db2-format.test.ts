import { describe, expect, test } from 'vitest';
import { differences, expectedTables } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import { readRecords, tableOf } from '../../../../../test/fixtures/formats/debezium/records.ts';
import { propertyOptions } from '../../testing/property.ts';
import { ReplayedTables } from '../debezium/replay.test-support.ts';
import { registerFormatTests } from '../format-conformance.ts';
import { OPTIONS, changesOf, decodeWith, recordOf, targetOf } from '../format.test-support.ts';
import { createDb2Format } from './db2-format.ts';

const format = createDb2Format(OPTIONS);

test.each([
  ['a row', { id: 1 }, { id: 1, a: 2 }, { operation: 'upsert', key: { id: 1 }, after: { id: 1, a: 2 } }],
  ['a row whose key is in the record’s key only', { id: 1 }, { a: 2 }, { operation: 'upsert', key: { id: 1 }, after: { a: 2, id: 1 } }],
  ['a row with an empty key', '', { id: 1 }, { operation: 'upsert', key: { id: 1 }, after: { id: 1 } }],
  ['a key that was made text', JSON.stringify('{"id":1}'), null, { operation: 'delete', key: { id: 1 }, after: null }],
  ['no value', { id: 1 }, null, { operation: 'delete', key: { id: 1 }, after: null }],
  ['an empty value', { id: 1 }, '', { operation: 'delete', key: { id: 1 }, after: null }],
  ['no value under a bare key', '1', null, { operation: 'delete', key: { id: 1 }, after: null }],
])('%s is a change', async (_name, key, value, expected) => {
  const change = { ...expected, row: 'whole', before: null, counter: { type: 'timestamp', value: 1_700_000_000_123n } };
  expect(await changesOf(format, recordOf(key, value))).toMatchObject([change]);
});

test.each([
  ['MALFORMED_VALUE', { id: 1 }, '{"id":'],
  ['MALFORMED_VALUE', { id: 1 }, '[1]'],
  ['MALFORMED_KEY', '{"id":', null],
  ['MISSING_KEY', null, { a: 1 }],
  ['MISSING_KEY', { no: 1 }, null],
  ['MISSING_KEY', null, null],
  ['REGISTRY_ENCODED', Uint8Array.of(0, 0, 0, 0, 1, 2), null],
])('%s: what cannot be read is refused', async (code, key, value) => {
  expect(await decodeWith(format, recordOf(key, value))).toMatchObject({ kind: 'refused', code });
});

describe('flattened topics of Debezium', () => {
  test('mark deleted rows with a field of their own', async () => {
    const marked = createDb2Format({ ...OPTIONS, deletedField: '__deleted' });
    const [gone] = await changesOf(marked, recordOf({ id: 1 }, { id: 1, a: null, __deleted: 'true' }));
    const [kept] = await changesOf(marked, recordOf({ id: 1 }, { id: 1, a: 2, __deleted: 'false' }));
    expect(gone).toMatchObject({ operation: 'delete', key: { id: 1 }, after: null });
    expect(kept).toMatchObject({ operation: 'upsert', after: { id: 1, a: 2 } });
    expect(kept?.after).not.toHaveProperty('__deleted');
  });

  test('name MongoDB’s _id in their keys as id', async () => {
    expect(await changesOf(format, recordOf({ id: 105 }, null), targetOf(['_id']))).toMatchObject([
      { operation: 'delete', key: { _id: 105 } },
    ]);
  });

  // The flattening drops truncates, so that table keeps its old rows.
  test.each(['postgres-flattened', 'postgres-flattened-rewrite', 'mysql-flattened'])('leave the tables of %s', async (name) => {
    const database = name.startsWith('mysql') ? 'mysql' : 'postgres';
    const reader = createDb2Format({ ...OPTIONS, deletedField: '__deleted' });
    const tables = new ReplayedTables();
    for (const record of readRecords(name)) {
      const table = expectedTables(database)[tableOf(record.topic)];
      const types = { founded: 'date-days', total: 'decimal:4', unit_price: 'decimal:4', issued_on: 'date-days' };
      if (table !== undefined) {
        for (const change of await changesOf(reader, record, { ...targetOf(table.key, types), projection: tableOf(record.topic) }))
          tables.apply(change);
      }
    }
    const told = Object.keys(expectedTables(database)).filter((table) => table !== 'frost_warnings' && tables.rows(table).length > 0);
    expect(told.length).toBeGreaterThan(1);
    expect(told.flatMap((table) => differences(database, table, tables.rows(table)))).toEqual([]);
  });
});

describe('as every format', () => {
  const samples = readRecords('postgres-flattened-rewrite').filter(({ topic }) => tableOf(topic) === 'growers');
  registerFormatTests({ format, target: targetOf(['grower_no'], { founded: 'date-days' }), samples, runs: propertyOptions(200) });
});
