import type { Decoded, SourceRow, SourceValue } from '../core/change.ts';
import type { ErrorCode } from '../core/errors.ts';
import { messageOf } from '../core/errors.ts';
import { parseExact } from '../core/exact-json.ts';
import type { Approximate } from '../core/exact-json.ts';
import { textOf } from '../core/log-record.ts';
import { isSchema } from './connect-schema.ts';
import type { ConnectSchema } from './connect-schema.ts';

export type Refusal = Extract<Decoded, { kind: 'refused' }>;

/** The JSON of a key or value, out of the envelope of Kafka Connect's converter where it has one. */
export interface Message {
  readonly schema: ConnectSchema | null;
  readonly payload: SourceValue;
}

/** A class, so that no row of a source can look like one. */
class Refused implements Refusal {
  readonly kind = 'refused';
  readonly code: ErrorCode;
  readonly reason: string;

  constructor(code: ErrorCode, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

export function refused(code: ErrorCode, reason: string): Refusal {
  return new Refused(code, reason);
}

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof Refused;
}

export function isRow(value: SourceValue | undefined): value is SourceRow {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Reads a key or a value. Nothing, no bytes, and JSON's `null` are a payload of null. A text that holds JSON again (a key that was
 * made text before it was written) is read through.
 */
export function readMessage(data: string | Uint8Array | null, what: 'key' | 'value', approximate?: Approximate): Message | Refusal {
  if (data === null || data.length === 0) return { schema: null, payload: null };
  const code = what === 'key' ? 'MALFORMED_KEY' : 'MALFORMED_VALUE';
  if ((typeof data === 'string' ? data.charCodeAt(0) : data[0]) === 0) return registryEncoded(data, what);
  const text = textOf(data);
  if (text === undefined) return refused(code, `The ${what} is ${data.length} bytes that are not UTF-8 text: expected JSON`);
  let payload: SourceValue;
  try {
    payload = parseExact(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, approximate);
  } catch (error) {
    return refused(code, `The ${what} is not JSON: ${clipped(messageOf(error))}`);
  }
  if (isRow(payload)) {
    const inner = payload['payload'];
    const schema = payload['schema'];
    if (inner !== undefined && schema !== undefined && isEnvelope(payload, schema)) {
      return { schema: isSchema(schema) ? schema : null, payload: inner };
    }
  } else if (typeof payload === 'string') {
    return { schema: null, payload: parsedOr(payload) };
  }
  return { schema: null, payload };
}

function isEnvelope(message: SourceRow, schema: SourceValue): boolean {
  return Object.keys(message).length === 2 && (schema === null || (isRow(schema) && typeof schema['type'] === 'string'));
}

function parsedOr(text: string): SourceValue {
  if (!/^\s*\{/.test(text)) return text;
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

/** Avro, Protobuf and JSON Schema of a schema registry: a zero byte, the number of the schema in four bytes, the encoded row. */
function registryEncoded(data: string | Uint8Array, what: string): Refusal {
  const bytes = typeof data === 'string' ? Buffer.from(data.slice(0, 5), 'utf8') : Buffer.from(data.slice(0, 5));
  const schema = bytes.length < 5 ? 'unknown' : bytes.readUInt32BE(1);
  return refused('REGISTRY_ENCODED', `The ${what} begins with the magic byte 0 of a schema registry (schema ${schema}): expected JSON`);
}

/** A value of a message, for a reason that people read. */
export function shown(value: SourceValue | undefined): string {
  return clipped(JSON.stringify(value, (_field, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)) ?? 'nothing');
}

export function clipped(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
