import { describe, expect, test } from 'vitest';
import { differences, expectedTables, sourceTypeOf } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import type { Database } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import { readRecords, tableOf } from '../../../../../test/fixtures/formats/debezium/records.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Format, FormatTarget } from '../format.ts';
import { createDebeziumFormat } from './debezium-format.ts';
import { ReplayedTables } from './replay.test-support.ts';

const format = createDebeziumFormat({ counter: 'timestamp', unavailableValue: '__debezium_unavailable_value', deletedField: undefined });

function targetsOf(database: Database): Map<string, FormatTarget> {
  return new Map(
    Object.entries(expectedTables(database)).map(([table, { key, columns }]) => {
      const types = Object.entries(columns).map(([column, type]): [string, string | undefined] => [column, sourceTypeOf(type)]);
      const sourceTypes = new Map(types.filter((entry): entry is [string, string] => entry[1] !== undefined));
      return [table, { projection: table, sourceKey: key, sourceTypes }];
    }),
  );
}

async function replay(format: Format, database: Database, records: readonly LogRecord[]): Promise<ReplayedTables> {
  const tables = new ReplayedTables();
  const targets = targetsOf(database);
  for (const record of records) {
    const target = targets.get(tableOf(record.topic));
    if (target === undefined) continue;
    const [decoded] = await format.decode([record], target);
    if (decoded?.kind === 'refused') throw new Error(`${record.topic} ${record.offset}: ${decoded.reason}`);
    if (decoded?.kind === 'changes') decoded.changes.forEach((change) => tables.apply(change));
  }
  return tables;
}

describe('the changes of a recording leave the tables that the database had at its end', () => {
  test.each<[string, Database]>([
    ['postgres-flat', 'postgres'],
    ['postgres-full', 'postgres'],
    ['mysql-flat', 'mysql'],
    ['mariadb-flat', 'mariadb'],
    ['mongodb-flat', 'mongodb'],
    ['mongodb-preimage', 'mongodb'],
    ['mongodb-patch', 'mongodb'],
    ['mongodb-patch-preimage', 'mongodb'],
  ])('%s', async (name, database) => {
    const records = readRecords(name);
    const tables = await replay(format, database, records);
    const recorded = new Set(records.map((record) => tableOf(record.topic)));
    const names = Object.keys(expectedTables(database)).filter((table) => recorded.has(table));
    expect(names.length).toBeGreaterThan(2);
    expect(names.flatMap((table) => differences(database, table, tables.rows(table)))).toEqual([]);
  });
});
