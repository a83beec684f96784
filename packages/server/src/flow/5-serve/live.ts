import type { FieldProjection } from '../../core/query/projection.ts';
import type { Filter, Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';

/**
 * Live queries, as the sessions of clients see them: they know sockets and frames, what stands behind this knows neither.
 *
 * A *live query* is a query whose result a client holds and keeps: the whole result first, then what changes, commit by commit. Two that
 * ask for the same share one evaluation.
 */
export interface LiveQueries {
  /**
   * Begins a live query. The sink gets `reset` (or, where `after` is a position that is still known, `changes` since, be they none), then
   * `changes` of each commit that touches the result, in order, without a gap and without a repetition, until it is disposed of.
   * Throws LIVE_LIMIT where the result has more rows than are allowed. The sink is never called before the promise resolves.
   */
  subscribe(spec: LiveQuerySpec, sink: LiveSink, options?: { readonly after?: LivePosition | undefined }): Promise<LiveSubscription>;

  /** The last commit up to which every sink was told all: it waits for results that are just being read again. */
  readonly position: LivePosition;

  readonly counts: { readonly subscriptions: number; readonly queries: number };
  /** Subscriptions by collection. */
  subscriptionsOf(collection: string): number;
}

/** PUBLIC documents of one collection. */
export interface LiveQuerySpec {
  readonly collection: string;
  readonly filter: Filter;
  readonly sort?: Query['sort'];
  /** With a limit alone, the order is that of `_id`. */
  readonly limit?: number | undefined;
  /** Documents that differ only in fields that are not wanted did not change. */
  readonly select?: FieldProjection | undefined;
}

/** A commit: `sequence` counts within an epoch. An epoch ends where what was committed may have been lost, or replaced. */
export interface LivePosition {
  readonly epoch: string;
  readonly sequence: number;
}

/** How values are written: as REST writes them, or as extended JSON. */
export type LiveEncoding = 'plain' | 'extended';

/** A document as those who subscribe see it. Shared by all equal queries, and so are the texts. */
export interface LiveRow {
  /** Text of `_id`. */
  readonly docId: string;
  readonly record: StoredRecord;
  /**
   * JSON of the selected fields, with `_id`. Made when it is first asked for. The other fields that are ours (`updatedAt` …) are in it
   * where they are selected by name: they may change without the document, and then nothing is told.
   */
  payload(encoding: LiveEncoding): string;
}

export type LiveChange =
  /** `after`: of an ordered result the id of the document that it stands behind (null: at the front); undefined where there is no order. */
  | { readonly kind: 'insert' | 'update'; readonly row: LiveRow; readonly after: string | null | undefined }
  | { readonly kind: 'delete'; readonly docId: string };

/**
 * Called synchronously, after the commit; what it does must be quick. When the server stops it is just not called any more: whoever
 * holds live queries for clients has sent those away before, with a reason (the close code of a socket), so that they come back.
 */
export interface LiveSink {
  /** The whole result, in its order: at first, and again where the changes were too many, or are no longer known. */
  reset(rows: readonly LiveRow[], position: LivePosition): void;
  /** What one commit changed, in the order in which it is to be applied. */
  changes(changes: readonly LiveChange[], position: LivePosition): void;
  /** The query has ended by itself: the collection is gone, or the result has grown beyond the limit. */
  closed(code: 'UNKNOWN_COLLECTION' | 'LIVE_LIMIT', message: string): void;
}

export interface LiveSubscription extends Disposable {
  /** The present result, whole, to `reset`: for a client that has missed changes. */
  resync(): void;
  /** Whether the result has an order, which changes then tell. */
  readonly isOrdered: boolean;
  /** An insert may be of a row that is held already, an update or a delete of one that is not: a row is what was told of it last. */
  readonly repeats: boolean;
  /** The last commit up to which its sink was told all, provided that it was told a result, and no other was asked for since. */
  readonly position: LivePosition;
}
