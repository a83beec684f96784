import { must } from '../../core/assert.ts';
import type { ChangePlace } from '../../core/metadata.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import type { RecordWrite } from '../../store/store.ts';
import type { ImageKeeping } from './image-keeping.ts';
import { awaitedAfterDelete, handOver, rowBeforeMove, settleMove, stillAwaited, takeOver } from './key-move.ts';
import type { MovedRecords } from './key-move.ts';
import { compareArrivals, comparePlaces, isTruncated, judge } from './order-guard.ts';
import { applyPatch } from './patch.ts';
import type { PreparedChange, ProjectCounts, RefusedChange } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { RecordImage } from './record-image.ts';
import { Refusal, missingField } from './row-caster.ts';

/** The changes of one batch to one projection, carried out in order on the records as they were read, in memory. */
export class BatchSimulation {
  readonly refused: RefusedChange[] = [];
  readonly counts: ProjectCounts = { accepted: 0, stale: 0, refused: 0 };
  readonly #plan: ProjectionPlan;
  readonly #images = new Map<string, RecordImage>();
  readonly #moved: MovedRecords;
  readonly #now: number;
  /** The newest truncate. */
  #mark: ChangePlace | null;
  #isMarkChanged = false;
  readonly #keeping: ImageKeeping | null;
  #hasTruncated = false;

  constructor(
    plan: ProjectionPlan,
    read: ReadonlyMap<string, StoredRecord>,
    state: {
      readonly ids: Iterable<string>;
      readonly mark: ChangePlace | null;
      readonly now: number;
      readonly keeping: ImageKeeping | null;
    },
  ) {
    this.#keeping = state.keeping;
    this.#plan = plan;
    this.#now = state.now;
    this.#mark = state.mark;
    this.#moved = { plan, find: (id) => this.#images.get(id) };
    this.add(state.ids, read);
  }

  /** More records as they were read. */
  add(ids: Iterable<string>, read: ReadonlyMap<string, StoredRecord>): void {
    for (const id of ids)
      this.#images.set(id, new RecordImage(id, read.get(id) ?? null, { isGuarded: this.#plan.guarded, keeping: this.#keeping }));
  }

  /** Records under keys that rows have gone on to, which may get values that come late: to be read and added before the run. */
  get unread(): readonly string[] {
    const ids: string[] = [];
    for (const { meta } of this.#images.values()) {
      const to = meta?.awaits?.to;
      if (to !== undefined && !this.#images.has(to)) ids.push(to);
    }
    return ids;
  }

  /** The newest truncate, where this batch had it. */
  get newMark(): ChangePlace | null {
    return this.#isMarkChanged ? this.#mark : null;
  }

  /** A row that a truncate removes is there: it may have come after the truncate looked for it. */
  get hasTruncated(): boolean {
    return this.#hasTruncated;
  }

  get images(): readonly RecordImage[] {
    return [...this.#images.values()];
  }

  run(changes: readonly PreparedChange[]): void {
    for (const change of changes) {
      try {
        if (this.#apply(change)) this.counts.accepted++;
        else this.counts.stale++;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.counts.refused++;
        this.refused.push({ change: change.change, code: error.code, reason: error.message });
      }
    }
  }

  /** False when something newer had been there before. */
  #apply(change: PreparedChange): boolean {
    const { place } = change;
    const { operation } = change.change;
    if (operation === 'truncate') return this.#truncate(place);
    if (this.#isGone(place)) {
      const stored = this.#images.get(change.id);
      stored?.meet(place);
      if (stored !== undefined && stored.isLive && this.#isTruncatedRow(stored)) this.#hasTruncated = true;
      return false;
    }
    const image = this.#image(change.id);
    const verdict = image.meta === null ? 'newer' : judge(image.meta, place, this.#plan.guarded);
    if (verdict === 'stale') return false;
    if (operation === 'delete') this.#delete(image, change);
    else if (operation === 'patch') this.#patch(image, change);
    else this.#write(image, change, verdict === 'repeat');
    return true;
  }

  /** A truncate that was seen already is remembered again: the unit of work that saw it may have been undone. */
  #truncate(place: ChangePlace): boolean {
    const compare = this.#plan.guarded ? comparePlaces : compareArrivals;
    if (this.#mark !== null && (compare(this.#mark, place) ?? -1) > 0) return false;
    this.#mark = place;
    this.#isMarkChanged = true;
    return true;
  }

  #write(image: RecordImage, change: PreparedChange, isRepeat: boolean): void {
    const { operation } = change.change;
    const isThere = this.#isThere(image);
    if (!this.#plan.upsert && !isRepeat) this.#checkStrictly(image, operation, isThere);
    // An insert begins a new row; any other change of a row that was deleted softly takes it up again.
    const own = isThere || (operation !== 'insert' && image.hasRow && !this.#isTruncatedRow(image)) ? image : null;
    // A row that came under its new key before has taken over what it lacked.
    const old = change.movedFrom === null || (isRepeat && own !== null) ? null : this.#image(change.movedFrom);
    const moved = old === null ? null : rowBeforeMove(old, change, this.#isThere(old));
    const awaits = moved === null ? stillAwaited(image.meta?.awaits, own === null ? [] : (change.keeps ?? [])) : moved.awaits;
    // Without a row under the old key, one that stands under the new key has what it was: the move was sent twice.
    const base = moved?.row ?? (moved === null || isThere ? own : null);
    const row = change.keeps === null ? must(change.row, 'An insert or update has a row') : this.#merge(change, base, awaits?.fields);
    image.put(change, row, this.#now);
    if (awaits !== undefined) image.remember({ awaits });
    if (old !== null) takeOver(old, change.id);
    else if (change.movedFrom !== null && this.#keeping !== null) settleMove(this.#moved, this.#image(change.movedFrom), image, change);
  }

  #checkStrictly(image: RecordImage, operation: string, isThere: boolean): void {
    const { name } = this.#plan;
    if (operation === 'insert' && isThere)
      throw new Refusal('RECORD_EXISTS', `Projection "${name}" has a record "${image.id}" already, expected none before an insert`);
    if (operation === 'update' && !isThere)
      throw new Refusal('RECORD_MISSING', `Projection "${name}" has no record "${image.id}", expected one before an update`);
  }

  /** The fields sent and, for those that were not, what they were. A required one may come later. */
  #merge({ row, keeps }: PreparedChange, base: { readonly document: Document } | null, awaited: readonly string[] = []): Document {
    const merged: Document = {};
    for (const field of this.#plan.fields) {
      const { name } = field;
      const isKept = keeps?.includes(name) === true;
      const value = isKept ? base?.document[name] : row?.[name];
      if (value !== undefined) merged[name] = value;
      else if (isKept && field.required && !awaited.includes(name)) throw missingField(this.#plan, field);
    }
    return merged;
  }

  #patch(image: RecordImage, change: PreparedChange): void {
    if (!this.#isThere(image))
      throw new Refusal('RECORD_MISSING', `Projection "${this.#plan.name}" has no record "${image.id}", expected one before a patch`);
    const steps = change.patch ?? [];
    const kept = this.#plan.fields.map(({ name }) => name).filter((name) => steps.every(({ field }) => field !== name));
    const awaits = stillAwaited(image.meta?.awaits, kept);
    image.put(change, applyPatch(this.#plan, image.document, steps), this.#now);
    if (awaits !== undefined) image.remember({ awaits });
  }

  #delete(image: RecordImage, change: PreparedChange): void {
    const next = change.movedTo === null || change.movedTo === image.id ? null : this.#image(change.movedTo);
    const isThere = this.#isThere(image);
    const removed = next !== null && isThere ? this.#handOver(image, next, change) : undefined;
    // A repeated delete finds the row gone, and what was awaited for it noted already.
    const awaits = image.isLive ? awaitedAfterDelete(image.meta?.awaits, next?.id ?? null) : image.meta?.awaits;
    image.remove(change, this.#plan.softDelete && image.hasRow, this.#now);
    if (awaits !== undefined) image.remember({ awaits });
    if (removed !== undefined) image.remember(removed);
    if (next !== null && !isThere && this.#keeping !== null) settleMove(this.#moved, image, next, change);
  }

  #handOver(image: RecordImage, next: RecordImage, change: PreparedChange): ReturnType<typeof handOver> {
    return this.#keeping === null ? handOver(this.#moved, image, next, change) : { removedText: image.text, removedTo: next.id };
  }

  /** Whether there is a row that is neither deleted nor truncated. */
  #isThere(image: RecordImage): boolean {
    return image.isLive && !this.#isTruncatedRow(image);
  }

  #isTruncatedRow(image: RecordImage): boolean {
    return image.meta !== null && this.#isGone(image.meta);
  }

  #isGone(place: ChangePlace): boolean {
    return isTruncated(place, this.#mark, this.#plan.guarded);
  }

  #image(id: string): RecordImage {
    return must(this.#images.get(id), `Record "${id}" was read`);
  }
}

export function writesOf(images: readonly RecordImage[], now: number): RecordWrite[] {
  const writes: RecordWrite[] = [];
  for (const image of images) {
    const next = image.last(now);
    if (next !== null) writes.push({ id: image.id, previous: image.first, next });
  }
  return writes;
}
