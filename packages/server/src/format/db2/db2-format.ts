import type { Decoded, SourceRow } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { changes, timestampCounter } from '../changes.ts';
import type { Format, FormatOptions, FormatTarget } from '../format.ts';
import { isRefusal, isRow, readMessage, refused, shown } from '../message.ts';
import type { Refusal } from '../message.ts';
import { rowDecoder } from '../row-decoder.ts';
import type { RowDecoder } from '../row-decoder.ts';
import { keyFrom, keyRow, missingKey, withKey } from '../row-key.ts';
import { unavailableFinder } from '../unavailable.ts';
import type { UnavailableFinder } from '../unavailable.ts';

/**
 * Rows without an envelope: the key holds the primary key, the value the whole row, no value (or an empty one) is a delete. There is no
 * operation and no row before, so a change of a primary key cannot be told.
 *
 * Debezium's flattened topics are of this form too: with `deletedField`, rows that this field marks (`"true"`) are deleted; the
 * placeholder for unchanged large columns keeps its meaning.
 */
export function createDb2Format(options: FormatOptions): Format {
  const findUnavailable = unavailableFinder(options.unavailableValue);
  return {
    decode: (records, target) => {
      const context: Context = { target, deletedField: options.deletedField, decodeRow: rowDecoder(target), findUnavailable };
      return records.map((record) => decode(record, context));
    },
  };
}

interface Context {
  readonly target: FormatTarget;
  readonly deletedField: string | undefined;
  readonly decodeRow: RowDecoder;
  readonly findUnavailable: UnavailableFinder;
}

function decode(record: LogRecord, context: Context): Decoded {
  const { target, decodeRow } = context;
  const message = readMessage(record.value, 'value');
  if (isRefusal(message)) return message;
  const { payload: row, schema } = message;
  const shared = { row: 'whole', counter: timestampCounter(record) } as const;
  if (row === null) {
    const recordKey = readKey(record, context);
    if (isRefusal(recordKey)) return recordKey;
    const key = keyFrom(target.sourceKey, recordKey);
    if (key === undefined) return missingKey(target.sourceKey, 'the key of the deleted row', recordKey);
    return changes(record, target, shared, { operation: 'delete', key, after: null, before: null });
  }
  if (!isRow(row)) return refused('MALFORMED_VALUE', `The value is ${shown(row)}: expected the row as an object`);
  const isDeleted = takeMark(row, context.deletedField);
  const unavailable = context.findUnavailable(row);
  decodeRow(row, schema);
  let key = keyFrom(target.sourceKey, row);
  if (key === undefined) {
    const recordKey = readKey(record, context);
    if (isRefusal(recordKey)) return recordKey;
    key = keyFrom(target.sourceKey, row, recordKey);
    if (key === undefined) return missingKey(target.sourceKey, 'the row and its key', row);
  }
  if (isDeleted) return changes(record, target, shared, { operation: 'delete', key, after: null, before: row });
  return changes(record, target, shared, { operation: 'upsert', key, after: withKey(row, key), before: null, unavailable });
}

/** Whether the row is marked as deleted. The mark itself is no field of the row. */
function takeMark(row: SourceRow, field: string | undefined): boolean {
  if (field === undefined || !Object.hasOwn(row, field)) return false;
  const mark = row[field];
  delete row[field];
  return mark === true || mark === 'true';
}

/** MongoDB's flattened events have the document's `_id` in the key as `id`. */
function readKey(record: LogRecord, { target, decodeRow }: Context): SourceRow | null | Refusal {
  const message = readMessage(record.key, 'key');
  if (isRefusal(message)) return message;
  const row = keyRow(message.payload, target.sourceKey);
  if (row === null) return null;
  if (target.sourceKey.includes('_id') && !Object.hasOwn(row, '_id') && row['id'] !== undefined) row['_id'] = row['id'];
  return decodeRow(row, message.schema);
}
