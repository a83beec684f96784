import { AppError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';

/** What the exit code of a command says. Scripts rely on them: they never change their meaning. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  refused: {
    code: 1,
    meaning:
      'problems found (check, test, audit), nothing found (get, why, erase), input refused, or ended before the work in hand was done',
  },
  usage: { code: 2, meaning: 'wrong usage: an unknown command or option, a missing argument' },
  configuration: { code: 3, meaning: 'the configuration was refused' },
  inUse: { code: 4, meaning: 'the data folder is in use by another engine' },
  tooNew: { code: 5, meaning: 'the data are newer than this program' },
  unreachable: { code: 6, meaning: 'a broker or database cannot be reached, or refuses this program' },
  bug: { code: 70, meaning: 'a bug of Millrace: please report it' },
} as const satisfies Readonly<Record<string, { readonly code: number; readonly meaning: string }>>;

export type ExitReason = keyof typeof EXIT_CODES;

/** Errors whose exit code is not 1. */
const BY_ERROR: Partial<Record<ErrorCode, ExitReason>> = {
  INTERNAL: 'bug',
  WRONG_USAGE: 'usage',
  CONFIGURATION_REFUSED: 'configuration',
  DATA_IN_USE: 'inUse',
  DATA_TOO_NEW: 'tooNew',
  LOG_UNREACHABLE: 'unreachable',
  LOG_REFUSED: 'unreachable',
  STORE_UNREACHABLE: 'unreachable',
  STORE_REFUSED: 'unreachable',
};

export function exitReasonOf(error: unknown): ExitReason {
  return error instanceof AppError ? (BY_ERROR[error.code] ?? 'refused') : 'bug';
}

export function exitCode(reason: ExitReason): number {
  return EXIT_CODES[reason].code;
}
