import type { LogPosition } from './log-record.ts';
import type { Document } from './value.ts';

/** Fresh changes pass before bulk work (refresh, truncate, fan-out of a hot lookup row), which never starves. */
export type Lane = 'interactive' | 'bulk';

/** A single view has to be rebuilt. */
export interface Trigger {
  readonly view: string;
  /** Canonical (fields sorted). */
  readonly identifier: Document;
  readonly lane: Lane;
  /** The newest log record behind it, where there is one. */
  readonly cause: LogPosition | null;
}
