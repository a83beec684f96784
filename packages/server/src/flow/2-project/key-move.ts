/**
 * A changed primary key comes as a delete under the old key and an insert under the new one, and the insert may lack values that stood
 * in the old row only. Whichever of the two comes first:
 *
 *   delete first   the removed row's text stays with the old key (`removedText`, `removedTo`) until the insert takes it over
 *   insert first   it takes what the old row has by now, and remembers (`awaits`) that the delete is to bring the final values
 *
 * Two keys that are swapped through a third come out right in every order of their partitions.
 */
import type { ProjectionMeta } from '../../core/metadata.ts';
import { decodeDocument } from '../../core/tagged-json.ts';
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
  if (meta?.removedText !== undefined && meta.removedTo === change.id)
    return { row: { document: decodeDocument(meta.removedText) }, awaits: undefined };
  const { counterType, counter } = change.place;
  const awaits: Awaits = { from: old.id, counterType, counter, fields: change.keeps ?? [] };
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
  plan: ProjectionPlan,
  old: RecordImage,
  next: RecordImage,
  change: PreparedChange,
): Pick<ProjectionMeta, 'removedText' | 'removedTo'> | undefined {
  const awaits = next.meta?.awaits;
  if (awaits === undefined || awaits.from !== old.id || isEarlier(awaits, change)) return { removedText: old.text, removedTo: next.id };
  if (next.isLive && awaits.fields.length > 0) {
    next.complete(withFields(plan, next.document, old.document, awaits.fields), change.change.position);
  }
  next.remember({ awaits: undefined });
  return undefined;
}

/** An insert that belongs to an earlier delete under the same two keys. */
function isEarlier(awaits: Awaits, { place }: PreparedChange): boolean {
  return awaits.counterType === place.counterType && compareCounters(awaits.counter, place.counter) < 0;
}

/** What a record goes on awaiting after a change that kept these fields as they were. */
export function stillAwaited(awaits: Awaits | undefined, kept: readonly string[]): Awaits | undefined {
  return awaits && { ...awaits, fields: awaits.fields.filter((field) => kept.includes(field)) };
}

function withFields(plan: ProjectionPlan, row: Document, from: Document, fields: readonly string[]): Document {
  const filled: Document = {};
  for (const { name } of plan.fields) {
    const value = fields.includes(name) ? from[name] : row[name];
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}
