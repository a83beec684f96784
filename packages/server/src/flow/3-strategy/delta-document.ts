import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { withMetadata } from '../../core/metadata.ts';
import type { Document } from '../../core/value.ts';

/** A delta as strategies of the user's see it: a projection update (specification 4.2, 4.3). */
export function deltaDocument(delta: RecordDelta, kind: 'projection' | 'view'): Document {
  const { before, after } = delta;
  return {
    operationType: before === null ? 'INSERT' : after === null ? 'DELETE' : 'UPDATE',
    operationTimestamp: new Date(delta.position?.timestamp ?? 0).toISOString(),
    documentId: delta.id,
    projectionName: delta.collection,
    storageNamespace: delta.collection,
    before: before === null ? null : withMetadata(before, kind),
    after: after === null ? null : withMetadata(after, kind),
  };
}

/** A delta as text, to be queued. */
export function deltaText(delta: RecordDelta): string {
  const side = (record: StoredRecord | null): unknown => (record === null ? null : [record.id, record.text, record.state, record.meta]);
  return JSON.stringify({
    collection: delta.collection,
    id: delta.id,
    before: side(delta.before),
    after: side(delta.after),
    position: delta.position,
  });
}

type Side = [string, string | null, State, string] | null;

export function deltaOfText(text: string): RecordDelta {
  const parsed = JSON.parse(text) as { collection: string; id: string; before: Side; after: Side; position: RecordDelta['position'] };
  const record = (side: Side): StoredRecord | null => (side === null ? null : new StoredRecord(...side));
  return {
    collection: parsed.collection,
    id: parsed.id,
    before: record(parsed.before),
    after: record(parsed.after),
    position: parsed.position,
  };
}
