import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { AppError } from '../../core/errors.ts';

/** What a server answers while it stops, starts or gives its part to another: waiting helps. */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  6, 7, 64, 79, 89, 91, 133, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_388, 13_435, 13_436,
]);
const TRANSIENT_LABELS = ['RetryableWriteError', 'TransientTransactionError', 'ResumableChangeStreamError'] as const;

const REFUSED_CODES: ReadonlySet<unknown> = new Set([13, 18, 31, 33, 8000]);
const TOO_SLOW = 50;
const NO_SPACE = 14_031;
export const DUPLICATE_KEY = 11_000;
export const PARALLEL_ARRAYS = 171;
/** Of a sort by two fields, where a document has an array in each. */
export const BAD_VALUE = 2;
export const TOO_DEEP = 15;
const TOO_LARGE_CODES: ReadonlySet<unknown> = new Set([10_334, 17_419, 17_420]);

/** Of several operations: of the first that failed for another reason than that there is such a document already. */
export function codeOf(error: unknown): unknown {
  if (!(error instanceof MongoError)) return undefined;
  const { writeErrors } = error as { readonly writeErrors?: unknown };
  const errors = (Array.isArray(writeErrors) ? writeErrors : []) as readonly { readonly code: unknown }[];
  return errors.find(({ code }) => code !== DUPLICATE_KEY)?.code ?? error.code;
}

export function isTransient(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  if (isRefused(error)) return false;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (TRANSIENT_CODES.has(error.code) || TRANSIENT_LABELS.some((label) => error.hasErrorLabel(label))) return true;
  return TRANSIENT_CODES.has(writeConcernCode(error));
}

/** Of a write that was done, but may not be kept. */
function writeConcernCode(error: MongoError): unknown {
  const { result } = error as { result?: { getWriteConcernError?: () => { code?: unknown } | undefined } };
  return result?.getWriteConcernError?.()?.code;
}

/** The log-in happens when a connection is made, so its failure may be the cause of another. */
function isRefused(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof MongoServerError && REFUSED_CODES.has(cause.code)) return true;
  return false;
}

/** Whether a document was too large for the server or for the driver, which looks first. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  if (!(error instanceof MongoError)) return false;
  return TOO_LARGE_CODES.has(error.code) || error.message.startsWith('Document is larger than the maximum size');
}

/** An error of the driver as ours; what is not about the server's state is a bug, and leaves as it is. */
export function toAppError(error: unknown, address: string): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (isRefused(error)) {
    // The rest repeats the command, and so what is in it.
    const reason = error.message.replace(/ to execute command .*/s, '');
    return new AppError('STORE_REFUSED', `MongoDB at ${address} refuses: ${reason}`);
  }
  if (isTransient(error))
    return new AppError('STORE_UNREACHABLE', `MongoDB at ${address} does not answer: ${error.message}`, { cause: error });
  switch (codeOf(error)) {
    case TOO_SLOW:
      return new AppError('QUERY_TOO_SLOW', 'The query took longer than http.maxQueryMs and was stopped', { cause: error });
    case NO_SPACE:
      return new AppError('STORE_FULL', `MongoDB at ${address} has no space left on its disk`, { cause: error });
    default:
      return error;
  }
}
