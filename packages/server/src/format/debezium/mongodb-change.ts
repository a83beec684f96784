import type { Change, SourceRow, SourceValue } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { ChangeParts } from '../changes.ts';
import type { FormatTarget } from '../format.ts';
import { isRefusal, isRow, readMessage, refused, shown } from '../message.ts';
import type { Refusal } from '../message.ts';
import { keyFrom, missingKey, withKey } from '../row-key.ts';
import { readExtendedJson } from './mongodb-values.ts';

/** What sends whole documents. */
const CAPTURE_MODE = 'expected capture.mode change_streams_update_full, or one with post-images';

export function isMongoEnvelope(envelope: SourceRow): boolean {
  const { source } = envelope;
  return 'updateDescription' in envelope || (isRow(source) && source['connector'] === 'mongodb');
}

/**
 * MongoDB's events: key, documents and updated fields are texts of extended JSON, the key and the updated fields in its newer form. An
 * update without its document is a patch of the stored record. The record's key is `{"id": …}`, the document's is `_id`.
 */
export function readMongoChange(
  record: LogRecord,
  envelope: SourceRow,
  operation: Change['operation'],
  target: FormatTarget,
): readonly ChangeParts[] | Refusal {
  const before = documentOf(envelope['before'] ?? null, 'before');
  const after = documentOf(envelope['after'] ?? null, 'after');
  if (isRefusal(before)) return before;
  if (isRefusal(after)) return after;
  const key = keyOf(record, target, after.row, before.row);
  if (isRefusal(key)) return key;
  if (operation === 'delete') return [{ operation, key, after: null, before: before.row }];
  if (after.row !== null) return [{ operation, key, after: withKey(after.row, key), before: before.row }];
  const patch = patchOf(envelope['updateDescription'] ?? null);
  if (patch === null) {
    return refused('MISSING_ROW', `The event with op ${shown(envelope['op'])} has neither after nor updateDescription: ${CAPTURE_MODE}`);
  }
  return isRefusal(patch) ? patch : [{ operation: 'patch', key, after: null, before: before.row, patch }];
}

function documentOf(text: SourceValue, name: string): { readonly row: SourceRow | null } | Refusal {
  if (text === null) return { row: null };
  const document = typeof text === 'string' ? readExtendedJson(text) : text;
  if (document !== undefined && isRow(document)) return { row: document };
  return refused('MALFORMED_VALUE', `The event's ${name} is ${shown(text)}: expected a document in extended JSON`);
}

function keyOf(record: LogRecord, target: FormatTarget, after: SourceRow | null, before: SourceRow | null): SourceRow | Refusal {
  const fromDocument = keyFrom(target.sourceKey, after);
  if (fromDocument !== undefined) return fromDocument;
  const message = readMessage(record.key, 'key');
  if (isRefusal(message)) return message;
  const id = isRow(message.payload) ? message.payload['id'] : undefined;
  const value = typeof id === 'string' ? readExtendedJson(id) : id;
  const key = keyFrom(target.sourceKey, after, value === undefined ? null : { _id: value }, before);
  return key ?? missingKey(target.sourceKey, 'the key and the document of the event', after ?? before);
}

function patchOf(description: SourceValue): NonNullable<Change['patch']> | Refusal | null {
  if (description === null) return null;
  const malformed = (): Refusal =>
    refused('MALFORMED_VALUE', `The event's updateDescription is ${shown(description)}: expected updatedFields and removedFields`);
  if (!isRow(description)) return malformed();
  const text = description['updatedFields'] ?? null;
  const set = text === null ? {} : typeof text === 'string' ? readExtendedJson(text) : text;
  const unset = description['removedFields'] ?? [];
  const cut = description['truncatedArrays'] ?? [];
  if (set === undefined || !isRow(set) || !isTexts(unset) || !Array.isArray(cut)) return malformed();
  return cut.length === 0
    ? { set, unset }
    : refused('MISSING_ROW', `The event shortens the array ${shown(cut)} and has no after: ${CAPTURE_MODE}`);
}

function isTexts(value: SourceValue): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
