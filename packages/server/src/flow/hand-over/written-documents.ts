import { LRUCache } from 'lru-cache';
import type { StoredRecord } from '../../core/record.ts';

/** What a document takes beside its text and metadata, decoded: as multiples of its text, and bytes. */
const DECODED = 4;
const RECORD_BYTES = 300;

/**
 * Documents of views as this process wrote them last. Others write them, too, so they may be others by now: that shows when one is written
 * over, since a write says what it replaces. Until then nothing may be concluded from them but what to write.
 */
export class WrittenDocuments {
  readonly #records: LRUCache<string, StoredRecord>;

  constructor(maxBytes: number) {
    this.#records = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ text, meta }) => RECORD_BYTES + meta.length + DECODED * (text?.length ?? 0),
    });
  }

  /** Those of these ids that are known. */
  of(view: string, ids: readonly string[]): Map<string, StoredRecord> {
    const known = new Map<string, StoredRecord>();
    for (const id of ids) {
      const record = this.#records.get(keyOf(view, id));
      if (record !== undefined) known.set(id, record);
    }
    return known;
  }

  written(view: string, records: readonly StoredRecord[]): void {
    for (const record of records) this.#records.set(keyOf(view, record.id), record);
  }

  forget(view: string, ids: Iterable<string>): void {
    for (const id of ids) this.#records.delete(keyOf(view, id));
  }
}

function keyOf(view: string, id: string): string {
  return `${view}\u0000${id}`;
}
