import type { StoredRecord } from '../../../core/record.ts';

/** A date as `tagged-json` writes it. Within a text of JSON, `{"$` cannot stand for anything else: quotes in texts are escaped. */
const DATE = /\{"\$date":(-?\d+)\}/g;
/** What is not plain JSON as it stands: other tags, fields whose `$` was doubled. Texts that only look so cost the longer way. */
const TAGGED = /\{"\$|,"\$/;
/** A field of the document, at whatever depth, that is called like one of ours. */
const OURS = /"(?:_id|creatorId|createdAt|updaterId|updatedAt|__STATE__|timestamp|__internal__\w+)":/;

/**
 * The text of a whole document with its metadata in plain JSON, made from the stored text without reading it: stored documents are JSON
 * already, most of them down to their dates. Undefined where that is not so.
 */
export function plainTextOf({ id, text, state, meta }: StoredRecord): string | undefined {
  if (text === null) return undefined;
  const plain = text.includes('{"$date"') ? text.replace(DATE, (_, ms: string) => `"${new Date(Number(ms)).toISOString()}"`) : text;
  if (TAGGED.test(plain) || OURS.test(plain)) return undefined;
  const { createdAt, updatedAt } = JSON.parse(meta) as { readonly createdAt: number; readonly updatedAt: number };
  const ours = `"__STATE__":"${state}","createdAt":"${iso(createdAt)}","updatedAt":"${iso(updatedAt)}"}`;
  const fields = plain.slice(1, -1);
  return `{"_id":${JSON.stringify(id)},${fields === '' ? '' : `${fields},`}${ours}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
