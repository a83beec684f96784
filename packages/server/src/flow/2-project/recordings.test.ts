import { describe, expect, test } from 'vitest';

import { differences, expectedTables, sourceTypeOf } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import type { Database, ExpectedTable } from '../../../../../test/fixtures/formats/debezium/expected-tables.ts';
import { readRecords, tableOf } from '../../../../../test/fixtures/formats/debezium/records.ts';
import type { Change } from '../../core/change.ts';
import type { FieldDefinition, FieldType, ProjectionDefinition } from '../../core/projection.ts';
import { STATES } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import { createDebeziumFormat } from '../../format/debezium/debezium-format.ts';
import type { FormatTarget } from '../../format/format.ts';
import { Bench, field, itemsProjection } from './projector.test-support.ts';

const format = createDebeziumFormat({ counter: 'timestamp', unavailableValue: '__debezium_unavailable_value', deletedField: undefined });

/** `_id` is ours, so a collection's own goes by another name. */
const targetName = (source: string): string => (source === '_id' ? 'id' : source);

/** Decimals of more than 34 digits need a string. */
function typeOf(columnType: string): FieldType {
  if (columnType.endsWith('[]')) return 'array';
  const digits = /^(?:numeric|decimal)(?:\((\d+))?/.exec(columnType);
  if (digits !== null) return Number(digits[1] ?? 99) <= 34 ? 'decimal' : 'string';
  if (columnType.endsWith('unsigned')) return 'decimal';
  if (columnType.startsWith('bigint')) return 'long';
  if (/^(?:integer|int\b|smallint|tinyint|year|double|real|float|bit)/.test(columnType)) return 'number';
  return columnType === 'boolean' ? 'boolean' : 'string';
}

function fieldsOf(table: ExpectedTable): FieldDefinition[] {
  const columns = Object.keys(table.columns);
  const sources = columns.length > 0 ? columns : [...new Set(table.rows.flatMap((row) => Object.keys(row)))];
  return sources.map((source) => {
    const type = table.columns[source];
    const primaryKey = table.key.includes(source);
    const name = targetName(source);
    if (type !== undefined) return field(name, { source, primaryKey, type: typeOf(type) });
    return field(name, { source, primaryKey, type: 'object', cast: { kind: 'default', name: 'defaultIdentity' } });
  });
}

function projectionOf(name: string, table: ExpectedTable, soft: boolean): ProjectionDefinition {
  return itemsProjection({
    name,
    fields: fieldsOf(table),
    primaryKey: table.key.map(targetName).sort(),
    deleteMechanism: soft ? 'soft' : 'hard',
  });
}

function targetOf(name: string, { key, columns }: ExpectedTable): FormatTarget {
  const types = Object.entries(columns).map(([column, type]): [string, string | undefined] => [column, sourceTypeOf(type)]);
  const sourceTypes = new Map(types.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { projection: name, sourceKey: key, sourceTypes };
}

async function changesOf(recording: string, tables: Readonly<Record<string, ExpectedTable>>): Promise<Change[]> {
  const changes: Change[] = [];
  for (const record of readRecords(recording)) {
    const name = tableOf(record.topic);
    const table = tables[name];
    if (table === undefined) continue;
    const [decoded] = await format.decode([record], targetOf(name, table));
    if (decoded?.kind === 'refused') throw new Error(decoded.reason);
    if (decoded?.kind === 'changes') changes.push(...decoded.changes);
  }
  return changes;
}

async function rowsOf(bench: Bench, database: Database, table: string): Promise<Document[]> {
  const records = await bench.store.find(table, { filter: { kind: 'true' } });
  return records.map(({ document }) => {
    const { id, ...rest } = document;
    return database === 'mongodb' && id !== undefined ? { _id: id, ...rest } : document;
  });
}

describe.each([1, 7, 500])('recorded changes, %i in a batch, end in the tables that the database had', (size) => {
  test.each<[string, Database]>([
    ['postgres-flat', 'postgres'],
    ['postgres-full', 'postgres'],
    ['mysql-flat', 'mysql'],
    ['mariadb-flat', 'mariadb'],
    ['mongodb-flat', 'mongodb'],
    ['mongodb-preimage', 'mongodb'],
    ['mongodb-patch', 'mongodb'],
    ['mongodb-patch-preimage', 'mongodb'],
  ])('%s', async (recording, database) => {
    const tables = expectedTables(database);
    const changes = await changesOf(recording, tables);
    const names = [...new Set(changes.map(({ projection }) => projection))];
    expect(names.length).toBeGreaterThan(2);
    const projections = names.map((name) => projectionOf(name, tables[name] as ExpectedTable, size === 7));
    const bench = new Bench({ projections });
    for (let from = 0; from < changes.length; from += size) {
      expect((await bench.run(...changes.slice(from, from + size))).refused).toEqual([]);
      if (from % 3 === 0) await bench.truncate();
    }
    await bench.truncate();
    const wrong: string[] = [];
    for (const name of names) wrong.push(...differences(database, name, await rowsOf(bench, database, name)));
    expect(wrong).toEqual([]);

    const stored = async (): Promise<unknown> =>
      Promise.all(
        names.map(async (name) =>
          (await bench.store.find(name, { filter: { kind: 'true' }, states: STATES })).map(({ id, text, state, meta }) => [
            id,
            text,
            state,
            meta,
          ]),
        ),
      );
    const before = await stored();
    bench.deltas.length = 0;
    bench.now += 1000;
    await bench.run(...changes);
    await bench.truncate();
    expect(bench.deltas).toEqual([]);
    expect(await stored()).toEqual(before);
  });
});
