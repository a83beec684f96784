import type { LogPosition } from './log-record.ts';
import type { StoredRecord } from './record.ts';
import { equalValues } from './value-order.ts';

/**
 * A document of a collection changed: the one currency between stages. A projection's change, a single view's change and a captured
 * table row look the same.
 *
 * `before` and `after` are null where the document was or is absent; a tombstone counts as absent. A document in a state other than
 * PUBLIC is present: who reads decides by `state`.
 */
export interface RecordDelta {
  readonly collection: string;
  readonly id: string;
  readonly before: StoredRecord | null;
  readonly after: StoredRecord | null;
  /** Of the newest log record behind the change, where there is one. */
  readonly position: LogPosition | null;
}

/** Top-level fields whose values differ; `undefined` when the document appeared, disappeared or changed state: then all may matter. */
export function changedFields(delta: RecordDelta): ReadonlySet<string> | undefined {
  const { before, after } = delta;
  if (before === null || after === null || before.state !== after.state) return undefined;
  const changed = new Set<string>();
  const old = before.document;
  const now = after.document;
  for (const field in old) if (!equalValues(old[field], now[field])) changed.add(field);
  for (const field in now) if (!(field in old)) changed.add(field);
  return changed;
}
