import type { Change, Decoded, SourceRow, SourceValue } from '../../core/change.ts';
import type { Approximate } from '../../core/exact-json.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { changes, skipped } from '../changes.ts';
import type { ChangeParts } from '../changes.ts';
import { fieldSchema } from '../connect-schema.ts';
import type { ConnectSchema } from '../connect-schema.ts';
import type { Format, FormatOptions, FormatTarget } from '../format.ts';
import { clipped, isRefusal, isRow, readMessage, refused, shown } from '../message.ts';
import type { Refusal } from '../message.ts';
import { rowDecoder } from '../row-decoder.ts';
import type { RowDecoder } from '../row-decoder.ts';
import { keyFrom, keyRow, missingKey, sameKey, withKey } from '../row-key.ts';
import { unavailableFinder } from '../unavailable.ts';
import type { UnavailableFinder } from '../unavailable.ts';
import { readMovedKeys } from './debezium-moved-keys.ts';
import { counterOf } from './debezium-position.ts';
import { isMongoEnvelope, readMongoChange } from './mongodb-change.ts';

/**
 * Debezium's change events, with or without the `{schema, payload}` envelope, of its relational connectors and of MongoDB's.
 *
 * Every event carries the whole row. A changed primary key comes as a delete under the old key and an insert under the new one, each
 * naming the other in a header. The `before` of a delete is no image: PostgreSQL fills it with zeros and defaults unless the table's
 * replica identity is FULL.
 */
export function createDebeziumFormat(options: FormatOptions): Format {
  const findUnavailable = unavailableFinder(options.unavailableValue);
  return {
    decode: (records, target) => {
      const context: Context = { target, options, decodeRow: rowDecoder(target), findUnavailable };
      return records.map((record) => decode(record, context));
    },
  };
}

interface Context {
  readonly target: FormatTarget;
  readonly options: FormatOptions;
  readonly decodeRow: RowDecoder;
  readonly findUnavailable: UnavailableFinder;
}

/** The envelope's own nanoseconds, which nothing reads. */
const NANOSECONDS: Approximate = {
  field: 'ts_ns',
  unsafe: (value) => {
    if (!isRow(value)) return 0;
    const envelope = isRow(value['payload']) ? value['payload'] : value;
    const { source } = envelope;
    return Number(isUnsafe(envelope['ts_ns'])) + Number(isRow(source) && isUnsafe(source['ts_ns']));
  },
};

function isUnsafe(value: SourceValue | undefined): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value);
}

function decode(record: LogRecord, context: Context): Decoded {
  const message = readMessage(record.value, 'value', NANOSECONDS);
  if (isRefusal(message)) return message;
  const { payload: envelope, schema } = message;
  if (envelope === null) return skipped('tombstone');
  if (!isRow(envelope)) return refused('MALFORMED_VALUE', `The value is ${shown(envelope)}: expected a change event of Debezium`);
  const operation = envelope['op'];
  if (operation === undefined || operation === null) return withoutOperation(envelope);
  if (operation === 'm') return skipped('logical message');
  const shared = { row: 'whole', counter: counterOf(record, envelope, context.options.counter) } as const;
  if (operation === 't') {
    return changes(record, context.target, shared, { operation: 'truncate', key: null, after: null, before: null });
  }
  if (typeof operation !== 'string' || !Object.hasOwn(OPERATIONS, operation)) {
    return refused('UNKNOWN_OPERATION', `The operation is ${shown(operation)}: expected c, r, u, d, t or m`);
  }
  const moved = readMovedKeys(record.headers, context.target, context.decodeRow);
  if (isRefusal(moved)) return moved;
  const wanted = OPERATIONS[operation] as Wanted;
  const read = isMongoEnvelope(envelope)
    ? readMongoChange(record, envelope, wanted, context.target)
    : readRows(record, envelope, schema, wanted, context);
  if (isRefusal(read)) return read;
  return changes(
    record,
    context.target,
    { ...shared, ...(read.some((part) => part.patch) ? { row: 'partial' } : {}) },
    ...read.map((part) => ({ ...part, ...moved })),
  );
}

type Wanted = Extract<Change['operation'], 'insert' | 'update' | 'upsert' | 'delete'>;

/** A snapshot's row may be known already: the connector was started again. */
const OPERATIONS: Readonly<Record<string, Wanted>> = { c: 'insert', r: 'upsert', u: 'update', d: 'delete' };

