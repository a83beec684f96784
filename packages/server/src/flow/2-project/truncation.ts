import type { ChangePlace, ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import type { QueueItem, RecordWrite, StoreWriter } from '../../store/store.ts';
import { comparePlaces, isTruncated } from './order-guard.ts';
import type { AnnouncedWrites } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { removeRecords } from './removal.ts';

/** Facts of this prefix, by projection, say where its newest truncate stands: what is not above it stays out, however late it comes. */
export const TRUNCATE_FACTS = 'truncate/';

/** Name of the fact of a truncate; of one of several, where each has its own. */
export function markName(projection: string, mark?: ChangePlace): string {
  const name = `${TRUNCATE_FACTS}${projection}`;
  return mark === undefined ? name : `${name} ${mark.topic}/${mark.partition}/${mark.offset}`;
}

/** The newest truncate of each projection. */
export function newestMarks(facts: ReadonlyMap<string, string>): Map<string, ChangePlace> {
  const marks = new Map<string, ChangePlace>();
  for (const [name, text] of facts) {
    const projection = name.slice(TRUNCATE_FACTS.length).split(' ')[0] ?? '';
    const mark = JSON.parse(text) as ChangePlace;
    const known = marks.get(projection);
    if (known === undefined || (comparePlaces(known, mark) ?? known.timestamp - mark.timestamp) < 0) marks.set(projection, mark);
  }
  return marks;
}

/** Names of the facts of truncates that this one is above. */
export function olderMarks(facts: ReadonlyMap<string, string>, projection: string, mark: ChangePlace): string[] {
  return [...facts]
    .filter(([name]) => name.slice(TRUNCATE_FACTS.length).split(' ')[0] === projection)
    .filter(([, text]) => (comparePlaces(JSON.parse(text) as ChangePlace, mark) ?? 0) < 0)
    .map(([name]) => name);
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
  /** Of records that are to be removed, before which the next ones are not looked at; where changes are announced through the log. */
  readonly ids?: readonly string[] | undefined;
  /** Where it goes on after those. Null: nowhere. */
  readonly next?: string | null | undefined;
}

export interface Chunk {
  readonly deltas: readonly RecordDelta[];
  /** To be written once they were announced. */
  readonly announced: readonly AnnouncedWrites[];
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
  return { deltas, announced: [], rest: restOf({ mark, after }, records, { limit, isClean: conflicts.size === 0 }) };
}

/**
 * The same where changes are announced through the log, in two steps for each page: the ids of what is to go are noted first, so that no
 * removal is forgotten that was not announced.
 */
export async function truncateNoted(
  writer: StoreWriter,
  plan: ProjectionPlan,
  payload: string,
  options: { readonly now: number; readonly limit: number },
): Promise<Chunk> {
  const { mark, after, ids, next } = JSON.parse(payload) as Progress;
  const { now, limit } = options;
  const isGone = (record: StoredRecord, meta: ProjectionMeta): boolean =>
    !record.isTombstone && !(plan.softDelete && record.state === 'DELETED') && isTruncated(meta, mark, plan.guarded);
  if (ids !== undefined) {
    const removed = await removeRecords(writer, plan.name, ids, (record, meta) => {
      if (!isGone(record, meta)) return null;
      if (!plan.softDelete) return { text: null, meta: { ...mark, ...kept(meta), updatedAt: now }, leavesNothing: true };
      return { text: record.text, meta: { ...mark, ...kept(meta), updatedAt: now }, leavesNothing: false };
    });
    const rest: Progress | null = removed.isClean
      ? next === null || next === undefined
        ? null
        : { mark, after: next }
      : { mark, after, ids, next };
    return { deltas: removed.deltas, announced: [removed.announced], rest: rest === null ? null : JSON.stringify(rest) };
  }
  const states = plan.softDelete ? STATES.filter((state) => state !== 'DELETED') : STATES;
  const records = await writer.find(plan.name, { filter: { kind: 'true' }, states, limit, afterId: after ?? undefined });
  const gone = records.filter((record) => isGone(record, JSON.parse(record.meta) as ProjectionMeta)).map(({ id }) => id);
  const further = records.length < limit ? null : (records.at(-1)?.id ?? null);
  const none: Pick<Chunk, 'deltas' | 'announced'> = { deltas: [], announced: [] };
  if (gone.length > 0) return { ...none, rest: JSON.stringify({ mark, after, ids: gone, next: further } satisfies Progress) };
  return { ...none, rest: further === null ? null : JSON.stringify({ mark, after: further } satisfies Progress) };
}

function kept({
  createdAt,
  removedText,
  removedTo,
  seen,
}: ProjectionMeta): Pick<ProjectionMeta, 'recordKey' | 'createdAt' | 'removedText' | 'removedTo' | 'seen'> {
  return { recordKey: null, createdAt, removedText, removedTo, seen };
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
  const next: ProjectionMeta = { ...mark, ...kept(meta), updatedAt: now };
  return new StoredRecord(record.id, record.text, 'DELETED', JSON.stringify(next));
}
