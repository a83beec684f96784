import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';

/** What became of one document: its visible images, of which one at least is there. */
export interface NetChange {
  readonly id: string;
  readonly before: StoredRecord | null;
  readonly after: StoredRecord | null;
}

/**
 * What deltas, which may be several of one document, come to for those who see PUBLIC documents only; by collection, in the order in
 * which the documents were first touched.
 */
export function netChanges(deltas: readonly RecordDelta[]): ReadonlyMap<string, readonly NetChange[]> {
  const byCollection = new Map<string, NetChange[]>();
  for (const { collection, id, before, after } of deltas) {
    const changes = byCollection.get(collection);
    const change = { id, before: visible(before), after: visible(after) };
    if (changes === undefined) byCollection.set(collection, [change]);
    else changes.push(change);
  }
  const result = new Map<string, readonly NetChange[]>();
  for (const [collection, changes] of byCollection) {
    const net = coalesce(changes);
    if (net.length > 0) result.set(collection, net);
  }
  return result;
}

/** Changes that follow on one another, as one of each document. What was and is invisible is left out. */
export function coalesce(changes: readonly NetChange[]): readonly NetChange[] {
  const [only] = changes;
  if (only !== undefined && changes.length === 1) return isVisible(only) ? changes : [];
  const net = new Map<string, NetChange>();
  for (const change of changes) {
    const earlier = net.get(change.id);
    net.set(change.id, earlier === undefined ? change : { id: change.id, before: earlier.before, after: change.after });
  }
  return [...net.values()].filter(isVisible);
}

function isVisible({ before, after }: NetChange): boolean {
  return before !== null || after !== null;
}

function visible(record: StoredRecord | null): StoredRecord | null {
  return record === null || record.isTombstone || record.state !== 'PUBLIC' ? null : record;
}