/** Heartbeats, transactions and changes of the schema, which share the connector's way; and what is no event of Debezium at all. */
function withoutOperation(value: SourceRow): Decoded {
  const fields = Object.keys(value);
  if (fields.length > 0 && fields.every((field) => field === 'ts_ms' || field === 'ts_us' || field === 'ts_ns'))
    return skipped('heartbeat');
  if ((value['status'] === 'BEGIN' || value['status'] === 'END') && value['id'] !== undefined) return skipped('transaction');
  if ('ddl' in value || 'tableChanges' in value) return skipped('schema change');
  if ('source' in value && ('before' in value || 'after' in value || 'ts_ms' in value)) return skipped('no operation');
  return refused(
    'MALFORMED_VALUE',
    `The value has the fields ${clipped(fields.map((field) => JSON.stringify(field)).join(', '))}: expected Debezium's op, before, after and source (rows without an envelope are read by format db2)`,
  );
}

function readRows(
  record: LogRecord,
  envelope: SourceRow,
  schema: ConnectSchema | null,
  operation: Wanted,
  context: Context,
): readonly ChangeParts[] | Refusal {
  const { target, decodeRow, findUnavailable } = context;
  const fields = target.sourceKey;
  const before = rowOf(envelope, 'before', schema);
  const after = rowOf(envelope, 'after', schema);
  if (isRefusal(before)) return before;
  if (isRefusal(after)) return after;
  if (before.row !== null) decodeRow(before.row, before.schema);
  if (operation === 'delete') {
    const key = deletedKey(record, before.row, envelope, context);
    return isRefusal(key) ? key : [{ operation, key, after: null, before: before.row }];
  }
  if (after.row === null) return refused('MISSING_ROW', `The event with op ${shown(envelope['op'])} has no after`);
  const unavailable = findUnavailable(after.row);
  decodeRow(after.row, after.schema);
  let key = keyFrom(fields, after.row);
  if (key === undefined) {
    const recordKey = readKey(record, context);
    if (isRefusal(recordKey)) return recordKey;
    key = keyFrom(fields, after.row, recordKey);
    if (key === undefined) return missingKey(fields, 'the key and the row of the event', after.row);
    withKey(after.row, key);
  }
  // A key of the projection that is not the table's changes in an ordinary update.
  const oldKey = operation === 'update' ? keyFrom(fields, before.row) : undefined;
  if (oldKey === undefined || sameKey(oldKey, key)) return [{ operation, key, after: after.row, before: before.row, unavailable }];
  return [
    { operation: 'delete', key: oldKey, after: null, before: before.row, movedTo: key },
    { operation: 'insert', key, after: after.row, before: null, movedFrom: oldKey, unavailable },
  ];
}

function rowOf(
  envelope: SourceRow,
  name: 'before' | 'after',
  schema: ConnectSchema | null,
): { readonly row: SourceRow | null; readonly schema: ConnectSchema | null } | Refusal {
  const row: SourceValue = envelope[name] ?? null;
  if (row !== null && !isRow(row)) return refused('MALFORMED_VALUE', `The event's ${name} is ${shown(row)}: expected a row`);
  return { row, schema: schema === null ? null : fieldSchema(schema, name) };
}

function readKey(record: LogRecord, context: Context): SourceRow | null | Refusal {
  const message = readMessage(record.key, 'key');
  if (isRefusal(message)) return message;
  const row = keyRow(message.payload, context.target.sourceKey);
  return row === null ? null : context.decodeRow(row, message.schema);
}

/**
 * From the record's key; a field that it lacks, or a table without a key, is looked for in `before`. There PostgreSQL's default replica
 * identity puts nulls, zeros and empty texts for what it does not know: none of them is taken for a key.
 */
function deletedKey(record: LogRecord, before: SourceRow | null, envelope: SourceRow, context: Context): SourceRow | Refusal {
  const fields = context.target.sourceKey;
  const recordKey = readKey(record, context);
  const fromKey = isRefusal(recordKey) ? undefined : keyFrom(fields, recordKey);
  if (fromKey !== undefined) return fromKey;
  const key = keyFrom(fields, isRefusal(recordKey) ? null : recordKey, before);
  if (key === undefined) return isRefusal(recordKey) ? recordKey : missingKey(fields, 'the key and the before of the deleted row', before);
  const { source } = envelope;
  const isInvented = (value: SourceValue | undefined): boolean => value === 0 || value === '' || value === false;
  if (isRow(source) && source['connector'] === 'postgresql' && Object.values(key).some(isInvented)) {
    return refused(
      'MISSING_KEY',
      `The primary key of the deleted row is neither in the record's key nor, with certainty, in its before: ${shown(key)} (expected REPLICA IDENTITY FULL)`,
    );
  }
  return key;
}
