import { bytesOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { AppError } from '../../core/errors.ts';
import type { ErrorEntry } from '../../store/store.ts';

/** The dead letter of a hand-over message, with its bytes as they came. It is not read as a row of a source when it is replayed. */
export function buriedMessage(record: LogRecord, error: Error, now: number): ErrorEntry {
  const { topic, partition, offset, timestamp, headers } = record;
  return {
    id: `${topic}/${partition}/${offset}`,
    kind: 'dead-letter',
    code: error instanceof AppError ? error.code : 'INTERNAL',
    reason: error.message,
    position: { topic, partition, offset, timestamp },
    key: record.key === null ? null : bytesOf(record.key),
    value: record.value === null ? null : bytesOf(record.value),
    headers,
    system: null,
    projection: null,
    view: null,
    identifier: null,
    attempts: 1,
    createdAt: now,
    resolvedAt: null,
  };
}
