import type { Position } from '@millrace/protocol';
import type { Change } from './change.ts';
import type { MillraceError } from './error.ts';

/**
 * - `loading`: no result yet
 * - `live`: `rows` is the exact result at `position`, and is kept up to date
 * - `stale`: the connection is lost; `rows` is the result of before, until it is made again
 * - `failed`: the server refused or ended the live query: see `error`
 * - `closed`: the client was closed
 */
export type SnapshotStatus = 'loading' | 'live' | 'stale' | 'failed' | 'closed';

/** A result at one moment. It never changes: the next one is another object, in which what is the same is the same object. */
export interface Snapshot<Row> {
  /** In the order of the query's `sort`; without one in no order that means anything, but a steady one. */
  readonly rows: readonly Row[];
  /** What is different from the snapshot before; empty in the first one, and where only the status changed. */
  readonly changes: readonly Change<Row>[];
  /** A place in the order of commits, opaque; undefined before the first result. */
  readonly position: Position | undefined;
  readonly status: SnapshotStatus;
  /** With `failed` only. */
  readonly error: MillraceError | undefined;
}

export const LOADING: Snapshot<never> = { rows: [], changes: [], position: undefined, status: 'loading', error: undefined };
