import type { Retention } from '../config/config.ts';
import type { Pipeline } from '../flow/pipeline.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';

const CHUNK = 1_000;

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly pipeline: Pipeline;
}

/** Removes what has been kept long enough: log records that were processed, deleted keys, dead letters and errors. */
export async function retain({ log, store, pipeline }: Parts, retention: Retention, now: number): Promise<void> {
  await pipeline.expire(now, CHUNK);
  const keepFrom = await pipeline.positions();
  await log.trim({
    keepFrom,
    maxBytes: retention.logBytes,
    ...(retention.logMs === undefined ? {} : { olderThan: now - retention.logMs }),
  });
  await removeErrors(store, 'dead-letter', retention.deadLettersMs, now);
  await removeErrors(store, 'single-view', retention.errorsMs, now);
}

async function removeErrors(store: Store, kind: 'dead-letter' | 'single-view', keptMs: number | undefined, now: number): Promise<void> {
  if (keptMs === undefined) return;
  const entries = await store.errors({ kind, all: true, limit: CHUNK });
  const old = entries.filter((entry) => (entry.resolvedAt ?? entry.createdAt) < now - keptMs);
  if (old.length > 0) await store.transact((writer) => writer.removeErrors(old.map(({ id }) => id)));
}
