/**
 * Images of a document before its last changes, kept beside it for as long as it is not certain that those changes were announced
 * (`PreviousImage`). An image is told by what differs from the document beside which it stands: whoever writes the document anew and
 * takes older images along makes them anew.
 */
import type { PreviousImage, ProjectionMeta, ViewMeta } from './metadata.ts';
import type { RecordDelta } from './record-delta.ts';
import { StoredRecord } from './record.ts';
import { applyPatch, reversePatch } from './reverse-patch.ts';
import { encode } from './tagged-json.ts';
import type { Document } from './value.ts';

/** What is announced of a change: the document as others see it; null where they see none. */
export type Image = StoredRecord | null;

/** The images that stand beside a record, oldest first. */
export function imagesOf(record: StoredRecord, previous: readonly PreviousImage[] | undefined): Image[] {
  return (previous ?? []).map((image): Image => {
    if (image === null) return null;
    if ('text' in image) return new StoredRecord(record.id, image.text, image.state, record.meta);
    return new StoredRecord(record.id, encode(applyPatch(record.document, image.patch)), image.state, record.meta);
  });
}

/** The images to keep beside a document, of which null means that there is none. Undefined where there is nothing to keep. */
export function previousOf(images: readonly Image[], document: Document | null): readonly PreviousImage[] | undefined {
  if (images.length === 0) return undefined;
  return images.map((image): PreviousImage => {
    if (image === null) return null;
    const { state } = image;
    const patch = document === null ? null : reversePatch(image.document, document, image.text?.length);
    return patch === null ? { text: image.text ?? '{}', state } : { patch, state };
  });
}

/** Of one document: more are kept only while announcing fails again and again. */
const MOST_IMAGES = 16;

/** Images without those that say the same as the next one, or the last as the document itself. Of too many, those that a later one repeats go. */
export function distinctImages(images: readonly Image[], now: Image): Image[] {
  const changing = images.filter((image, i) => !isSameImage(image, i + 1 < images.length ? (images[i + 1] ?? null) : now));
  if (changing.length <= MOST_IMAGES) return changing;
  return changing.filter((image, i) => !isSameImage(image, now) && !changing.slice(i + 1).some((later) => isSameImage(later, image)));
}

/** The changes from each image to the next, and from the last to what is there now. */
export function deltasOf(
  { collection, id, position }: Pick<RecordDelta, 'collection' | 'id' | 'position'>,
  images: readonly Image[],
  now: Image,
): RecordDelta[] {
  return images.map((before, i) => ({ collection, id, before, after: i + 1 < images.length ? (images[i + 1] ?? null) : now, position }));
}

/** A record as others see it: a tombstone is nothing to them. */
export function visible(record: StoredRecord | null | undefined): Image {
  return record === null || record === undefined || record.isTombstone ? null : record;
}

export function isSameImage(a: Image, b: Image): boolean {
  if (a === null || b === null) return a === b;
  return a.state === b.state && a.text === b.text;
}

/**
 * What is to be written once the images beside a record were announced; undefined where they may stay until its next change: a document
 * that is deleted keeps nothing, and images do not pile up.
 */
export function withoutImages(
  record: StoredRecord,
): { readonly id: string; readonly previous: StoredRecord; readonly next: StoredRecord } | undefined {
  const meta = JSON.parse(record.meta) as Keeping;
  const { previous, apart } = meta;
  if (previous === undefined || (!record.isTombstone && apart !== true && previous.length < 2)) return undefined;
  const plain = JSON.stringify({ ...meta, previous: undefined, apart: undefined } satisfies Keeping);
  const next = new StoredRecord(
    record.id,
    record.isTombstone ? null : undefined,
    record.state,
    plain,
    record.isTombstone ? undefined : record.document,
  );
  return { id: record.id, previous: record, next };
}

type Keeping = Pick<ProjectionMeta | ViewMeta, 'previous' | 'apart'>;
