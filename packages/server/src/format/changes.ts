import type { Change, Counter, Decoded } from '../core/change.ts';
import { textOf } from '../core/log-record.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { FormatTarget } from './format.ts';

export type ChangeParts = Pick<Change, 'operation' | 'key' | 'after' | 'before'> &
  Partial<Pick<Change, 'movedFrom' | 'movedTo' | 'unavailable' | 'patch'>>;

/** The changes of one record, in their order: each is one part of it. */
export function changes(
  record: LogRecord,
  target: FormatTarget,
  shared: { readonly row: Change['row']; readonly counter: Counter },
  ...parts: readonly ChangeParts[]
): Decoded {
  const { topic, partition, offset, timestamp } = record;
  const position = { topic, partition, offset, timestamp };
  const recordKey = recordKeyOf(record.key);
  const { projection } = target;
  const { row, counter } = shared;
  return { kind: 'changes', changes: parts.map((change, part) => ({ projection, ...change, row, counter, position, part, recordKey })) };
}

/** As received; bytes that are no text as base64. */
function recordKeyOf(key: LogRecord['key']): string | null {
  return key === null ? null : (textOf(key) ?? Buffer.from(key as Uint8Array).toString('base64'));
}

/** The order of the log record's own time. */
export function timestampCounter(record: LogRecord): Counter {
  return { type: 'timestamp', value: timeOf(record) };
}

export function timeOf(record: LogRecord): bigint {
  return Number.isFinite(record.timestamp) ? BigInt(Math.trunc(record.timestamp)) : 0n;
}

export function skipped(reason: string): Decoded {
  return { kind: 'skipped', reason };
}
