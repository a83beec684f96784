import { AppError } from '../core/errors.ts';

const LONGEST_MS = 60_000;

/** Delay before the next attempt, after `attempts` have failed: it doubles from `delayMs` up to a minute. */
export function backoffMs(attempts: number, delayMs: number): number {
  return Math.min(LONGEST_MS, delayMs * 2 ** Math.max(0, attempts - 1));
}

/** Between two attempts of a line: it doubles from `delayMs` up to half a minute, unless the line goes on beside what it fails on. */
export function lineDelayMs(error: unknown, failures: number, delayMs: number): number {
  const isPartial = error instanceof AppError && error.code === 'POSITION_LOST';
  return Math.min(isPartial ? LONGEST_PARTIAL_MS : LONGEST_OF_LINES_MS, delayMs * 2 ** Math.min(Math.max(0, failures), 10));
}

const LONGEST_OF_LINES_MS = 30_000;
const LONGEST_PARTIAL_MS = 1_000;
