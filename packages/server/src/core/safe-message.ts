import { AppError, CATALOGUE } from './errors.ts';

/** Errors of operators whose messages may name what records hold nevertheless. */
const NAMES_RECORDS: ReadonlySet<string> = new Set(['STORE_CONFLICT']);

/**
 * Whether the message of something that was thrown speaks of the installation alone (addresses, files, topics, options), and so of nothing
 * that a record holds. Messages of drivers, of functions of the user, and of requests may.
 */
export function messageIsSafe(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return (CATALOGUE[error.code].whose === 'operator' && !NAMES_RECORDS.has(error.code)) || error.code.startsWith('CONFIG');
}

/** For those who run the server: the message where it is safe, else what the error's code stands for. */
export function safeMessageOf(error: unknown): string {
  if (messageIsSafe(error)) return withoutCredentials((error as AppError).message);
  if (error instanceof AppError) return CATALOGUE[error.code].what;
  return `${error instanceof Error ? error.name : 'Something'} was thrown that is not expected; the log says where`;
}

/** The text without the users and passwords of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/([a-z][a-z\d+.-]*:\/\/)[^\s/@"'`]*(?:@[^\s/@"'`]*)*@/gi, '$1…@');
}
