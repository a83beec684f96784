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
  return { kind: 'truncate', scope: projection, key, lane: 'bulk', dueAt: now, attempts: 0, payload: JSON.stringify(mark) };
}

export interface Chunk {
  readonly deltas: readonly RecordDelta[];
  /** Nothing is left to do. Otherwise it is called again, in a unit of work of its own. */
  readonly done: boolean;
}

/**
 * Removes up to `limit` of the records that are not above the mark. No tombstones are needed: the mark guards their keys. Under soft
 * delete the rows stay, in state DELETED.
 */
export async function truncateChunk(
  writer: StoreWriter,
  plan: ProjectionPlan,
  mark: ChangePlace,
  options: { readonly now: number; readonly limit: number },
): Promise<Chunk> {
  const states = plan.softDelete ? STATES.filter((state) => state !== 'DELETED') : STATES;
  const writes: RecordWrite[] = [];
  let isEnd = true;
  scan: for await (const records of writer.iterate(plan.name, { filter: { kind: 'true' }, states })) {
    for (const record of records) {
      const meta = JSON.parse(record.meta) as ProjectionMeta;
      if (!isTruncated(meta, mark, plan.guarded)) continue;
      if (writes.length === options.limit) {
        isEnd = false;
        break scan;
      }
      const next = plan.softDelete ? deletedBy(mark, record, meta, options.now) : null;
      writes.push({ id: record.id, previous: record, next });
    }
  }
  if (writes.length === 0) return { deltas: [], done: true };
  const conflicts = new Set(await writer.write(plan.name, writes));
  const { topic, partition, offset, timestamp } = mark;
  const deltas = writes
    .filter(({ id }) => !conflicts.has(id))
    .map(({ id, previous, next }): RecordDelta => {
      return { collection: plan.name, id, before: previous, after: next, position: { topic, partition, offset, timestamp } };
    });
  return { deltas, done: isEnd && conflicts.size === 0 };
}

function deletedBy(mark: ChangePlace, record: StoredRecord, meta: ProjectionMeta, now: number): StoredRecord {
  const { createdAt, removedText, removedTo, seen } = meta;
  const next: ProjectionMeta = { ...mark, recordKey: null, createdAt, updatedAt: now, removedText, removedTo, seen };
  return new StoredRecord(record.id, record.text, 'DELETED', JSON.stringify(next));
}
