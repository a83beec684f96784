import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../core/errors.ts';
import { makeFolder } from './make-folder.ts';
import { toAppError } from './sqlite-error.ts';

/**
 * One engine per data folder. The lock is an exclusive transaction on a file of its own: the operating system releases it when its
 * holder dies, however it dies, and it hinders nobody who reads the data or appends to the log.
 */
export class EngineLock implements Disposable {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Throws DATA_IN_USE at once when another engine holds it. `pid` is kept for the message that others get. */
  static acquire(folder: string, pid: number): EngineLock {
    const path = join(folder, 'lock.db');
    const pidPath = join(folder, 'lock.pid');
    makeFolder(folder);
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      db.exec('PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      writeFileSync(pidPath, String(pid));
      return new EngineLock(db);
    } catch (error) {
      db.close();
      const mapped = toAppError(error, path);
      if (!(mapped instanceof AppError) || mapped.code !== 'STORE_BUSY') throw mapped;
      throw new AppError('DATA_IN_USE', `The data folder ${folder} is in use by another engine${holder(pidPath)}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

function holder(pidPath: string): string {
  try {
    return ` (process ${readFileSync(pidPath, 'utf8')})`;
  } catch {
    return '';
  }
}
