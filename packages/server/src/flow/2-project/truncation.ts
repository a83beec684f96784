import type { ChangePlace, ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import type { QueueItem, RecordWrite, StoreWriter } from '../../store/store.ts';
import { isTruncated } from './order-guard.ts';
import type { ProjectionPlan } from './projection-plan.ts';

/** Facts of this prefix, by projection, say where its newest truncate stands: what is not above it stays out, however late it comes. */
export const TRUNCATE_FACTS = 'truncate/';

export function readMark(text: string): ChangePlace {
  return JSON.parse(text) as ChangePlace;
}

/** The work that a truncate leaves behind. Each truncate has its own, so that a newer one does not end an older one half-way. */
export function truncateItem(projection: string, mark: ChangePlace, now: number): QueueItem {
  const key = `${mark.topic}/${mark.partition}/${mark.offset}`;
  return {
    kind: 'truncate',
    scope: projection,
    key,
    lane: 'bulk',
    dueAt: now,
    attempts: 0,
    payload: JSON.stringify({ mark, after: null }),
  };
}

/** What there is to do, and how far it is done: id of the last record that was looked at. */
interface Progress {
  readonly mark: ChangePlace;
  readonly after: string | null;
}

export interface Chunk {
  readonly deltas: readonly RecordDelta[];
  /** Payload with which the item goes on, in a unit of work of its own; null when nothing is left to do. */
  readonly rest: string | null;
}

/**
 * Looks at the next `limit` records, and removes those that are not above the mark. No tombstones are needed: the mark guards their keys. Under soft
 * delete the rows stay, in state DELETED.
 */
export async function truncateChunk(
  writer: StoreWriter,
  plan: ProjectionPlan,
  payload: string,
  options: { readonly now: number; readonly limit: number },
): Promise<Chunk> {
  const { mark, after } = JSON.parse(payload) as Progress;
  const states = plan.softDelete ? STATES.filter((state) => state !== 'DELETED') : STATES;
  const { now, limit } = options;
  const records = await writer.find(plan.name, { filter: { kind: 'true' }, states, limit, afterId: after ?? undefined });
  const writes: RecordWrite[] = [];
  for (const record of records) {
    const meta = JSON.parse(record.meta) as ProjectionMeta;
    if (!isTruncated(meta, mark, plan.guarded)) continue;
    writes.push({ id: record.id, previous: record, next: plan.softDelete ? deletedBy(mark, record, meta, now) : null });
  }
  const conflicts = new Set(writes.length === 0 ? [] : await writer.write(plan.name, writes));
  const { topic, partition, offset, timestamp } = mark;
  const deltas = writes
    .filter(({ id }) => !conflicts.has(id))
    .map(({ id, previous, next }): RecordDelta => {
      return { collection: plan.name, id, before: previous, after: next, position: { topic, partition, offset, timestamp } };
    });
  return { deltas, rest: restOf({ mark, after }, records, { limit, isClean: conflicts.size === 0 }) };
}

/** After a conflict the same records are looked at once more. */
function restOf(
  { mark, after }: Progress,
  records: readonly StoredRecord[],
  { limit, isClean }: { readonly limit: number; readonly isClean: boolean },
): string | null {
  if (!isClean) return JSON.stringify({ mark, after } satisfies Progress);
  if (records.length < limit) return null;
  return JSON.stringify({ mark, after: records.at(-1)?.id ?? null } satisfies Progress);
}

function deletedBy(mark: ChangePlace, record: StoredRecord, meta: ProjectionMeta, now: number): StoredRecord {
  const { createdAt, removedText, removedTo, seen } = meta;
  const next: ProjectionMeta = { ...mark, recordKey: null, createdAt, updatedAt: now, removedText, removedTo, seen };
  return new StoredRecord(record.id, record.text, 'DELETED', JSON.stringify(next));
}
