import { must } from '../../core/assert.ts';
import type { LogPosition } from '../../core/log-record.ts';
import type { ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { comparePlaces, liveBefore, seenAfter } from './order-guard.ts';
import type { PreparedChange } from './prepared.ts';

type Memory = Partial<Pick<ProjectionMeta, 'removedText' | 'removedTo' | 'awaits'>>;

/**
 * One record while the changes of a batch are carried out in memory: what was read, and what it has become. Texts are made once, at the
 * end, however many changes there were.
 */
export class RecordImage {
  readonly id: string;
  /** As read; null when there was none. */
  readonly first: StoredRecord | null;
  readonly #isGuarded: boolean;
  readonly #firstMeta: ProjectionMeta | null;
  #meta: ProjectionMeta | null;
  #state: State;
  /** Null: there is no row. Undefined: the document was not encoded yet. */
  #text: string | null | undefined;
  /** Undefined: there is no row, or it is the first one and was not decoded yet. */
  #document: Document | undefined;
  #isTouched = false;
  #position: LogPosition | null = null;

  constructor(id: string, first: StoredRecord | null, isGuarded: boolean) {
    this.id = id;
    this.first = first;
    this.#isGuarded = isGuarded;
    this.#firstMeta = first === null ? null : (JSON.parse(first.meta) as ProjectionMeta);
    this.#meta = this.#firstMeta;
    this.#state = first?.state ?? 'DELETED';
    this.#text = first?.text ?? null;
  }

  /** Of a tombstone too. Null where nothing is known of the key. */
  get meta(): ProjectionMeta | null {
    return this.#meta;
  }

  /** Whether there is a row, be it one that was deleted softly. */
  get hasRow(): boolean {
    return this.#text !== null;
  }

  /** Whether there is a row that is not deleted. */
  get isLive(): boolean {
    return this.#text !== null && this.#state !== 'DELETED';
  }

  /** Of a row. Shared: never change it. */
  get document(): Document {
    this.#document ??= must(this.first, `Record "${this.id}" has a row`).document;
    return this.#document;
  }

  /** Of a row. */
  get text(): string {
    this.#text ??= encode(this.document);
    return this.#text;
  }

  /** The change made this row of it. */
  put(change: PreparedChange, document: Document, now: number): void {
    this.#stamp(change, this.hasRow ? this.#meta?.createdAt : now, now);
    this.#document = document;
    this.#text = undefined;
    this.#state = 'PUBLIC';
  }

  /** The change deleted it: softly where there is a row that is to be kept. */
  remove(change: PreparedChange, isSoft: boolean, now: number): void {
    this.#stamp(change, this.#meta?.createdAt, now);
    this.#state = 'DELETED';
    if (isSoft) return;
    this.#text = null;
    this.#document = undefined;
  }

  /** Other fields for a row whose place in the order stays: values that came late. */
  complete(document: Document, position: LogPosition): void {
    this.#document = document;
    this.#text = undefined;
    this.#position = position;
    this.#isTouched = true;
  }

  /** Remembers beside the row, or (with undefined) forgets. */
  remember(memory: Memory): void {
    if (this.#meta === null) return;
    this.#meta = { ...this.#meta, ...memory };
    this.#isTouched = true;
  }

  /** What is to be written; null when that is what was read. */
  last(now: number): StoredRecord | null {
    if (!this.#isTouched || this.#meta === null) return null;
    const text = this.#text === null ? null : this.text;
    const meta = metaText(this.#meta, this.#updatedAt(text, now));
    const { first } = this;
    if (first !== null && first.text === text && first.state === this.#state && first.meta === meta) return null;
    return new StoredRecord(this.id, text, this.#state, meta, text === null ? undefined : this.document);
  }

  /** What others see of it all; null when they see nothing. `origin` is what they saw last. */
  delta(collection: string, origin: StoredRecord | null, last: StoredRecord | null): RecordDelta | null {
    const before = visible(origin);
    const after = visible(last ?? this.first);
    if (before?.text === after?.text && before?.state === after?.state) return null;
    return { collection, id: this.id, before, after, position: this.#position };
  }

  /** A row that stays as it is was not updated. A deleted key was deleted again, unless by the same change. */
  #updatedAt(text: string | null, now: number): number {
    const { first } = this;
    if (first === null || this.#firstMeta === null || first.text !== text || first.state !== this.#state) return now;
    if (text === null && comparePlaces(this.#firstMeta, must(this.#meta, 'A touched record has a place')) !== 0) return now;
    return this.#firstMeta.updatedAt;
  }

  #stamp({ change, place }: PreparedChange, createdAt: number | undefined, now: number): void {
    const old = this.#meta;
    this.#meta = {
      ...place,
      recordKey: change.recordKey,
      createdAt: createdAt ?? now,
      updatedAt: now,
      removedText: old?.removedText,
      removedTo: old?.removedTo,
      live: old === null ? undefined : liveBefore(old, place),
      seen: old === null || this.#isGuarded ? undefined : seenAfter(old, place),
    };
    this.#position = change.position;
    this.#isTouched = true;
  }
}

/** Always in one order, so that equal metadata have equal texts. */
export function metaText(meta: ProjectionMeta, updatedAt: number): string {
  return JSON.stringify({
    counterType: meta.counterType,
    counter: meta.counter,
    topic: meta.topic,
    partition: meta.partition,
    offset: meta.offset,
    part: meta.part,
    timestamp: meta.timestamp,
    recordKey: meta.recordKey,
    createdAt: meta.createdAt,
    updatedAt,
    removedText: meta.removedText,
    removedTo: meta.removedTo,
    awaits: meta.awaits,
    live: meta.live,
    previous: meta.previous,
    seen: meta.seen,
  } satisfies Required<{ [Property in keyof ProjectionMeta]: unknown }>);
}

function visible(record: StoredRecord | null): StoredRecord | null {
  return record === null || record.isTombstone ? null : record;
}
