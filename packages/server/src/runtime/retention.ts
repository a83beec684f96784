import type { Retention } from '../config/config.ts';
import type { Flow } from '../flow/flow.ts';
import type { Log } from '../log/log.ts';
import type { ErrorEntry, Store } from '../store/store.ts';

/** Deleted rows looked at in one unit of work: with the views that show them, some tens of ms. */
const DELETED_A_UNIT = 200;
const ERRORS_A_UNIT = 1_000;

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly pipeline: Flow;
}

/**
 * Removes what has been kept long enough: log records that were processed, deleted keys, dead letters and errors. In small units of
 * work, between which those of fresh changes get their turn.
 */
export async function retain({ log, store, pipeline }: Parts, retention: Retention, now: number): Promise<void> {
  await pipeline.expire(now, DELETED_A_UNIT);
  const keepFrom = await pipeline.needed();
  await log.trim({
    keepFrom,
    maxBytes: retention.logBytes,
    ...(retention.logMs === undefined ? {} : { olderThan: now - retention.logMs }),
  });
  await removeErrors(store, 'dead-letter', retention.deadLettersMs, now);
  await removeErrors(store, 'single-view', retention.errorsMs, now);
}

/** What was resolved is kept as long, from then on: it is the history of its view. */
async function removeErrors(store: Store, kind: ErrorEntry['kind'], keptMs: number | undefined, now: number): Promise<void> {
  if (keptMs === undefined) return;
  let removed = ERRORS_A_UNIT;
  while (removed === ERRORS_A_UNIT)
    removed = await store.transact((writer) => writer.removeErrorsBefore(kind, now - keptMs, ERRORS_A_UNIT));
}
