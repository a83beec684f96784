import type { Document, Value } from '../../packages/server/src/core/value.ts';
import { UNAVAILABLE, sourceName } from './build-projections.ts';
import type { Table } from './build-projections.ts';
import { FIRST_TIME } from './event.ts';
import type { Event } from './event.ts';

/** Where and when something is told. */
export interface Telling {
  readonly table: Table;
  readonly counter: number;
  readonly key: Document;
  readonly topic: string;
  readonly partition: number;
}

export function encodePut(at: Telling, before: Document | undefined, after: Document): Event[] {
  const { table, key } = at;
  const kind = 'put';
  if (table.traits.format === 'db2') return [event(at, { kind, row: after }, keyText(table, key), jsonRow(table, { ...key, ...after }))];
  if (table.traits.format === 'golden-gate') {
    // An update tells what changed, an insert the whole row: what it does not hold is told as null.
    const told = before === undefined ? withNulls(table, after) : difference(table, before, after);
    const value = goldenGate(at, before === undefined ? 'I' : 'U', before && { ...key, ...before }, { ...key, ...told });
    return [event(at, { kind, row: told, partial: true }, goldenGateKey(key), value)];
  }
  const op = before === undefined ? (at.counter % 5 === 0 ? 'r' : 'c') : 'u';
  const hidden = before !== undefined && table.traits.partial && same(before['m'], after['m']) && typeof after['m'] === 'string';
  const told = hidden ? { ...after, m: UNAVAILABLE } : after;
  const row = hidden ? without(after, 'm') : after;
  const value = debezium(at, op, before && { ...key, ...before }, { ...key, ...told });
  return [event(at, { kind, row, ...(hidden ? { keeps: 'm' } : {}) }, keyText(table, key), value)];
}

export function encodeDelete(at: Telling, before: Document | undefined): Event[] {
  const { table, key } = at;
  const kind = 'delete';
  if (table.traits.format === 'db2') return [event(at, { kind, row: {} }, keyText(table, key), null)];
  const old = { ...key, ...before };
  if (table.traits.format === 'golden-gate') return [event(at, { kind, row: {} }, goldenGateKey(key), goldenGate(at, 'D', old, undefined))];
  return [
    event(at, { kind, row: {} }, keyText(table, key), debezium(at, 'd', old, undefined)),
    event(at, { kind: 'nothing', row: {} }, keyText(table, key), null),
  ];
}

export function encodeMove(at: Telling, newKey: Document, row: Document): Event[] {
  const { table, key } = at;
  if (table.traits.format === 'golden-gate') {
    const value = goldenGate(at, 'U', { ...key, ...row }, newKey);
    return [event({ ...at, key: newKey }, { kind: 'move', oldKey: key, row: {}, partial: true }, goldenGateKey(newKey), value)];
  }
  const to = { ...at, key: newKey };
  const oldText = keyText(table, key);
  const newText = keyText(table, newKey);
  return [
    event(at, { kind: 'delete', row: {} }, oldText, debezium(at, 'd', { ...key, ...row }, undefined), { '__debezium.newkey': newText }),
    event(at, { kind: 'nothing', row: {} }, oldText, null),
    event(to, { kind: 'put', row }, newText, debezium(to, 'c', undefined, { ...newKey, ...row }), { '__debezium.oldkey': oldText }),
  ];
}

export function encodeTruncate(at: Telling): Event[] {
  return [event(at, { kind: 'truncate', row: {} }, null, debezium(at, 't', undefined, undefined))];
}

function event(
  at: Telling,
  what: { kind: Event['kind']; row: Document; oldKey?: Document; partial?: boolean; keeps?: string },
  key: string | null,
  value: string | null,
  headers: Readonly<Record<string, string>> = {},
): Event {
  const { topic, partition, counter, table } = at;
  const timestamp = FIRST_TIME + (table.traits.position ? 0 : counter * 1000);
  const record = { topic, partition, key, value, timestamp, headers };
  return { partial: false, ...what, projection: table.name, key: at.key, counter, record };
}

function debezium(at: Telling, op: string, before: Document | undefined, after: Document | undefined): string {
  const { table, counter } = at;
  const row = (document: Document | undefined): string => (document === undefined ? 'null' : jsonRow(table, document));
  const source = `{"connector":"postgresql","db":"d","schema":"s","table":"${table.name}","snapshot":"false","lsn":${1000 + counter}}`;
  const payload = `{"before":${row(before)},"after":${row(after)},"source":${source},"op":"${op}","ts_ms":${FIRST_TIME}}`;
  return counter % 3 === 0 ? `{"schema":null,"payload":${payload}}` : payload;
}

/** Positions beyond 2^53, as a number or as a padded text. */
function goldenGate(at: Telling, op: string, before: Document | undefined, after: Document | undefined): string {
  const pos = 650_028_162_190_000_000n + BigInt(at.counter);
  const row = (document: Document | undefined): string => (document === undefined ? 'null' : jsonRow(at.table, document));
  const written = `"${pos.toString().padStart(20, '0')}"`;
  return `{"table":"${at.table.name}","op_type":"${op}","pos":${written},"before":${row(before)},"after":${row(after)}}`;
}

function goldenGateKey(key: Document): string {
  return Object.values(key).map(String).join('_');
}

function keyText(table: Table, key: Document): string {
  return jsonRow(table, key);
}

/** By hand, so that long integers keep all their digits. */
function jsonRow(table: Table, document: Document): string {
  const fields = Object.keys(document).map((name) => `${JSON.stringify(sourceName(table, name))}:${json(document[name] as Value)}`);
  return `{${fields.join(',')}}`;
}

function json(value: Value): string {
  if (typeof value === 'bigint') return value.toString();
  return JSON.stringify(value);
}

function withNulls(table: Table, row: Document): Document {
  return Object.fromEntries(table.columns.map((column) => [column.name, row[column.name] ?? null]));
}

function difference(table: Table, before: Document, after: Document): Document {
  const changed: Document = {};
  for (const { name } of table.columns) if (!same(before[name], after[name])) changed[name] = after[name] ?? null;
  return changed;
}

function without(row: Document, field: string): Document {
  const copy = { ...row };
  delete copy[field];
  return copy;
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  return json(a ?? null) === json(b ?? null);
}
