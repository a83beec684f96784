import type { LogPosition } from '../../core/log-record.ts';
import type { TriggerPlace, ViewMeta } from '../../core/metadata.ts';
import { deltasOf, distinctImages, imagesOf, isSameImage, previousOf, visible, withoutImages } from '../../core/previous-images.ts';
import type { Image } from '../../core/previous-images.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { RecordWrite } from '../../store/store.ts';
import type { Built } from './outcome.ts';
import { nextRecords } from './view-writer.ts';

/**
 * How documents of views are written that several processes build: each keeps the place of the newest trigger that it answers.
 *
 * Who builds reads the stored document first, then what it is built of, and writes on the condition that the stored document is still
 * what was read. An answer that changes nothing raises the place all the same: so a build that began before, and has seen older data,
 * never has the last word.
 */
export interface Answer {
  readonly built: Built;
  readonly place: TriggerPlace;
}

/** What writing gives when it succeeds. */
export interface GuardedWrite {
  readonly write: RecordWrite;
  readonly deltas: readonly RecordDelta[];
}

/** How the place of a trigger stands to what is stored. */
export type Standing = 'newer' | 'same' | 'older' | 'foreign';

/**
 * `older`: something newer was built. `same`: this very trigger was answered. `foreign`: the answer was built by other definitions. Places
 * in different partitions say nothing.
 */
export function standingOf(place: TriggerPlace, stored: StoredRecord | undefined): Standing {
  const known = stored === undefined ? undefined : metaOf(stored).trigger;
  if (known === undefined) return 'newer';
  const isComparable = known.topicId === place.topicId && known.partition === place.partition;
  if (known.by !== place.by) return isComparable && place.offset < known.offset ? 'older' : 'foreign';
  if (!isComparable) return 'newer';
  return place.offset > known.offset ? 'newer' : place.offset === known.offset ? 'same' : 'older';
}

/** Whether the last change of a document is certain to have been announced: who reads on has announced what came before. */
export type IsAnnounced = (meta: ViewMeta) => boolean;

/** The writes by which answers are stored, at most one for each document. */
export function guardedWrites(
  view: ViewPlan,
  answers: readonly Answer[],
  stored: ReadonlyMap<string, StoredRecord>,
  options: { readonly now: number; readonly isAnnounced: IsAnnounced },
): readonly GuardedWrite[] {
  const places = new Map(answers.map(({ built, place }) => [built.trigger, place]));
  const nexts = nextRecords(
    view,
    answers.map(({ built }) => built),
    stored,
    options.now,
  );
  const writes: GuardedWrite[] = [];
  for (const [id, { next, trigger }] of nexts) {
    const place = places.get(trigger);
    if (place === undefined) continue;
    const previous = stored.get(id) ?? null;
    writes.push(guardedWrite({ view, id, trigger, place, previous, next: next ?? null }, options));
  }
  return writes;
}

/** A write that changes nothing but the place: who holds a newer one finds it taken. */
export function claimOf(
  view: ViewPlan,
  { built, place }: Answer,
  previous: StoredRecord | null,
  options: { readonly now: number; readonly isAnnounced: IsAnnounced },
): GuardedWrite {
  return guardedWrite({ view, id: built.id, trigger: built.trigger, place, previous, next: visible(previous) }, options);
}

/** Announces again what a document may not have announced, where nothing is to be built. */
export function openDeltas(view: ViewPlan, record: StoredRecord, isAnnounced: IsAnnounced): readonly RecordDelta[] {
  const meta = metaOf(record);
  if (isAnnounced(meta)) return [];
  return deltasOf({ collection: view.name, id: record.id, position: causeOf(meta) }, imagesOf(record, meta.previous), visible(record));
}

/** What is to be written once the deltas of documents were announced. */
export function forgettingWrites(records: readonly StoredRecord[]): RecordWrite[] {
  return records.map(withoutImages).filter((write) => write !== undefined);
}

interface Planned {
  readonly view: ViewPlan;
  readonly id: string;
  readonly trigger: Trigger;
  readonly place: TriggerPlace | undefined;
  readonly previous: StoredRecord | null;
  /** Null: there is to be no document. */
  readonly next: StoredRecord | null;
}

/** The record with its place and with the images that are still to be announced. Where there is to be none, a tombstone. */
export function guardedWrite(
  { view, id, trigger, place, previous, next }: Planned,
  { now, isAnnounced, isApart = false }: { readonly now: number; readonly isAnnounced: IsAnnounced; readonly isApart?: boolean },
): GuardedWrite {
  const old = previous === null ? undefined : metaOf(previous);
  const before = visible(previous);
  const isChanged = !isSameImage(before, next);
  const open = previous === null || old === undefined || isAnnounced(old) ? [] : imagesOf(previous, old.previous);
  const images = distinctImages(isChanged ? [...open, before] : open, next);
  const meta: ViewMeta = {
    ...(isChanged || old === undefined ? metaFor(trigger, before === null ? undefined : old, now) : old),
    trigger: place ?? old?.trigger,
    previous: previousOf(images, next?.document ?? null),
    apart: images.length > 0 && (isApart || (!isChanged && old?.apart === true)) ? true : undefined,
  };
  const record = recordOf(id, next, JSON.stringify(meta));
  const deltas = deltasOf({ collection: view.name, id, position: trigger.cause }, images, visible(record));
  return { write: { id, previous, next: record }, deltas };
}

function recordOf(id: string, next: Image, meta: string): StoredRecord {
  return next === null ? new StoredRecord(id, null, 'DELETED', meta) : new StoredRecord(id, next.text, next.state, meta, next.document);
}

function metaFor({ identifier, cause }: Trigger, old: ViewMeta | undefined, now: number): ViewMeta {
  const meta: ViewMeta = { identifier: encode(identifier), createdAt: old?.createdAt ?? now, updatedAt: now };
  if (cause === null) return meta;
  const { topic, partition, offset, timestamp } = cause;
  return { ...meta, topic, partition, offset, timestamp };
}

function causeOf({ topic, partition, offset, timestamp }: ViewMeta): LogPosition | null {
  return topic === undefined ? null : { topic, partition: partition ?? 0, offset: offset ?? 0, timestamp: timestamp ?? 0 };
}

export function metaOf(record: StoredRecord): ViewMeta {
  return JSON.parse(record.meta) as ViewMeta;
}
