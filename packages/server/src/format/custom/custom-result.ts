import type { Counter, Decoded, SourceRow, SourceValue } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Value } from '../../core/value.ts';
import { changes, timestampCounter } from '../changes.ts';
import type { FormatTarget } from '../format.ts';
import { isRefusal, isRow, refused, shown } from '../message.ts';
import type { Refusal } from '../message.ts';
import { rowParts } from '../row-change.ts';
import type { RowChange } from '../row-change.ts';
import { rowDecoder } from '../row-decoder.ts';

const OPERATIONS: Readonly<Record<'I' | 'U' | 'D', RowChange['operation']>> = { I: 'insert', U: 'update', D: 'delete' };

/**
 * The change that an adapter returned.
 *
 * Real-Time Updater: `{keyObject, value, timestampDate, offset, operation?: I|U|D, before?, after?, operationPosition?}`; a null `value`
 * is a delete, no operation an upsert. Projection Storer: `{operation: I|U|D, key, before, after}`.
 * Rows may be partial. `operationPosition` orders changes, else `timestampDate`, else the record's time.
 */
export function readResult(record: LogRecord, target: FormatTarget, result: Value): Decoded {
  if (!isObject(result)) return malformed('', result, 'an object');
  const named = result['operation'] ?? null;
  if (named !== null && named !== 'I' && named !== 'U' && named !== 'D') {
    return refused('UNKNOWN_OPERATION', `The operation that the adapter returned is ${shown(named)}: expected I, U or D`);
  }
  const keyName = 'keyObject' in result ? 'keyObject' : 'key';
  const keyObject = result[keyName];
  if (!isObject(keyObject)) return malformed(keyName, keyObject, 'an object with the primary key');
  const value = rowOf(result, 'value');
  const before = rowOf(result, 'before');
  const after = rowOf(result, 'after');
  if (isRefusal(value)) return value;
  if (isRefusal(before)) return before;
  if (isRefusal(after)) return after;
  const row = after.row ?? value.row;
  if (named === null && row === null && !('value' in result)) return malformed('value', undefined, 'a row, or null for a delete');
  const operation: RowChange['operation'] = named === null ? (row === null ? 'delete' : 'upsert') : OPERATIONS[named];
  const counter = counterOf(record, result);
  if (isRefusal(counter)) return counter;

  const decodeRow = rowDecoder(target);
  const decode = (item: SourceRow | null): SourceRow | null => (item === null ? null : decodeRow({ ...item }, null));
  const change = { operation, named: named ?? '', before: decode(before.row), after: decode(row), recordKey: decode(keyObject) };
  const parts = rowParts(change, target.sourceKey);
  return isRefusal(parts) ? parts : changes(record, target, { row: 'partial', counter }, ...parts);
}

function malformed(name: string, value: SourceValue | undefined, expected: string): Refusal {
  const what = name === '' ? 'What the adapter returned' : `The ${name} that the adapter returned`;
  return refused('ADAPTER_RESULT', `${what} is ${shown(value)}: expected ${expected}`);
}

function isObject(value: SourceValue | undefined): value is SourceRow {
  return isRow(value);
}

function rowOf(result: SourceRow, name: string): { readonly row: SourceRow | null } | Refusal {
  const row = result[name] ?? null;
  return row === null ? { row } : isObject(row) ? { row } : malformed(name, row, 'a row or null');
}

function counterOf(record: LogRecord, result: SourceRow): Counter | Refusal {
  const position = result['operationPosition'] ?? null;
  if (position !== null) {
    const digits = typeof position === 'object' || typeof position === 'boolean' ? '' : String(position);
    if (!/^\d{1,1000}$/.test(digits)) return malformed('operationPosition', position, 'a positive integer');
    return { type: 'custom', value: BigInt(digits) };
  }
  const date = result['timestampDate'];
  const ms = date instanceof Date ? date.getTime() : typeof date === 'number' ? date : Number.NaN;
  return Number.isSafeInteger(ms) ? { type: 'timestamp', value: BigInt(ms) } : timestampCounter(record);
}
