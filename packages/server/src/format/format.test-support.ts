import type { Change, Decoded } from '../core/change.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { Format, FormatOptions, FormatTarget } from './format.ts';

export const OPTIONS: FormatOptions = { counter: 'timestamp', unavailableValue: '__debezium_unavailable_value', deletedField: undefined };

/** Made from JSON, as text; texts stand as they are. */
export function recordOf(key: unknown, value: unknown, more: Partial<LogRecord> = {}): LogRecord {
  const text = (data: unknown): LogRecord['key'] =>
    data === null || typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data);
  return {
    topic: 'shop.orders',
    partition: 1,
    offset: 7,
    timestamp: 1_700_000_000_123,
    headers: {},
    key: text(key),
    value: text(value),
    ...more,
  };
}

export function targetOf(sourceKey: readonly string[] = ['id'], sourceTypes: Readonly<Record<string, string>> = {}): FormatTarget {
  return { projection: 'orders', sourceKey, sourceTypes: new Map(Object.entries(sourceTypes)) };
}

export async function decodeWith(format: Format, record: LogRecord, target: FormatTarget = targetOf()): Promise<Decoded> {
  const [decoded] = await format.decode([record], target);
  if (decoded === undefined) throw new Error('nothing was decoded');
  return decoded;
}

export async function changesOf(format: Format, record: LogRecord, target: FormatTarget = targetOf()): Promise<readonly Change[]> {
  const decoded = await decodeWith(format, record, target);
  if (decoded.kind !== 'changes') throw new Error(`no changes: ${JSON.stringify(decoded)}`);
  return decoded.changes;
}
