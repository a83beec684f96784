import type { Counter, Decoded, SourceRow } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { changes, skipped, timestampCounter } from '../changes.ts';
import type { Format, FormatTarget } from '../format.ts';
import { isRefusal, isRow, readMessage, refused, shown } from '../message.ts';
import type { Refusal } from '../message.ts';
import { rowParts } from '../row-change.ts';
import { rowDecoder } from '../row-decoder.ts';
import type { RowDecoder } from '../row-decoder.ts';
import { keyRow } from '../row-key.ts';

/**
 * Oracle GoldenGate's JSON: `{op_type: I|U|D|T, before, after, pos}`. Rows may be partial: what is not sent keeps its stored value.
 * `pos` orders changes, as an integer of any length; without one the record's time does.
 */
export function createGoldenGateFormat(): Format {
  return {
    decode: (records, target) => {
      const decodeRow = rowDecoder(target);
      return records.map((record) => decode(record, target, decodeRow));
    },
  };
}

const OPERATIONS = { I: 'insert', U: 'update', D: 'delete' } as const;

function decode(record: LogRecord, target: FormatTarget, decodeRow: RowDecoder): Decoded {
  const message = readMessage(record.value, 'value');
  if (isRefusal(message)) return message;
  const { payload: value } = message;
  if (value === null) return skipped('tombstone');
  if (!isRow(value)) return refused('MALFORMED_VALUE', `The value is ${shown(value)}: expected an object with op_type, before and after`);
  const counter = counterOf(record, value);
  if (isRefusal(counter)) return counter;
  const operation = value['op_type'];
  if (operation === 'T') {
    return changes(record, target, { row: 'partial', counter }, { operation: 'truncate', key: null, after: null, before: null });
  }
  if (operation !== 'I' && operation !== 'U' && operation !== 'D') {
    return refused('UNKNOWN_OPERATION', `The op_type is ${shown(operation)}: expected I, U, D or T`);
  }
  const before = rowOf(value, 'before', decodeRow);
  const after = rowOf(value, 'after', decodeRow);
  if (isRefusal(before)) return before;
  if (isRefusal(after)) return after;
  const change = { operation: OPERATIONS[operation], named: operation, before: before.row, after: after.row };
  let parts = rowParts({ ...change, recordKey: null }, target.sourceKey);
  // The record's key is anything (often the key's values joined by `_`): it is read only where the rows do not tell.
  if (isRefusal(parts) && parts.code === 'MISSING_KEY') {
    const recordKey = recordKeyOf(record, target, decodeRow);
    if (recordKey !== null) parts = rowParts({ ...change, recordKey }, target.sourceKey);
  }
  return isRefusal(parts) ? parts : changes(record, target, { row: 'partial', counter }, ...parts);
}

function rowOf(value: SourceRow, name: 'before' | 'after', decodeRow: RowDecoder): { readonly row: SourceRow | null } | Refusal {
  const row = value[name] ?? null;
  if (row === null) return { row };
  return isRow(row) ? { row: decodeRow(row, null) } : refused('MALFORMED_VALUE', `The value's ${name} is ${shown(row)}: expected a row`);
}

function counterOf(record: LogRecord, value: SourceRow): Counter | Refusal {
  const pos = value['pos'] ?? null;
  if (pos === null) return timestampCounter(record);
  const digits = typeof pos === 'string' ? pos : typeof pos === 'number' || typeof pos === 'bigint' ? String(pos) : '';
  if (!/^-?\d{1,1000}$/.test(digits)) return refused('MALFORMED_VALUE', `The value's pos is ${shown(pos)}: expected an integer`);
  return { type: 'pos', value: BigInt(digits) };
}

function recordKeyOf(record: LogRecord, target: FormatTarget, decodeRow: RowDecoder): SourceRow | null {
  if (record.key === null) return null;
  const message = readMessage(record.key, 'key');
  // A key that is no JSON is the text of the key's value.
  const payload = isRefusal(message) ? (typeof record.key === 'string' ? record.key : null) : message.payload;
  const row = keyRow(payload, target.sourceKey);
  return row === null ? null : decodeRow(row, null);
}
