import { StoredRecord } from '../../core/record.ts';
import { coalesce } from './net-change.ts';
import type { CoalesceOptions, NetChange } from './net-change.ts';

interface Kept {
  readonly collection: string;
  readonly sequence: number;
  readonly at: number;
  readonly bytes: number;
  /** Null where the collection was replaced. */
  readonly changes: readonly NetChange[] | null;
}

/** An estimate of what a record takes beside its texts. */
const RECORD_BYTES = 200;
/** More changes than this are not gone through again for one client: it reads the result anew. */
const MOST_CHANGES = 20_000;

/** What was changed lately, for clients that come back: bounded by its age and its size. */
export class CommitRing {
  readonly #maxAgeMs: number;
  readonly #maxBytes: number;
  readonly #options: CoalesceOptions;
  /** In order of their sequence; those before the head are gone. */
  #kept: Kept[] = [];
  #head = 0;
  #bytes = 0;
  /** Everything after this commit is known. */
  #since: number;

  constructor(
    since: number,
    { maxAgeMs, maxBytes, keepsVia = false }: { readonly maxAgeMs: number; readonly maxBytes: number } & Partial<CoalesceOptions>,
  ) {
    this.#since = since;
    this.#options = { keepsVia };
    this.#maxAgeMs = maxAgeMs;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(sequence: number, now: number, changes: ReadonlyMap<string, readonly NetChange[]>, replaced: readonly string[]): void {
    for (const [collection, ofCollection] of changes) {
      const copies = ofCollection.map(compactChange);
      const bytes = copies.reduce((sum, change) => sum + sizeOfChange(change), 0);
      this.#put({ collection, sequence, at: now, bytes, changes: copies });
    }
    for (const collection of replaced) this.#put({ collection, sequence, at: now, bytes: RECORD_BYTES, changes: null });
    this.#evict(now);
  }

  /** Forgets everything: what happened up to a commit is not known. */
  clear(since: number): void {
    this.#kept = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#since = since;
  }

  /** What became of a collection after a commit, one change of each document; null where that is not known, or too much. */
  after(collection: string, sequence: number): readonly NetChange[] | null {
    if (!this.remembers(collection, sequence)) return null;
    const found: NetChange[] = [];
    for (const { changes } of this.#of(collection, sequence)) if (changes !== null) for (const change of changes) found.push(change);
    return coalesce(found, this.#options);
  }

  /** Whether `after` says what became of a collection. */
  remembers(collection: string, sequence: number): boolean {
    if (sequence < this.#since) return false;
    let count = 0;
    for (const { changes } of this.#of(collection, sequence)) {
      if (changes === null) return false;
      count += changes.length;
      if (count > MOST_CHANGES) return false;
    }
    return true;
  }

  *#of(collection: string, sequence: number): Iterable<Kept> {
    for (let i = this.#firstAfter(sequence); i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept;
      if (kept.collection === collection) yield kept;
    }
  }

  #put(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
  }

  #evict(now: number): void {
    let oldest = this.#kept[this.#head];
    while (oldest !== undefined && (this.#bytes > this.#maxBytes || oldest.at < now - this.#maxAgeMs)) {
      this.#bytes -= oldest.bytes;
      this.#since = Math.max(this.#since, oldest.sequence);
      this.#head++;
      oldest = this.#kept[this.#head];
    }
    if (this.#head > 1_000 && this.#head > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }

  #firstAfter(sequence: number): number {
    let low = this.#head;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#kept[middle] as Kept).sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compactChange({ id, before, after, via }: NetChange): NetChange {
  const ends = { id, before: compact(before), after: compact(after) };
  return via === undefined ? ends : { ...ends, via: via.map((image) => compact(image)) };
}

function sizeOfChange({ before, after, via }: NetChange): number {
  const ends = sizeOf(before) + sizeOf(after);
  return via === undefined ? ends : via.reduce((sum, record) => sum + sizeOf(record), ends);
}

/** Without the document that was read from the text, which takes several times its size. */
function compact(record: StoredRecord | null): StoredRecord | null {
  return record === null ? null : new StoredRecord(record.id, record.text, record.state, record.meta);
}

function sizeOf(record: StoredRecord | null): number {
  return record === null ? 0 : RECORD_BYTES + (record.text?.length ?? 0) + record.meta.length;
}
