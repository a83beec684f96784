import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError, messageOf } from '../../core/errors.ts';
import { DATA_FILE } from '../../sqlite/embedded-file.ts';
import { EngineLock } from '../../sqlite/engine-lock.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';
import { requireSound } from './contents.ts';
import type { Contents } from './contents.ts';
import { syncToDisk } from './files.ts';

const RESTORING = `${DATA_FILE}.restoring`;
const ASIDE = `${DATA_FILE}.before-restore`;
/** Endings of what SQLite keeps beside a file. */
const BESIDE = ['-wal', '-shm'] as const;
/** Fact by which clients know that what they hold may never have been. */
const EPOCH = 'epoch';

/**
 * Puts a backup in the place of a folder's data, with the engine stopped. At every instant the folder holds the old data or the new: the
 * copy is checked before it takes the name, in one step, and the old file keeps a second name until then. Throws DATA_IN_USE,
 * BACKUP_INVALID, DATA_TOO_NEW, UNREADABLE_INPUT, STORE_*.
 */
export function restore(folder: string, backup: string, pid: number): Contents {
  if (!existsSync(backup)) throw new AppError('UNREADABLE_INPUT', `There is no file ${backup}`);
  using _lock = EngineLock.acquire(folder, pid);
  requireSound(backup);
  const data = path.join(folder, DATA_FILE);
  const fresh = path.join(folder, RESTORING);
  const aside = path.join(folder, ASIDE);
  if ([fresh, aside].includes(path.resolve(backup)))
    throw new AppError('UNREADABLE_INPUT', `The file ${backup} is left from a restore that did not end: expected a copy of it elsewhere`);
  let isPlaced = false;
  try {
    forgetRestores(folder);
    copyFileSync(backup, fresh);
    withoutEpoch(fresh);
    const contents = requireSound(fresh);
    syncToDisk(fresh);
    setAside(data, aside);
    renameSync(fresh, data);
    isPlaced = true;
    syncToDisk(folder);
    forgetRestores(folder);
    return contents;
  } catch (error) {
    if (!isPlaced) for (const ending of BESIDE) if (existsSync(aside + ending)) renameSync(aside + ending, data + ending);
    forgetRestores(folder);
    throw toAppError(error, data);
  }
}

/** Removes what a restore that was killed has left beside the data: copies that nobody needs, of data that may have been erased since. */
export function forgetRestores(folder: string): void {
  rmSync(path.join(folder, RESTORING), { force: true });
  for (const ending of ['', ...BESIDE]) rmSync(path.join(folder, ASIDE + ending), { force: true });
}

/** The file as it stands in the backup goes on where it was; whoever holds a position of what came after must begin anew. */
function withoutEpoch(file: string): void {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA journal_mode = DELETE');
    db.prepare('DELETE FROM facts WHERE name = ?').run(EPOCH);
  } finally {
    db.close();
  }
}

/** A second name for the old file. What its WAL holds is put into it before: the new file must not find a WAL that is not its own. */
function setAside(data: string, aside: string): void {
  if (existsSync(data)) {
    const isFolded = foldWal(data);
    linkSync(data, aside);
    if (isFolded) return;
  }
  // Data that cannot be opened any more is what a restore is for. The file keeps its name until the new one takes it.
  for (const ending of BESIDE) if (existsSync(data + ending)) renameSync(data + ending, aside + ending);
}

/** False where the file is too damaged to be opened. Throws STORE_BUSY where a program has it open. */
function foldWal(data: string): boolean {
  const db = new DatabaseSync(data, { timeout: 2_000 });
  try {
    const mode = db.prepare('PRAGMA journal_mode = DELETE').get()?.['journal_mode'];
    if (mode === 'delete') return true;
    throw new AppError('STORE_BUSY', `The file ${data} is in use by another program (its mode is ${String(mode)})`);
  } catch (error) {
    const known = toAppError(error, data);
    if (known instanceof AppError && known.code === 'STORE_CORRUPT') return false;
    if (known instanceof AppError && known.code === 'STORE_BUSY')
      throw new AppError('STORE_BUSY', `The file ${data} is in use by another program: ${messageOf(error)}`, { cause: error });
    throw known;
  } finally {
    db.close();
  }
}
