import type { Decoded } from '../core/change.ts';
import type { LogRecord } from '../core/log-record.ts';

/** What a format needs to know of the projection whose topic a record came from. */
export interface FormatTarget {
  readonly projection: string;
  /** Source names of the primary-key fields. */
  readonly sourceKey: readonly string[];
  /** Declared encodings by source field, for values whose record carries no schema. */
  readonly sourceTypes: ReadonlyMap<string, string>;
}

export interface FormatOptions {
  readonly counter: 'timestamp' | 'position';
  readonly unavailableValue: string;
  readonly deletedField: string | undefined;
}

/**
 * Bytes of one source → changes. Pure, and total: no bytes make it throw. What it cannot read is `refused`, with a code and a reason
 * that names what was found and what was expected.
 */
export interface Format {
  decode(records: readonly LogRecord[], target: FormatTarget): Promise<readonly Decoded[]> | readonly Decoded[];
}
