import { DatabaseSync } from 'node:sqlite';
import { toAppError } from './sqlite-error.ts';

/** `process`: what was committed survives the death of the process. `powerLoss`: also that of the machine, for a sync per commit. */
export type Durability = 'process' | 'powerLoss';

export interface DatabaseOptions {
  readonly readOnly: boolean;
  readonly durability: Durability;
  /** How long a statement waits for another process's lock. */
  readonly busyTimeoutMs?: number | undefined;
}

export const PAGE_BYTES = 4096;
const BUSY_TIMEOUT_MS = 10_000;
/** As good as 256 MB when measured: the operating system caches the file. */
const CACHE_KIB = 16 * 1024;

/**
 * A connection with our settings. The page size must be set before the first table, and WAL is a property of the file, so both are
 * only written where they are not so yet. Checkpoints never happen inside a commit: see `Checkpointer`.
 */
export function openDatabase(path: string, { readOnly, durability, busyTimeoutMs = BUSY_TIMEOUT_MS }: DatabaseOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
    if (!readOnly) {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      enterWal(db, busyTimeoutMs);
      db.exec(`PRAGMA synchronous = ${synchronousOf(durability)}; PRAGMA wal_autocheckpoint = 0`);
    }
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`);
    return db;
  } catch (error) {
    db?.close();
    throw toAppError(error, path);
  }
}

export function synchronousOf(durability: Durability): 'NORMAL' | 'FULL' {
  return durability === 'powerLoss' ? 'FULL' : 'NORMAL';
}

const RETRY_MS = 10;

/** The change of the journal mode does not wait for a lock by itself when several processes create the file at once. */
function enterWal(db: DatabaseSync, waitMs: number): void {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      const mode = db.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
      if (mode !== 'wal') db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waited >= waitMs || (error as { errcode?: number }).errcode !== 5) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
