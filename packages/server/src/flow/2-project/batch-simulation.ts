import { must } from '../../core/assert.ts';
import type { ChangePlace } from '../../core/metadata.ts';
import type { StoredRecord } from '../../core/record.ts';
import { decodeDocument } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { RecordWrite } from '../../store/store.ts';
import { compareArrivals, comparePlaces, isTruncated, judge } from './order-guard.ts';
import { applyPatch } from './patch.ts';
import type { PreparedChange, ProjectCounts, RefusedChange } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { RecordImage } from './record-image.ts';
import { Refusal, missingField } from './row-caster.ts';

/** Where the values of a row under a new key that were not sent are taken from. */
interface Moved {
  readonly from: string;
  readonly row: Document | null;
}

/** The changes of one batch to one projection, carried out in order on the records as they were read, in memory. */
export class BatchSimulation {
  readonly refused: RefusedChange[] = [];
  readonly counts: ProjectCounts = { accepted: 0, stale: 0, refused: 0 };
  readonly #plan: ProjectionPlan;
  readonly #images = new Map<string, RecordImage>();
  readonly #now: number;
  /** The newest truncate. */
  #mark: ChangePlace | null;
  #isMarkChanged = false;

  constructor(
    plan: ProjectionPlan,
    read: ReadonlyMap<string, StoredRecord>,
    state: { readonly ids: Iterable<string>; readonly mark: ChangePlace | null; readonly now: number },
  ) {
    this.#plan = plan;
    this.#now = state.now;
    this.#mark = state.mark;
    for (const id of state.ids) this.#images.set(id, new RecordImage(id, read.get(id) ?? null, plan.guarded));
  }

