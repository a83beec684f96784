import type { LogPosition } from './log-record.ts';
import type { SourceTime } from './source-value.ts';
import type { Binary, Decimal128, ObjectId } from './value.ts';

/**
 * A value of a source's row, before any cast, at any depth. What JSON gives has all its digits: integers beyond 2^53 are bigint, other
 * numbers that a double cannot hold are `ExactNumber`. What a format decoded (by the record's schema, the field's `sourceType`, or
 * MongoDB's extended JSON) is already of its type:
 *
 * | source                                | here                                                            |
 * |---------------------------------------|-----------------------------------------------------------------|
 * | date, time, timestamp as a count      | `SourceTime`: `toDate()` for a date field, `toISO()` for a string |
 * | decimal                               | `ExactNumber`: `text` for a string field, with its scale (`12.50`) |
 * | bytes                                 | `Binary`: base64 for a string field                             |
 * | bits, unsigned long                   | number, or bigint beyond 2^53                                   |
 * | MongoDB's date, id, decimal, binary   | `Date`, `ObjectId`, `Decimal128`, `Binary`                      |
 * | MongoDB's 64-bit integer              | bigint                                                          |
 *
 * Infinite and undefined numbers stay texts (`"NaN"`, `"Infinity"`, `"-Infinity"`) where JSON is the source; MongoDB's are numbers.
 */
export type SourceValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | ExactNumber
  | SourceTime
  | Date
  | ObjectId
  | Decimal128
  | Binary
  | SourceValue[]
  | SourceRow;
export interface SourceRow {
  [field: string]: SourceValue | undefined;
}

/** A number of a message that a double cannot hold exactly, or a decoded decimal: as it was written, JSON's syntax, any length. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
  toJSON(): number {
    return Number(this.text);
  }
}

/**
 * Place of a change in the order of its source, compared before topic, partition and offset. Counters of different types are not
 * comparable: the newer arrival is accepted.
 */
export interface Counter {
  /** `timestamp` (of the log record) · `pos` (golden-gate) · `lsn`, `scn`, `binlog` (debezium) · `custom` · `load`. */
  readonly type: string;
  readonly value: bigint;
}

/** One row changed in a system of record: the one shape that every format becomes. Field names are the source's. */
export interface Change {
  readonly projection: string;
  readonly operation: Operation;
  /** The primary key, as far as the message tells it: fields of the source. Null for a truncate. */
  readonly key: SourceRow | null;
  /** The row afterwards; null for delete and truncate. */
  readonly after: SourceRow | null;
  /** The row before, for custom casts of a delete only: the engine never trusts it as an image. */
  readonly before: SourceRow | null;
  /** `partial`: fields that are not sent keep their stored value. `whole`: they become absent. */
  readonly row: 'whole' | 'partial';
  readonly counter: Counter;
  readonly position: LogPosition;
  /** Order within one record (a primary-key change is two changes of one record). */
  readonly part: number;
  /** The record's own key, for metadata: as received. */
  readonly recordKey: string | null;
  /** A changed primary key: for an insert under a new key, the old one; for a delete under an old key, the new one. */
  readonly movedFrom?: SourceRow | undefined;
  readonly movedTo?: SourceRow | undefined;
  /** Fields whose value the source left out because it did not change: they keep the stored value (or the moved row's). */
  readonly unavailable?: readonly string[] | undefined;
  /** MongoDB patches: dotted paths to set and to remove, applied to the stored record. */
  readonly patch?: { readonly set: SourceRow; readonly unset: readonly string[] } | undefined;
}

/** `upsert` where the source does not say whether the row existed. `patch` changes a stored record in part and never creates one. */
export type Operation = 'insert' | 'update' | 'upsert' | 'delete' | 'truncate' | 'patch';

/** What a format makes of one record. */
export type Decoded =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  /** Nothing to do, by design: tombstones, heartbeats, transaction and schema-change events. Counted by reason. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Of a code that the catalogue calls retryable (a user's adapter threw or timed out) the record is parked, else a dead letter. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };
