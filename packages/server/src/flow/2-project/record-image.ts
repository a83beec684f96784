import { must } from '../../core/assert.ts';
import { deltasOf, distinctImages, imagesOf, isSameImage, previousOf, visible } from '../../core/previous-images.ts';
import type { Image } from '../../core/previous-images.ts';
import type { LogPosition } from '../../core/log-record.ts';
import type { ChangePlace, ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { comparePlaces, liveBefore, seenAfter } from './order-guard.ts';
import type { ImageKeeping } from './image-keeping.ts';
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
  /** Null where changes are announced with the unit of work that makes them. */
  readonly #keeping: ImageKeeping | null;
  readonly #firstMeta: ProjectionMeta | null;
  #meta: ProjectionMeta | null;
  #state: State;
  /** Null: there is no row. Undefined: the document was not encoded yet. */
  #text: string | null | undefined;
  /** Undefined: there is no row, or it is the first one and was not decoded yet. */
  #document: Document | undefined;
  #isTouched = false;
  #isStamped = false;
  #isMet = false;
  /** Changed by something that did not leave its place in the order. */
  #isCompleted = false;
  #position: LogPosition | null = null;

  constructor(id: string, first: StoredRecord | null, options: { readonly isGuarded: boolean; readonly keeping: ImageKeeping | null }) {
    this.id = id;
    this.first = first;
    this.#isGuarded = options.isGuarded;
    this.#keeping = options.keeping;
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

  /** The change comes again that made the record what it is, and is not carried out, since a truncate has passed it. */
  meet(place: ChangePlace): void {
    if (this.#firstMeta !== null && comparePlaces(this.#firstMeta, place) === 0) this.#isMet = true;
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
    this.#isCompleted = true;
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
    const document = text === null ? undefined : this.document;
    const images = this.#images(text);
    const kept = this.#keeping === null ? {} : this.#kept(images, document ?? null);
    const meta = metaText({ ...this.#meta, ...kept }, this.#updatedAt(text, now));
    const { first } = this;
    if (first !== null && first.text === text && first.state === this.#state && first.meta === meta) return null;
    return new StoredRecord(this.id, text, this.#state, meta, document);
  }

  /** What others see of it all; null when they see nothing. `origin` is what they saw last. */
  delta(collection: string, origin: StoredRecord | null, last: StoredRecord | null): RecordDelta | null {
    const before = visible(origin);
    const after = visible(last ?? this.first);
    if (before?.text === after?.text && before?.state === after?.state) return null;
    return { collection, id: this.id, before, after, position: this.#position };
  }

  /** The same where images are kept: what others see of this and of earlier changes that may not have been announced. */
  deltas(collection: string, last: StoredRecord | null): readonly RecordDelta[] {
    const record = last ?? this.first;
    if (record === null) return [];
    const now = visible(record);
    const images = this.#images(now?.text ?? null);
    return images.length === 0 ? [] : deltasOf({ collection, id: this.id, position: this.#position ?? positionOf(record) }, images, now);
  }

  /** Images that are to stand beside what is to be written, or (where nothing is) stand beside what was read. */
  #images(text: string | null): readonly Image[] {
    if (this.#keeping === null) return [];
    const meta = this.#firstMeta;
    const isOpen = meta !== null && !this.#keeping.isAnnounced(meta) && (this.#isTouched || this.#isMet || meta.apart === true);
    const open = isOpen && this.first !== null ? imagesOf(this.first, meta.previous) : [];
    const before = visible(this.first);
    const now = text === null ? null : new StoredRecord(this.id, text, this.#state, '');
    return distinctImages(this.#isTouched && !isSameImage(before, now) ? [...open, before] : open, now);
  }

  #kept(images: readonly Image[], document: Document | null): Pick<ProjectionMeta, 'previous' | 'apart'> {
    const isApart = this.#keeping?.isApart === true || this.#isCompleted || (this.#firstMeta?.apart === true && !this.#isStamped);
    return { previous: previousOf(images, document), apart: images.length > 0 && isApart ? true : undefined };
  }

  /** A row that stays as it is was not updated. A deleted key was deleted again, unless by the same change. */
  #updatedAt(text: string | null, now: number): number {
    const { first } = this;
    if (first === null || this.#firstMeta === null || first.text !== text || first.state !== this.#state) return now;
    if (text === null && comparePlaces(this.#firstMeta, must(this.#meta, 'A touched record has a place')) !== 0) return now;
    return this.#firstMeta.updatedAt;
  }

  #stamp({ change, place }: PreparedChange, createdAt: number | undefined, now: number): void {
    this.#isStamped = true;
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
    apart: meta.apart,
    seen: meta.seen,
    erased: meta.erased,
  } satisfies Required<{ [Property in keyof ProjectionMeta]: unknown }>);
}

function positionOf({ meta }: StoredRecord): LogPosition {
  const { topic, partition, offset, timestamp } = JSON.parse(meta) as ProjectionMeta;
  return { topic, partition, offset, timestamp };
}
