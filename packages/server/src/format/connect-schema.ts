import type { SourceRow, SourceValue } from '../core/change.ts';
import { decimalDecoder, decodeBase64, decodeBits, decodeVariableDecimal, timeDecoder } from './source-types.ts';
import type { ValueDecoder } from './source-types.ts';

/** The part of a Kafka Connect schema that decoding needs; read from JSON, so nothing of it is sure. */
export type ConnectSchema = SourceRow;

const DAYS = timeDecoder('date', 'days');
const TIME_MILLIS = timeDecoder('time', 'millis');
const TIMESTAMP_MILLIS = timeDecoder('timestamp', 'millis');

/** Semantic types of Kafka Connect and Debezium. Those that come as readable text (zoned, ISO, JSON, UUID, enum …) need no decoding. */
const BY_NAME: Readonly<Record<string, ValueDecoder>> = {
  'io.debezium.time.Date': DAYS,
  'io.debezium.time.Time': TIME_MILLIS,
  'io.debezium.time.MicroTime': timeDecoder('time', 'micros'),
  'io.debezium.time.NanoTime': timeDecoder('time', 'nanos'),
  'io.debezium.time.Timestamp': TIMESTAMP_MILLIS,
  'io.debezium.time.MicroTimestamp': timeDecoder('timestamp', 'micros'),
  'io.debezium.time.NanoTimestamp': timeDecoder('timestamp', 'nanos'),
  'io.debezium.data.VariableScaleDecimal': decodeVariableDecimal,
  'io.debezium.data.Bits': decodeBits,
  'org.apache.kafka.connect.data.Date': DAYS,
  'org.apache.kafka.connect.data.Time': TIME_MILLIS,
  'org.apache.kafka.connect.data.Timestamp': TIMESTAMP_MILLIS,
};

/** Decodes a value as its schema says. Total: what does not fit its schema stays as it is. */
export function decodeBySchema(value: SourceValue, schema: SourceValue | undefined, levels = MAX_LEVELS): SourceValue {
  if (value === null || !isSchema(schema) || levels === 0) return value;
  const name = typeof schema['name'] === 'string' ? schema['name'] : '';
  const decode = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (decode !== undefined) return decode(value);
  if (name === 'org.apache.kafka.connect.data.Decimal') return decimalDecoder(scaleOf(schema))(value);
  switch (schema['type']) {
    case 'bytes':
      return decodeBase64(value);
    case 'array':
      return Array.isArray(value) ? value.map((item) => decodeBySchema(item, schema['items'], levels - 1)) : value;
    case 'struct':
      return isRow(value) ? decodeRowBySchema(value, schema, levels - 1) : value;
    default:
      return value;
  }
}

const MAX_LEVELS = 50;

/** The row itself, with its fields decoded in place. */
export function decodeRowBySchema(row: SourceRow, schema: ConnectSchema, levels = MAX_LEVELS): SourceRow {
  const fields = schema['fields'];
  if (!Array.isArray(fields)) return row;
  for (const field of fields) {
    if (!isSchema(field)) continue;
    const name = field['field'];
    // Most columns are plain.
    if (typeof name !== 'string' || (field['name'] === undefined && isPlain(field['type'])) || !Object.hasOwn(row, name)) continue;
    row[name] = decodeBySchema(row[name] ?? null, field, levels);
  }
  return row;
}

/** The schema of a field of a struct. */
export function fieldSchema(schema: ConnectSchema | null, name: string): ConnectSchema | null {
  const fields = schema?.['fields'];
  if (!Array.isArray(fields)) return null;
  for (const field of fields) if (isSchema(field) && field['field'] === name) return field;
  return null;
}

export function isSchema(value: SourceValue | undefined): value is ConnectSchema {
  return value !== undefined && isRow(value);
}

function isPlain(type: SourceValue | undefined): boolean {
  return type !== 'bytes' && type !== 'array' && type !== 'struct';
}

function isRow(value: SourceValue): value is SourceRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function scaleOf(schema: ConnectSchema): number {
  const parameters = schema['parameters'];
  const scale = isSchema(parameters) ? Number(parameters['scale']) : 0;
  return Number.isInteger(scale) && Math.abs(scale) <= 100_000 ? scale : 0;
}
