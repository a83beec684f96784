import { describe, expect, test } from 'vitest';
import { differences, expectedTables, sourceTypeOf } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import type { Database, Mode } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import { readRecords, tableOf } from '../../../../../test/fixtures/formats/debezium/records.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Format, FormatTarget } from '../format.ts';
import { createDebeziumFormat } from './debezium-format.ts';
import { ReplayedTables } from './replay.test-support.ts';

const format = createDebeziumFormat({ counter: 'timestamp', unavailableValue: '__debezium_unavailable_value', deletedField: undefined });

function targetsOf(database: Database, mode?: Mode): Map<string, FormatTarget> {
  return new Map(
    Object.entries(expectedTables(database)).map(([table, { key, columns }]) => {
      const types = Object.entries(columns).map(([column, type]): [string, string | undefined] => [column, sourceTypeOf(type, mode)]);
      const sourceTypes = new Map(types.filter((entry): entry is [string, string] => entry[1] !== undefined));
      return [table, { projection: table, sourceKey: key, sourceTypes }];
    }),
  );
}

async function replay(format: Format, database: Database, records: readonly LogRecord[], mode?: Mode): Promise<ReplayedTables> {
  const tables = new ReplayedTables();
  const targets = targetsOf(database, mode);
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
    ['postgres-transaction', 'postgres'],
    ['mysql-transaction', 'mysql'],
    ['mongodb-transaction', 'mongodb'],
    ['postgres-heartbeat', 'postgres'],
    ['mysql-heartbeat', 'mysql'],
    ['mongodb-heartbeat', 'mongodb'],
    ['mongodb-schema', 'mongodb'],
    ['mysql-schema-changes', 'mysql'],
  ])('%s', async (name, database) => {
    const records = readRecords(name);
    const tables = await replay(format, database, records);
    const recorded = new Set(records.map((record) => tableOf(record.topic)));
    const names = Object.keys(expectedTables(database)).filter((table) => recorded.has(table));
    expect(names.length).toBeGreaterThan(1);
    expect(names.flatMap((table) => differences(database, table, tables.rows(table)))).toEqual([]);
  });
});

describe('the rows that a recording without a snapshot tells are as the database had them at its end', () => {
  test.each<[string, Database, mode?: Mode]>([
    ['postgres-numeric', 'postgres', 'numeric'],
    ['postgres-microseconds', 'postgres'],
    ['postgres-incremental', 'postgres'],
    ['postgres-string', 'postgres', 'string'],
    ['postgres-double', 'postgres', 'double'],
    ['mysql-numeric', 'mysql', 'numeric'],
    ['mysql-string', 'mysql', 'string'],
    ['mysql-double', 'mysql', 'double'],
    ['mongodb-postimage', 'mongodb'],
  ])('%s', async (name, database, mode) => {
    const unavailableValue = name === 'postgres-microseconds' ? '<<unchanged>>' : '__debezium_unavailable_value';
    const tables = await replay(
      createDebeziumFormat({ counter: 'position', unavailableValue, deletedField: undefined }),
      database,
      readRecords(name),
      mode,
    );
    const told = Object.keys(expectedTables(database)).filter((table) => tables.rows(table).length > 0);
    expect(told.length).toBeGreaterThan(0);
    expect(
      told.flatMap((table) => differences(database, table, tables.rows(table), { partial: true, ...(mode === undefined ? {} : { mode }) })),
    ).toEqual([]);
  });
});
