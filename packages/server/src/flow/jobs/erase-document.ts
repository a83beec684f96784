import { AppError } from '../../core/errors.ts';
import type { ViewMeta } from '../../core/metadata.ts';
import { StoredRecord } from '../../core/record.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { StoreWriter } from '../../store/store.ts';
import { guardedWrite } from '../4-aggregate/guarded-views.ts';
import type { JobParts } from './job-parts.ts';
import { triggerFor } from './view-pages.ts';

const MAX_ROUNDS = 10;

/**
 * Removes what is kept of a deleted document where changes are announced through the log. The place up to which it was built stays, without
 * any data, as long as deleted keys are remembered: a process that has read the data before, and is late, finds it and does not bring the
 * document back.
 */
export async function eraseDocument(
  { propagation, clock, settings }: Pick<JobParts, 'propagation' | 'clock' | 'settings'>,
  view: ViewPlan,
  id: string,
  writer: StoreWriter,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const stored = (await writer.records(view.name, [id])).get(id);
    if (stored === undefined || (stored.state !== 'DELETED' && !stored.isTombstone)) return;
    const planned = { view, id, trigger: triggerFor(view, {}), place: undefined, previous: stored, next: null };
    const { write, deltas } = guardedWrite(planned, { now: clock.now(), isAnnounced: () => false, isApart: true });
    const isRefused = deltas.length > 0 && (await writer.write(view.name, [write])).length > 0;
    if (isRefused) continue;
    await propagation.run(writer, deltas);
    const previous = deltas.length > 0 ? write.next : stored;
    const next = settings.deletedKeysMs === null ? null : placeOf(stored);
    if (previous?.text === next?.text && previous?.meta === next?.meta) return;
    if ((await writer.write(view.name, [{ id, previous, next }])).length === 0) return;
  }
  throw new AppError('STORE_CONFLICT', `A document of ${view.name} that is erased changed ${MAX_ROUNDS} times meanwhile`);
}

function placeOf({ id, meta }: StoredRecord): StoredRecord {
  const { createdAt, updatedAt, trigger } = JSON.parse(meta) as ViewMeta;
  return new StoredRecord(id, null, 'DELETED', JSON.stringify({ identifier: '{}', createdAt, updatedAt, trigger } satisfies ViewMeta));
}
