import * as fc from 'fast-check';
import type { Document } from '../../packages/server/src/core/value.ts';
import type { Column, Table } from './build-projections.ts';
import { keyValueOf, valueOf } from './domains.ts';
import type { Event } from './event.ts';
import { encodeDelete, encodeMove, encodePut, encodeTruncate } from './encode-messages.ts';
import { showValue } from './show-value.ts';

export interface StepBlueprint {
  readonly table: number;
  readonly key: number;
  readonly action: number;
  readonly values: readonly number[];
  readonly late: number;
  readonly partition: number;
}

const step: fc.Arbitrary<StepBlueprint> = fc.record({
  table: fc.nat(11),
  key: fc.nat(3),
  action: fc.nat(25),
  values: fc.array(fc.nat(13), { minLength: 1, maxLength: 12, size: 'max' }),
  late: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
  partition: fc.nat(5),
});

export function randomSteps(maxLength: number, minLength = 1): fc.Arbitrary<readonly StepBlueprint[]> {
  return fc.array(step, { minLength, maxLength, size: 'max' });
}

/** The source's own tables while the history is told. */
type Rows = Map<string, { readonly key: Document; readonly row: Document }>;

/** Tells a history of the tables: what each step asks for becomes what it can be, given the rows that the source has. */
export function buildHistory(tables: readonly Table[], steps: readonly StepBlueprint[]): Event[] {
  const events: Event[] = [];
  const rows = new Map<string, Rows>(tables.map((table) => [table.name, new Map()]));
  let counter = 0;
  for (const one of steps) {
    const table = tables[one.table % tables.length] as Table;
    const { unordered } = table.traits;
    counter++;
    // Some are told late, some at the same instant as the one before.
    const place = unordered && one.late > 0 ? Math.max(1, counter - one.late) : counter;
    events.push(...tell(one, table, rows.get(table.name) as Rows, events, place));
  }
  return events;
}

function tell(step: StepBlueprint, table: Table, rows: Rows, events: readonly Event[], counter: number): Event[] {
  const key = keyFrom(table, step.key);
  const current = rows.get(showValue(key));
  const at = { table, counter, key, partition: step.partition % table.traits.partitions, topic: topicFor(table, step) };
  switch (step.action) {
    case 0:
    case 1:
      rows.delete(showValue(key));
      return encodeDelete(at, current?.row);
    case 2:
    case 6: {
      const newKey = freeKey(table, step.key, rows);
      if (table.traits.format === 'db2' || current === undefined || newKey === undefined) break;
      rows.delete(showValue(key));
      rows.set(showValue(newKey), { key: newKey, row: current.row });
      return encodeMove(at, newKey, current.row);
    }
    case 3:
      if (!table.traits.truncates || (step.values[0] ?? 0) > 3) break;
      rows.clear();
      return encodeTruncate(at);
    case 4:
    case 5: {
      // Told again: one record, or a part of the topic.
      const from = (step.values[0] ?? 0) * 7 + (step.values[1] ?? 0);
      return events.length === 0
        ? []
        : events.slice(from % events.length, (from % events.length) + (step.action === 4 ? 1 : 1 + step.key * 3));
    }
    default:
  }
  const changed = current !== undefined && step.action > 12 ? changeOne(table, step, current.row) : rowFrom(table, step);
  rows.set(showValue(key), { key, row: changed });
  return encodePut(at, current?.row, changed);
}

function keyFrom(table: Table, choice: number): Document {
  return Object.fromEntries(table.key.map((column, i) => [column.name, keyValueOf(column.type, i === 0 ? choice : choice >> 1)]));
}

/** A key that no row has. */
function freeKey(table: Table, from: number, rows: Rows): Document | undefined {
  return [1, 2, 3].map((more) => keyFrom(table, from + more)).find((key) => !rows.has(showValue(key)));
}

function rowFrom(table: Table, step: StepBlueprint): Document {
  const row: Document = {};
  for (const [i, column] of table.columns.entries()) assign(row, column, step.values[i % step.values.length] ?? 0);
  return row;
}

/** A change of one field: a leaf update, or a foreign key that moves. */
function changeOne(table: Table, step: StepBlueprint, row: Document): Document {
  const column = table.columns[(step.values[0] ?? 0) % table.columns.length] as Column;
  const changed = { ...row };
  delete changed[column.name];
  assign(changed, column, step.values.at(-1) ?? 0);
  return changed;
}

function assign(row: Document, column: Column, choice: number): void {
  const value = valueOf(column.type, choice);
  if (value !== undefined) row[column.name] = value;
}

function topicFor(table: Table, step: StepBlueprint): string {
  const { topics } = table.traits;
  return topics[step.partition % topics.length] as string;
}
