import type { NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import type { Document } from '../../packages/server/src/core/value.ts';

/** What happened to a table, and the one log record that tells it. */
export interface Event {
  readonly kind: 'put' | 'delete' | 'move' | 'truncate' | 'nothing';
  readonly projection: string;
  readonly key: Document;
  /** Of a move within one record: the key that the row had. */
  readonly oldKey?: Document;
  /** The fields that are told, without the key's; absent ones are told to be absent unless `partial`. */
  readonly row: Document;
  /** Fields that are not told keep their value: all of them, or one. */
  readonly partial: boolean;
  readonly keeps?: string;
  /** Place in the order of the source. */
  readonly counter: number;
  readonly record: NewLogRecord & { readonly partition: number };
}

/** ms; the first event is told a second later. */
export const FIRST_TIME = Date.UTC(2024, 5, 1);