  /** The newest truncate, where this batch had it. */
  get newMark(): ChangePlace | null {
    return this.#isMarkChanged ? this.#mark : null;
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
    if (change.change.operation === 'truncate') return this.#truncate(place);
    if (this.#isGone(place)) return false;
    const image = this.#image(change.id);
    const verdict = image.meta === null ? 'newer' : judge(image.meta, place, this.#plan.guarded);
    if (verdict === 'stale') return false;
    if (change.change.operation === 'delete') this.#delete(image, change);
    else if (change.patch !== null) this.#patch(image, change);
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
    // An insert begins a new row; any other change of a deleted one takes it up again.
    const own = isThere || (image.hasRow && operation !== 'insert' && !this.#isGoneImage(image)) ? image : null;
    const moved = change.movedFrom === null ? null : this.#moved(change, isRepeat ? own : null);
    const base = moved === null ? (own?.hasRow === true && change.keeps !== null ? own.document : null) : moved.row;
    const awaits = this.#awaited(image, change, isRepeat ? null : moved);
    const row = change.keeps === null ? (change.row as Document) : this.#merge(change, base, awaits?.fields ?? []);
    image.put(change, row, this.#now);
    if (awaits !== undefined) image.remember({ awaits });
    this.#takeOver(change);
  }

  #checkStrictly(image: RecordImage, operation: string, isThere: boolean): void {
    const { name } = this.#plan;
    if (operation === 'insert' && isThere)
      throw new Refusal('RECORD_EXISTS', `Projection "${name}" has a record "${image.id}" already, expected none before an insert`);
    if (operation === 'update' && !isThere)
      throw new Refusal('RECORD_MISSING', `Projection "${name}" has no record "${image.id}", expected one before an update`);
  }

  /** The row that a new key's row was before its key changed. A repeated change has taken it over already: into its own row. */
  #moved(change: PreparedChange, own: RecordImage | null): Moved {
    const from = change.movedFrom as string;
    if (own !== null) return { from, row: own.document };
    const old = this.#image(from);
    const { meta } = old;
    if (meta?.removedTo === change.id && meta.removedText !== undefined) return { from, row: decodeDocument(meta.removedText) };
    // The new key's row came first: the old one still stands. A newer row under the old key is another row.
    const isOlder = meta !== null && (comparePlaces(meta, change.place) ?? -1) < 0;
    return { from, row: isOlder && this.#isThere(old) ? old.document : null };
  }

  /** The removed row was taken over: it need not be kept any longer. */
  #takeOver(change: PreparedChange): void {
    if (change.movedFrom === null) return;
    const old = this.#image(change.movedFrom);
    if (old.meta?.removedTo === change.id) old.remember({ removedText: undefined, removedTo: undefined });
  }

  /** The fields that are still to come, after a change. */
  #awaited(image: RecordImage, { keeps }: PreparedChange, moved: Moved | null): { from: string; fields: string[] } | undefined {
    if (keeps === null) return undefined;
    if (moved !== null) return moved.row === null ? { from: moved.from, fields: [...keeps] } : undefined;
    const before = image.meta?.awaits;
    if (before === undefined || !this.#isThere(image)) return undefined;
    const fields = before.fields.filter((field) => keeps.includes(field));
    return fields.length === 0 ? undefined : { from: before.from, fields };
  }

  /** The fields sent and, for those that were not, what they were. */
  #merge({ row, keeps }: PreparedChange, base: Document | null, awaited: readonly string[]): Document {
    const sent = row as Document;
    const merged: Document = {};
    for (const field of this.#plan.fields) {
      const { name } = field;
      const isKept = (keeps as readonly string[]).includes(name);
      const value = isKept ? base?.[name] : sent[name];
      if (value !== undefined) merged[name] = value;
      else if (isKept && field.required && !awaited.includes(name)) throw missingField(this.#plan, field);
    }
    return merged;
  }

  #patch(image: RecordImage, change: PreparedChange): void {
    if (!this.#isThere(image))
      throw new Refusal('RECORD_MISSING', `Projection "${this.#plan.name}" has no record "${image.id}", expected one before a patch`);
    const steps = change.patch ?? [];
    const { awaits } = image.meta ?? {};
    const fields = awaits?.fields.filter((name) => steps.every(({ field }) => field !== name)) ?? [];
    image.put(change, applyPatch(this.#plan, image.document, steps), this.#now);
    if (awaits !== undefined && fields.length > 0) image.remember({ awaits: { from: awaits.from, fields } });
  }

  #delete(image: RecordImage, change: PreparedChange): void {
    const row = this.#isThere(image) ? image : null;
    const moved = row === null ? undefined : this.#handOver(row, change);
    image.remove(change, this.#plan.softDelete && image.hasRow, this.#now);
    if (moved !== undefined) image.remember(moved);
  }

  /**
   * Gives a row whose primary key changed to the row under the new key: what that one is waiting for at once; else it is kept until
   * the new one comes. It has come when the new key's record is newer than this delete.
   */
  #handOver(image: RecordImage, change: PreparedChange): { removedText: string; removedTo: string } | undefined {
    const { movedTo } = change;
    if (movedTo === null || movedTo === image.id) return undefined;
    const next = this.#image(movedTo);
    const { meta } = next;
    if (meta?.awaits?.from === image.id && next.hasRow) {
      const { fields } = meta.awaits;
      next.complete(this.#fill(next.document, image.document, fields), change.change.position);
      next.remember({ awaits: undefined });
      return undefined;
    }
    if (meta !== null && (comparePlaces(meta, change.place) ?? -1) > 0) return undefined;
    return { removedText: image.text, removedTo: movedTo };
  }

  #fill(row: Document, from: Document, fields: readonly string[]): Document {
    const filled: Document = {};
    for (const { name } of this.#plan.fields) {
      const value = fields.includes(name) ? from[name] : row[name];
      if (value !== undefined) filled[name] = value;
    }
    return filled;
  }

  /** Whether there is a row that is neither deleted nor truncated. */
  #isThere(image: RecordImage): boolean {
    return image.isLive && !this.#isGoneImage(image);
  }

  #isGoneImage(image: RecordImage): boolean {
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
