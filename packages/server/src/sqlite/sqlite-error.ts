import { AppError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';

/** SQLite's primary result codes (the low byte of its extended ones) that mean something to people. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;

const CODES: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map([
  [BUSY, ['STORE_BUSY', 'is locked by another process']],
  [LOCKED, ['STORE_BUSY', 'is locked by another statement']],
  [READ_ONLY, ['STORE_IO', 'cannot be written']],
  [IO_ERROR, ['STORE_IO', 'cannot be read or written']],
  [CORRUPT, ['STORE_CORRUPT', 'is damaged']],
  [FULL, ['STORE_FULL', 'cannot grow: no space is left']],
  [CANNOT_OPEN, ['STORE_IO', 'cannot be opened']],
  [NOT_A_DATABASE, ['STORE_CORRUPT', 'is not a database of Millrace']],
]);

function errcodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 'ERR_SQLITE_ERROR') return undefined;
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode : undefined;
}

/** Errors of the operating system that mean that there is no room. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error as people should see it, where a code of SQLite or of the system says what happened; anything else unchanged (a bug of ours). */
export function toAppError(error: unknown, path: string): unknown {
  const errcode = errcodeOf(error);
  const entry = errcode === undefined ? undefined : CODES.get(errcode & 0xff);
  if (entry === undefined) return systemError(error, path);
  const [code, what] = entry;
  return new AppError(code, `The file ${path} ${what} (${(error as Error).message})`, { cause: error });
}

function systemError(error: unknown, path: string): unknown {
  const { code, syscall, path: own = path } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string' || typeof syscall !== 'string') return error;
  return NO_ROOM.has(code)
    ? new AppError('STORE_FULL', `The file ${own} cannot grow: no space is left (${code})`, { cause: error })
    : new AppError('STORE_IO', `The file ${own} cannot be read or written (${code}, ${syscall})`, { cause: error });
}

/** A unique key that exists already. */
export function isConstraintError(error: unknown): boolean {
  return ((errcodeOf(error) ?? 0) & 0xff) === CONSTRAINT;
}

/** A table or a column that is not there, or not any more. */
export function isUnknownPlace(error: unknown): boolean {
  return errcodeOf(error) === 1 && /^no such (?:table|column)/.test((error as Error).message);
}

/** A statement names an index that is not there, or that does not serve it. */
export function isUnusableIndex(error: unknown): boolean {
  return errcodeOf(error) === 1 && /^no such index|^no query solution/.test((error as Error).message);
}

/** JSON functions refuse texts nested deeper than they like. */
export function isMalformedJson(error: unknown): boolean {
  return errcodeOf(error) === 1 && (error as Error).message.includes('malformed JSON');
}
