import type { Db } from 'mongodb';
import type { MongoCatalog } from './mongo-catalog.ts';
import type { Retries } from './retries.ts';

/** What everything that reads or writes needs. */
export interface MongoSource {
  readonly db: Db;
  readonly catalog: MongoCatalog;
  readonly retries: Retries;
  /** Of a query that somebody waits for. */
  readonly maxQueryMs: number;
  /** Of a walk through all documents, chunk by chunk. */
  readonly maxScanMs: number;
}

/** The stages wait for what they ask, and go on when it has come: the bound is there for what never comes. */
export const LONG_MS = 600_000;
