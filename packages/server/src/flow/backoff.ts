import { AppError } from '../core/errors.ts';

const LONGEST_MS = 60_000;

/** Delay before the next attempt, after `attempts` have failed: it doubles from `delayMs` up to a minute. */
export function backoffMs(attempts: number, delayMs: number): number {
  return Math.min(LONGEST_MS, delayMs * 2 ** Math.max(0, attempts - 1));
}

/** Between two attempts of a line: it doubles from `delayMs` up to half a minute, unless there is something to do beside what it fails on. */
export function lineDelayMs(error: unknown, failures: number, delayMs: number): number {
  return Math.min(isUnreadable(error) ? LONGEST_BESIDE_MS : LONGEST_OF_LINES_MS, delayMs * 2 ** Math.min(Math.max(0, failures), 10));
}

/** A topic, or a part of one, is not read any more until somebody says how to go on. Everything else goes on. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'POSITION_LOST' || error.code === 'TOPIC_RECREATED');
}

const LONGEST_OF_LINES_MS = 30_000;
const LONGEST_BESIDE_MS = 1_000;
