import { useEffect, useState } from 'react';
import type { LiveRows } from '../server/use-live-rows.ts';
import { hasMarks, markRows } from './row-marks.ts';
import type { MarkedRow, Row } from './row-marks.ts';

export interface ShownRows {
  readonly rows: readonly MarkedRow[];
  /** Results that came since it was paused. */
  readonly waiting: number;
}

interface Held {
  readonly query: string;
  readonly marked: readonly MarkedRow[] | undefined;
  readonly seen: readonly Row[];
  readonly waiting: number;
}

const LOOK_EVERY_MS = 250;

/** The rows of a live query with their marks. While paused they stand still, and what comes is counted. */
export function useShownRows(live: LiveRows, query: string, isPaused: boolean): ShownRows {
  const [held, setHeld] = useState<Held>({ query, marked: undefined, seen: [], waiting: 0 });

  useEffect(() => {
    if (!live.isComplete) return;
    setHeld((before) => {
      const isOther = before.query !== query;
      if (isPaused && !isOther && before.marked !== undefined) {
        return before.seen === live.rows ? before : { ...before, seen: live.rows, waiting: before.waiting + 1 };
      }
      const marked = markRows(isOther ? undefined : before.marked, live.rows, performance.now());
      return { query, marked, seen: live.rows, waiting: 0 };
    });
  }, [live.rows, live.isComplete, query, isPaused]);

  const isMarked = held.marked !== undefined && hasMarks(held.marked);
  useEffect(() => {
    if (!isMarked || isPaused) return undefined;
    const timer = setInterval(() => {
      setHeld((before) => {
        const present = before.marked?.filter(({ mark }) => mark !== 'leave') ?? [];
        return { ...before, marked: markRows(before.marked, present, performance.now()) };
      });
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isMarked, isPaused]);

  return { rows: held.query === query ? (held.marked ?? NO_ROWS) : NO_ROWS, waiting: held.waiting };
}

const NO_ROWS: readonly MarkedRow[] = [];
