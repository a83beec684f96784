import type { Difference } from '../../core/compare-documents.ts';
import type { LogPosition } from '../../core/log-record.ts';
import type { State } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import type { Lane } from '../../core/trigger.ts';

/** A record that is in a document, and those that were found from it. */
export interface LineageNode {
  /** Name of the dependency of the aggregation. */
  readonly dependency: string;
  readonly collection: string;
  readonly id: string;
  readonly state: State;
  /** Relations by which it was found from the one above; none for the base. */
  readonly relations: readonly string[];
  /** Of the log record that made it what it is; of a single view, of the newest one behind its last build. */
  readonly position: LogPosition | null;
  readonly children: readonly LineageNode[];
}

/** What is stored under a key. */
export interface StoredState {
  readonly state: State;
  /** ms since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly position: LogPosition | null;
  /** Of a projection: where it stands in the order of changes, and the key of its log record. */
  readonly counter: { readonly type: string; readonly value: string } | null;
  readonly recordKey: string | null;
}

export interface Waiting {
  readonly lane: Lane;
  readonly dueAt: number;
  readonly attempts: number;
}

export interface Failed {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: number;
}

export type Comparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly differences: readonly Difference[] }
  | { readonly kind: 'not-compared'; readonly reason: string };

interface Common {
  readonly collection: string;
  readonly id: string;
  /** Null where there is no document, nor the memory of one. */
  readonly stored: StoredState | null;
  /** The key is remembered as deleted. */
  readonly isTombstone: boolean;
  readonly failed: readonly Failed[];
}

export interface ViewLineage extends Common {
  readonly kind: 'view';
  readonly identifier: Document | null;
  /** A rebuild that is queued. */
  readonly waiting: Waiting | null;
  /** What is stored, against what would be built now. */
  readonly comparison: Comparison;
  /** The base record, with what hangs on it; none where there is none, or functions of the user's make the document. */
  readonly sources: readonly LineageNode[];
  /** Collections that functions read, which nobody sees. */
  readonly unseen: readonly string[];
}

export interface ProjectionLineage extends Common {
  readonly kind: 'projection';
  /** Documents of single views that show the record. */
  readonly shownBy: readonly { readonly view: string; readonly identifier: Document; readonly id: string | null }[];
  /** Views whose documents functions of the user's find. */
  readonly unknownFor: readonly string[];
}

export type Lineage = ViewLineage | ProjectionLineage;
