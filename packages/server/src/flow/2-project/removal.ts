import type { ProjectionMeta } from '../../core/metadata.ts';
import { deltasOf, distinctImages, imagesOf, previousOf, visible, withoutImages } from '../../core/previous-images.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { RecordWrite, StoreWriter } from '../../store/store.ts';
import type { AnnouncedWrites } from './prepared.ts';
import { metaText } from './record-image.ts';

/** What becomes of a record that is removed. */
export interface Removal {
  /** The record as it is until its removal was announced; its metadata tell its place. Null text: a tombstone. */
  readonly text: string | null;
  readonly meta: ProjectionMeta;
  /** Afterwards nothing stays, not even the memory of its key. */
  readonly leavesNothing: boolean;
}

export interface Removed {
  readonly deltas: readonly RecordDelta[];
  /** To be written once they were announced. */
  readonly announced: AnnouncedWrites;
  /** Nothing of it was changed by others meanwhile. */
  readonly isClean: boolean;
}

/**
 * Removes records beside the reading of their partitions, where changes are announced through the log. Their ids were noted before: what
 * an earlier attempt has removed, and may not have announced, is found by them, and announced again.
 *
 * `erasure`: nothing of the data stays, nor of the key as it came. `keepsPlace`: what stands there remembers the place of the last change,
 * so that a process that has read it before, and is late, does not bring the row back.
 */
export async function removeRecords(
  writer: StoreWriter,
  collection: string,
  ids: readonly string[],
  removalOf: (record: StoredRecord, meta: ProjectionMeta) => Removal | null,
  erasure?: { readonly keepsPlace: boolean },
): Promise<Removed> {
  const deltas: RecordDelta[] = [];
  const writes: RecordWrite[] = [];
  const after: RecordWrite[] = [];
  const plans: { write: RecordWrite | null; record: StoredRecord; leavesNothing: boolean }[] = [];
  for (const record of (await writer.records(collection, ids)).values()) {
    const meta = JSON.parse(record.meta) as ProjectionMeta;
    const removal = removalOf(record, meta);
    if (removal === null) {
      // Removed already, by an attempt that did not come to its end.
      if (meta.apart === true) plans.push({ write: null, record, leavesNothing: erasure !== undefined });
      continue;
    }
    const next = removedRecord(record, meta, removal);
    const write = { id: record.id, previous: record, next };
    writes.push(write);
    plans.push({ write, record: next, leavesNothing: removal.leavesNothing });
  }
  const conflicts = new Set(writes.length === 0 ? [] : await writer.write(collection, writes));
  for (const { write, record, leavesNothing } of plans) {
    if (write !== null && conflicts.has(write.id)) continue;
    const { topic, partition, offset, timestamp, previous } = JSON.parse(record.meta) as ProjectionMeta;
    const place = { collection, id: record.id, position: { topic, partition, offset, timestamp } };
    deltas.push(...deltasOf(place, imagesOf(record, previous), visible(record)));
    const next = erasure?.keepsPlace === true ? erasedRecord(record) : null;
    const end = leavesNothing ? { id: record.id, previous: record, next } : withoutImages(record);
    if (end !== undefined) after.push(end);
  }
  return { deltas, announced: { collection, writes: after }, isClean: conflicts.size === 0 };
}

function erasedRecord({ id, meta }: StoredRecord): StoredRecord {
  const {
    recordKey: _key,
    removedText: _text,
    removedTo: _to,
    awaits: _awaits,
    previous: _previous,
    apart: _apart,
    ...place
  } = JSON.parse(meta) as ProjectionMeta;
  // Beyond the last change itself: that one is not to be carried out again.
  const kept: ProjectionMeta = { ...place, part: Number.MAX_SAFE_INTEGER, recordKey: null, erased: true };
  return new StoredRecord(id, null, 'DELETED', metaText(kept, place.updatedAt));
}

/** Whether a record is no more than the place that an erasure has left. */
export function isErased({ isTombstone, meta }: StoredRecord): boolean {
  return isTombstone && (JSON.parse(meta) as ProjectionMeta).erased === true;
}

function removedRecord(record: StoredRecord, old: ProjectionMeta, { text, meta }: Removal): StoredRecord {
  const state = 'DELETED';
  const now = text === null ? null : new StoredRecord(record.id, text, state, '');
  const images = distinctImages([...imagesOf(record, old.previous), visible(record)], now);
  const previous = previousOf(images, text === null ? null : record.document);
  return new StoredRecord(record.id, text, state, metaText({ ...meta, previous, apart: true }, meta.updatedAt));
}
