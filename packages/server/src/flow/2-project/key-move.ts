/**
 * A changed primary key comes as a delete under the old key and an insert under the new one, and the insert may lack values that stood
 * in the old row only. Whichever of the two comes first:
 *
 *   delete first   the removed row's text stays with the old key (`removedText`, `removedTo`) until the insert takes it over
 *   insert first   it takes what the old row has by now, and remembers (`awaits`) that the delete is to bring the final values
 *
 * What a row awaits is passed on when it goes on to a further key before it came.
 * Two keys that are swapped through a third come out right in every order of their partitions.
 */
import type { LogPosition } from '../../core/log-record.ts';
import type { ProjectionMeta } from '../../core/metadata.ts';
import { fieldOf } from '../../core/path.ts';
import { decodeDocument, encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { compareCounters } from './order-guard.ts';
import type { PreparedChange } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import type { RecordImage } from './record-image.ts';

type Awaits = NonNullable<ProjectionMeta['awaits']>;

export interface MovedRow {
  readonly row: { readonly document: Document } | null;
  /** Undefined where the row is the final one. */
  readonly awaits: Awaits | undefined;
}

/** For an insert under a new key: the row under the old one, as far as it is known. `isThere`: it stands there still. */
export function rowBeforeMove(old: RecordImage, change: PreparedChange, isThere: boolean): MovedRow {
  const { meta } = old;
  const { counterType, counter } = change.place;
  const awaits: Awaits = { from: old.id, counterType, counter, fields: change.keeps ?? [] };
  if (meta?.removedText !== undefined && meta.removedTo === change.id) {
    const row = { document: decodeDocument(meta.removedText) };
    // What the old row was still waiting for when it was removed comes by way of it.
    const late = meta.awaits?.to === change.id ? awaits.fields.filter((field) => meta.awaits?.fields.includes(field)) : [];
    return { row, awaits: late.length === 0 ? undefined : { ...awaits, fields: late } };
  }
  // A row under the old key that is newer than the move is another row. Between partitions only counters tell.
  const isNewer = meta?.counterType === counterType && compareCounters(meta.counter, counter) > 0;
  return { row: isThere && !isNewer ? old : null, awaits };
}

/** The insert has what the delete kept for it. */
export function takeOver(old: RecordImage, newId: string): void {
  if (old.meta?.removedTo === newId) old.remember({ removedText: undefined, removedTo: undefined });
}

/**
 * For a delete under an old key, before it is carried out: gives the row to the insert that awaits it. What is to be kept for an insert
 * that has not come yet is returned.
 */
export function handOver(
  records: MovedRecords,
  old: RecordImage,
  next: RecordImage,
  change: PreparedChange,
): Pick<ProjectionMeta, 'removedText' | 'removedTo'> | undefined {
  const awaits = next.meta?.awaits;
  if (awaits === undefined || awaits.from !== old.id || isEarlier(awaits, change)) return { removedText: old.text, removedTo: next.id };
  const pending = old.meta?.awaits?.fields ?? [];
  const fields = awaits.fields.filter((field) => !pending.includes(field));
  give(records, next, { from: old.id, row: old.document, fields, position: change.change.position });
  return undefined;
}

/**
 * Where others write records at the same time, a delete gives nothing by itself: the row stays with the old key until it is certain that
 * it is stored there. Then, with both records read anew, the row that awaits its values takes them. To be tried by whoever has carried out
 * either of both: of two at once, the later sees what the other one has stored.
 */
export function settleMove(records: MovedRecords, old: RecordImage, next: RecordImage, change: PreparedChange): void {
  const { removedText, removedTo, awaits: olds } = old.meta ?? {};
  if (removedText === undefined || removedTo !== next.id) return;
  const awaits = next.meta?.awaits;
  if (awaits !== undefined && awaits.from === old.id && !isEarlier(awaits, change)) {
    // What the old row was still waiting for when it was removed comes by way of it.
    const pending = olds?.to === next.id ? olds.fields : [];
    const fields = awaits.fields.filter((field) => !pending.includes(field));
    give(records, next, { from: old.id, row: decodeDocument(removedText), fields, position: change.change.position });
  } else if (change.movedFrom === null) return;
  takeOver(old, next.id);
}

export interface MovedRecords {
  readonly plan: ProjectionPlan;
  readonly find: (id: string) => RecordImage | undefined;
}

interface Gift {
  readonly from: string;
  readonly row: Document;
  readonly fields: readonly string[];
  readonly position: LogPosition;
}

/** Final values for a row that awaits them, or for what was kept of it, or for the row that it has become under a further key. */
function give(records: MovedRecords, next: RecordImage, gift: Gift): void {
  const awaits = next.meta?.awaits;
  if (awaits === undefined || awaits.from !== gift.from) return;
  const fields = awaits.fields.filter((field) => gift.fields.includes(field));
  const { removedText, removedTo } = next.meta ?? {};
  if (fields.length > 0) {
    if (next.isLive) next.complete(withFields(records.plan, next.document, gift.row, fields), gift.position);
    else if (removedText !== undefined && removedTo === awaits.to)
      next.remember({ removedText: encode(withFields(records.plan, decodeDocument(removedText), gift.row, fields)) });
    else if (awaits.to !== undefined) {
      const further = records.find(awaits.to);
      if (further !== undefined) give(records, further, { ...gift, from: next.id, fields });
    }
  }
  const rest = awaits.fields.filter((field) => !fields.includes(field));
  // The way to a further key is kept: what was given there may not have been announced.
  next.remember({ awaits: rest.length === 0 && awaits.to === undefined ? undefined : { ...awaits, fields: rest } });
}

/** An insert that belongs to an earlier delete under the same two keys. */
function isEarlier(awaits: Awaits, { place }: PreparedChange): boolean {
  return awaits.counterType === place.counterType && compareCounters(awaits.counter, place.counter) < 0;
}

/** What a record goes on awaiting after a change that kept these fields as they were. */
export function stillAwaited(awaits: Awaits | undefined, kept: readonly string[]): Awaits | undefined {
  return awaits && { ...awaits, fields: awaits.fields.filter((field) => kept.includes(field)) };
}

/** What a removed row goes on awaiting: for the row that it becomes under a new key, else nothing. */
export function awaitedAfterDelete(awaits: Awaits | undefined, movedTo: string | null): Awaits | undefined {
  if (awaits === undefined) return undefined;
  return movedTo === null ? { ...awaits, fields: [] } : { ...awaits, to: movedTo };
}

function withFields(plan: ProjectionPlan, row: Document, from: Document, fields: readonly string[]): Document {
  const filled: Document = {};
  for (const { name } of plan.fields) {
    const value = fieldOf(fields.includes(name) ? from : row, name);
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}
