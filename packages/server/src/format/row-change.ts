import type { SourceRow } from '../core/change.ts';
import type { ChangeParts } from './changes.ts';
import type { Refusal } from './message.ts';
import { refused, shown } from './message.ts';
import { keyFrom, missingKey, sameKey, withKey } from './row-key.ts';

/** One change as sources tell it that send the row before, the row after and perhaps a key of their own, each of them perhaps in part. */
export interface RowChange {
  /** Upsert: the source does not say whether the row existed. */
  readonly operation: 'insert' | 'update' | 'upsert' | 'delete';
  /** As the source names it, for messages. */
  readonly named: string;
  readonly before: SourceRow | null;
  readonly after: SourceRow | null;
  /** The old key or the new one: the rows decide. */
  readonly recordKey: SourceRow | null;
}

/** The parts of a change: a changed primary key is a delete under the old key and an insert under the new one. */
export function rowParts(change: RowChange, fields: readonly string[]): readonly ChangeParts[] | Refusal {
  const { operation, before, after, recordKey } = change;
  if (operation === 'delete') {
    const key = keyFrom(fields, before, recordKey, after);
    return key === undefined ? missingKey(fields, 'the deleted row and its key', before) : [{ operation, key, after: null, before }];
  }
  if (after === null) return refused('MISSING_ROW', `The change with operation ${shown(change.named)} has no row after it`);
  // Of a partial row, a key field that was not sent did not change.
  const key = keyFrom(fields, after, before, recordKey);
  if (key === undefined) return missingKey(fields, 'the row and its key', after);
  const oldKey = operation === 'insert' ? undefined : keyFrom(fields, before, key);
  if (oldKey === undefined || sameKey(oldKey, key)) return [{ operation, key, after: withKey(after, key), before }];
  return [
    { operation: 'delete', key: oldKey, after: null, before, movedTo: key },
    { operation: 'insert', key, after: withKey(after, key), before: null, movedFrom: oldKey },
  ];
}
