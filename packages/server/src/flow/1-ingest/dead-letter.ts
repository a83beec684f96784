import type { Clock } from '../../core/clock.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { ErrorEntry } from '../../store/store.ts';

/** What could not be processed, and whose it was. */
export interface Fault {
  readonly code: string;
  readonly reason: string;
  readonly system: string;
  readonly projection: string;
  /** How often it was tried; 1 when absent. */
  readonly attempts?: number | undefined;
}

/**
 * `topic/partition/offset`, and the projection where the topic feeds several: the same record gives the same id, so that a repetition
 * updates its dead letter.
 */
export function deadLetterId(record: Pick<LogRecord, 'topic' | 'partition' | 'offset'>, projection: string | undefined): string {
  const place = `${record.topic}/${record.partition}/${record.offset}`;
  return projection === undefined ? place : `${place}/${projection}`;
}

/** The dead letter of a record, with its bytes as they came. */
export function deadLetter(record: LogRecord, fault: Fault, clock: Clock, options: { readonly shared: boolean }): ErrorEntry {
  const { topic, partition, offset, timestamp } = record;
  return {
    id: deadLetterId(record, options.shared ? fault.projection : undefined),
    kind: 'dead-letter',
    code: fault.code,
    reason: fault.reason,
    position: { topic, partition, offset, timestamp },
    key: record.key === null ? null : bytesOf(record.key),
    value: record.value === null ? null : bytesOf(record.value),
    headers: record.headers,
    system: fault.system,
    projection: fault.projection,
    view: null,
    identifier: null,
    attempts: fault.attempts ?? 1,
    createdAt: clock.now(),
    resolvedAt: null,
  };
}
