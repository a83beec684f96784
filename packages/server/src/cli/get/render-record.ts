import { toExtendedJson } from '../../core/extended-json.ts';
import { withMetadata } from '../../core/metadata.ts';
import type { StoredRecord } from '../../core/record.ts';

/** A document as relaxed extended JSON: on one line, unless `pretty`. */
export function renderRecord(
  record: StoredRecord,
  kind: 'projection' | 'view',
  { metadata, pretty }: { readonly metadata?: boolean; readonly pretty?: boolean },
): string {
  const document = metadata === true ? withMetadata(record, kind) : record.document;
  return JSON.stringify(toExtendedJson(document), null, pretty === true ? 2 : undefined);
}
