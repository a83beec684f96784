import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';

/** Of so many documents of a collection it is known what was told last. */
const REMEMBERED = 20_000;
const MOST_IMAGES = 64;

interface Told {
  readonly now: number;
  /** The images of which it was said that they are no more. */
  readonly images: Set<number>;
}

/**
 * What was told last of as many documents as there is room for, so that what is announced twice, or after it was told, is not told again.
 *
 * Whoever holds an image is told another one when that image is named. So a telling is left out only where the same version was told
 * before, and all images were named with it: nobody can have come to hold one of them since.
 */
export class FeedVersions {
  readonly #told = new Map<string, Told>();
  readonly #capacity: number;

  constructor(capacity = REMEMBERED) {
    this.#capacity = capacity;
  }

  /** Notes that a document is told as it is now; false where that says nothing new to anybody. */
  tell(id: string, announced: readonly RecordDelta[], stored: StoredRecord | null): boolean {
    const now = versionOf(stored);
    const last = this.#told.get(id);
    const told: Told = last?.now === now && last.images.size < MOST_IMAGES ? last : { now, images: new Set([now]) };
    const before = told === last ? last.images.size : 0;
    for (const delta of announced) {
      told.images.add(versionOf(delta.before));
      told.images.add(versionOf(delta.after));
    }
    if (told.images.size === before) return false;
    this.#told.delete(id);
    this.#told.set(id, told);
    if (this.#told.size > this.#capacity) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const oldest of this.#told.keys()) {
      this.#told.delete(oldest);
      return;
    }
  }
}

/** The same for the stored document and for the image of it that was announced, which has not all of its metadata. */
function versionOf(record: StoredRecord | null): number {
  if (record === null) return 0;
  const meta = JSON.parse(record.meta) as Readonly<Record<string, unknown>>;
  const place = [record.state, meta['updatedAt'], meta['counter'], meta['topic'], meta['partition'], meta['offset'], meta['part'] ?? 0];
  return hash(record.text ?? '', hash(place.join('\n'), 0));
}

/** 53 bits, well mixed (cyrb53). */
function hash(text: string, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ Math.floor(seed / 0x100000000);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return 0x100000000 * (0x1fffff & b) + (a >>> 0);
}
