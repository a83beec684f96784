import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, backup } from 'node:sqlite';
import { AppError } from '../../core/errors.ts';
import { DATA_FILE } from '../../sqlite/embedded-file.ts';
import { schemaVersion } from '../../sqlite/migrate.ts';
import { openDatabase } from '../../sqlite/open-database.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';
import { contentsOf, requireSound } from './contents.ts';
import type { Contents } from './contents.ts';
import { syncToDisk } from './files.ts';

/** Copied in one step: some milliseconds of the thread that copies. */
const PAGES_A_STEP = 1_000;

export interface BackupOptions {
  /** Replaces a file of this name. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface Backup extends Contents {
  readonly bytes: number;
}

/**
 * Copies the data of a folder into one file, while an engine works on it or not: all that was committed at the moment of its beginning,
 * and nothing else. The copy is checked, and has its name only when it is complete and on disk; whatever happens before leaves a file
 * of that name as it was. Throws FILE_EXISTS, DATA_NOT_FOUND, DATA_TOO_NEW, BACKUP_INVALID, STORE_*.
 */
export async function backUp(folder: string, target: string, { force, signal, onProgress }: BackupOptions): Promise<Backup> {
  const source = path.join(folder, DATA_FILE);
  if (!existsSync(source)) throw new AppError('DATA_NOT_FOUND', `There is no data in ${folder}: expected a file ${DATA_FILE}`);
  if (existsSync(target) && !force) throw new AppError('FILE_EXISTS', `The file ${target} is there already, expected a new name`);
  if (!existsSync(path.dirname(target))) throw new AppError('STORE_IO', `There is no folder ${path.dirname(target)} for the backup`);
  const partial = `${target}.partial`;
  const db = openDatabase(source, { readOnly: true, durability: 'process' });
  try {
    if (schemaVersion(db, source) === 0) throw new AppError('DATA_NOT_FOUND', `There is no data in ${folder} yet: ${DATA_FILE} is empty`);
    // One moment for all steps: a read transaction that is open is the one that they copy, whoever writes meanwhile.
    db.exec('BEGIN');
    const wanted = contentsOf(db);
    removeFiles(partial);
    await backup(db, partial, {
      rate: PAGES_A_STEP,
      progress: ({ totalPages, remainingPages }) => {
        if (signal.aborted) throw new AppError('BACKUP_STOPPED', `The backup was stopped: nothing was written to ${target}`);
        onProgress({ done: totalPages - remainingPages, total: totalPages });
      },
    });
    db.exec('ROLLBACK');
    asOneFile(partial);
    requireAll(requireSound(partial), wanted, partial);
    syncToDisk(partial);
    renameSync(partial, target);
    syncToDisk(path.dirname(target));
    return { ...wanted, bytes: statSync(target).size };
  } catch (error) {
    removeFiles(partial);
    throw toAppError(error, source);
  } finally {
    db.close();
  }
}

/** The copy has the mode of its source, which would need two more files. */
function asOneFile(file: string): void {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA journal_mode = DELETE');
  } finally {
    db.close();
  }
}

function requireAll(found: Contents, wanted: Contents, file: string): void {
  for (const [table, count] of wanted.rows) {
    const copied = found.rows.get(table);
    if (copied === count) continue;
    throw new AppError('BACKUP_INVALID', `The copy ${file} has ${copied ?? 'no'} rows in ${table}, expected ${count}`);
  }
}

function removeFiles(file: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(file + ending, { force: true });
}
