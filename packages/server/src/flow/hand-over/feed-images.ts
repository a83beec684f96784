import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';

/**
 * What announcements of one document come to where what is told at the end is the document as it is stored now: a chain of changes
 * through all images that were announced, since a snapshot may have shown any of them. None where nothing differs.
 */
export function chainOf(announced: readonly RecordDelta[], stored: StoredRecord | null): readonly RecordDelta[] {
  const last = announced.at(-1);
  if (last === undefined) return [];
  const images: (StoredRecord | null)[] = [];
  for (const image of [...announced.flatMap(({ before, after }) => [before, after]), stored])
    if (images.length === 0 || !isSame(images.at(-1) ?? null, image)) images.push(image);
  // The metadata of the last are the newest.
  images[images.length - 1] = stored;
  const { collection, id, position } = last;
  return images.slice(1).map((after, i) => ({ collection, id, before: images[i] ?? null, after, position }));
}

function isSame(a: StoredRecord | null, b: StoredRecord | null): boolean {
  if (a === null || b === null) return a === b;
  return a.state === b.state && a.text === b.text;
}
