import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveChange, LiveRow } from './live.ts';
import type { NetChange } from './net-change.ts';

export interface ResultLimits {
  readonly maxRows: number;
  /** Rows that are held behind a window, at most. */
  readonly slackRows: number;
  /** Snapshots may show what is only told later, and changes may be told again. */
  readonly repeats: boolean;
}

/** What is known of the result of a live query, and what becomes of it as documents change. */
export interface LiveResult {
  readonly isOrdered: boolean;
  /** What is to be read for `replace`. */
  readonly query: Query;
  /** Rows of the result; null where nobody counted them yet. */
  readonly size: number | null;

  /** Takes what was read, and gives what differs from what was known before: null where that was not known. */
  replace(records: readonly StoredRecord[]): readonly LiveChange[] | null;
  /** What a commit changes. Null where it has to be read again: what is known is then that of before the commit. */
  apply(changes: readonly NetChange[]): readonly LiveChange[] | null;
  /** The result as it is known; null where no rows are held. */
  rows(): readonly LiveRow[] | null;
  /**
   * What was changed by these changes, the last that were applied, one of each document; null where it cannot be said. Where changes may be
   * told again, an insert may be of a row that is held already, and a delete of one that is not.
   */
  since(changes: readonly NetChange[]): readonly LiveChange[] | null;
}
