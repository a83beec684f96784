import type { Change } from '../../core/change.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { ChangePlace } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Document, Value } from '../../core/value.ts';
import type { QueueItem, RecordWrite } from '../../store/store.ts';
import type { ProjectionPlan } from './projection-plan.ts';

/** A change that cannot be, and never will by waiting: its record is a dead letter. */
export interface RefusedChange {
  readonly change: Change;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A change whose cast function threw or passed its time limit: its record is tried again, alone. */
export interface RetryChange {
  readonly change: Change;
  readonly failure: 'threw' | 'timeout' | 'load';
  readonly reason: string;
}

/** A change with everything done that needs no record: fields renamed and cast, keys read. */
export interface PreparedChange {
  readonly change: Change;
  readonly place: ChangePlace;
  /** Of its record; empty for a truncate. */
  readonly id: string;
  /** The fields that were sent, in the order of the projection's fields; null where no row comes with the change. */
  readonly row: Document | null;
  /** Fields that were not sent and keep the value they have. Null: none, the row is whole. */
  readonly keeps: readonly string[] | null;
  readonly patch: readonly PatchStep[] | null;
  /** Ids of the record's old and new key, where the primary key changed. */
  readonly movedFrom: string | null;
  readonly movedTo: string | null;
}

/** One field of a patch. `path` leads into the field; a value of undefined removes. */
export interface PatchStep {
  readonly field: string;
  readonly path: readonly string[];
  readonly value: Value | undefined;
}

export interface PreparedBatch {
  readonly plan: ProjectionPlan;
  /** In the order of arrival. */
  readonly changes: readonly PreparedChange[];
}

export interface Prepared {
  /** One per projection, in the order in which they first occur. */
  readonly batches: readonly PreparedBatch[];
  readonly refused: readonly RefusedChange[];
  readonly retry: readonly RetryChange[];
}

export interface ProjectCounts {
  accepted: number;
  /** Ignored, because something newer had been there before. */
  stale: number;
  refused: number;
}

/** Writes by which records of a collection forget images that were announced. */
export interface AnnouncedWrites {
  readonly collection: string;
  readonly writes: readonly RecordWrite[];
}

export interface Applied {
  readonly deltas: readonly RecordDelta[];
  /** Refused on sight of the stored record; those of `Prepared` are not repeated. */
  readonly refused: readonly RefusedChange[];
  /** To be queued in the same unit of work. */
  readonly later: readonly QueueItem[];
  /** To be written once the deltas were announced. */
  readonly announced: readonly AnnouncedWrites[];
  readonly counts: Readonly<ProjectCounts>;
}
