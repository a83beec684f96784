import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';

/** What became of one document: its visible images, of which one at least is there. */
export interface NetChange {
  readonly id: string;
  readonly before: StoredRecord | null;
  readonly after: StoredRecord | null;
  /** Images between the two, and absence, that somebody may hold because a snapshot has shown them. */
  readonly via?: readonly (StoredRecord | null)[] | undefined;
}

export interface CoalesceOptions {
  /** Snapshots may show what is only told later. */
  readonly keepsVia: boolean;
}

const ENDS_ALONE: CoalesceOptions = { keepsVia: false };

/**
 * What deltas, which may be several of one document, come to for those who see PUBLIC documents only; by collection, in the order in
 * which the documents were first touched.
 */
export function netChanges(
  deltas: readonly RecordDelta[],
  options: CoalesceOptions = ENDS_ALONE,
): ReadonlyMap<string, readonly NetChange[]> {
  const byCollection = new Map<string, NetChange[]>();
  for (const { collection, id, before, after } of deltas) {
    const changes = byCollection.get(collection);
    const change = { id, before: visible(before), after: visible(after) };
    if (changes === undefined) byCollection.set(collection, [change]);
    else changes.push(change);
  }
  const result = new Map<string, readonly NetChange[]>();
  for (const [collection, changes] of byCollection) {
    const net = coalesce(changes, options);
    if (net.length > 0) result.set(collection, net);
  }
  return result;
}

/** Changes that follow on one another, as one of each document. What was and is invisible is left out. */
export function coalesce(changes: readonly NetChange[], { keepsVia }: CoalesceOptions = ENDS_ALONE): readonly NetChange[] {
  const [only] = changes;
  if (only !== undefined && changes.length === 1) return isVisible(only) ? changes : [];
  const net = new Map<string, NetChange>();
  const images = new Map<string, (StoredRecord | null)[]>();
  for (const change of changes) {
    const { id } = change;
    const earlier = net.get(id);
    if (earlier === undefined) net.set(id, change);
    else if (keepsVia) net.set(id, { id, before: earlier.before, after: change.after, via: passed(images, earlier, change) });
    else net.set(id, { id, before: earlier.before, after: change.after });
  }
  return [...net.values()].filter(isVisible);
}

/** Adds what stands between two changes that follow on one another. */
function passed(images: Map<string, (StoredRecord | null)[]>, earlier: NetChange, change: NetChange): readonly (StoredRecord | null)[] {
  let via = images.get(change.id);
  if (via === undefined) images.set(change.id, (via = [...(earlier.via ?? [])]));
  via.push(earlier.after);
  if (change.before !== earlier.after) via.push(change.before);
  if (change.via !== undefined) via.push(...change.via);
  return via;
}

function isVisible({ before, after, via }: NetChange): boolean {
  return before !== null || after !== null || (via !== undefined && via.some((image) => image !== null));
}

function visible(record: StoredRecord | null): StoredRecord | null {
  return record === null || record.isTombstone || record.state !== 'PUBLIC' ? null : record;
}
