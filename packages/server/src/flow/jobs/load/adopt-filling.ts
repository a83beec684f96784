import type { Clock } from '../../../core/clock.ts';
import type { Store } from '../../../store/store.ts';
import { readFilling } from '../../filling.ts';
import { enqueueJob } from '../job-rows.ts';
import { FIRST_PROGRESS, toJson } from './load-progress.ts';
import type { LoadRequest } from './load-progress.ts';

/**
 * Ends the filling of projections whose load is gone (it was dropped with its projection, or a bug ended it): their indexes are built, and
 * the views that wait for them go on. To be called before anything else works.
 */
export async function adoptFilling(store: Store, clock: Clock): Promise<void> {
  for (const [scope, job] of await readFilling(store)) {
    const rows = await store.take({ kinds: ['job'], scopes: [scope], now: Number.MAX_SAFE_INTEGER, limit: 100 });
    if (rows.some(({ key }) => key === job)) continue;
    const now = clock.now();
    const from = { ...FIRST_PROGRESS, phase: 'indexes', isFilling: true } as const;
    const request: LoadRequest = { files: [], delimiter: ',', startedAt: now, maxRefused: 0, isSpooled: false, from };
    await store.transact((writer) => enqueueJob(writer, `${job}-end`, { type: 'load', scope, request: toJson(request) }, now));
  }
}
