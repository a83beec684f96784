import type { ProjectionMeta, ViewMeta } from '../../core/metadata.ts';
import type { LogPosition } from '../../core/log-record.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { ErrorEntry } from '../../store/store.ts';
import type { Failed, StoredState } from './lineage.ts';

export function storedState(record: StoredRecord, kind: 'projection' | 'view'): StoredState {
  const { state } = record;
  const position = positionOf(record, kind);
  if (kind === 'view') {
    const { createdAt, updatedAt } = JSON.parse(record.meta) as ViewMeta;
    return { state, createdAt, updatedAt, position, counter: null, recordKey: null };
  }
  const { createdAt, updatedAt, counterType, counter, recordKey } = JSON.parse(record.meta) as ProjectionMeta;
  return { state, createdAt, updatedAt, position, counter: { type: counterType, value: counter }, recordKey };
}

/** Of the log record behind a document; null where a refresh, and no record, made it. */
export function positionOf(record: StoredRecord, kind: 'projection' | 'view'): LogPosition | null {
  const { topic, partition, offset, timestamp } = JSON.parse(record.meta) as (ProjectionMeta | ViewMeta) & Partial<LogPosition>;
  if (kind === 'projection') return { topic, partition, offset, timestamp } as LogPosition;
  return topic === undefined ? null : { topic, partition: partition ?? 0, offset: offset ?? 0, timestamp: timestamp ?? 0 };
}

export function failedOf({ id, code, reason, attempts, createdAt }: ErrorEntry): Failed {
  return { id, code, reason, attempts, createdAt };
}
