import { isoTime } from '../../../core/iso-time.ts';
import type { StoredRecord } from '../../../core/record.ts';

/** A date as `tagged-json` writes it. Within a text of JSON, `{"$` cannot stand for anything else: quotes in texts are escaped. */
const DATE = /\{"\$date":(-?\d+)\}/g;
/** What is not plain JSON as it stands: other tags, fields whose `$` was doubled. Texts that only look so cost the longer way. */
const TAGGED = /\{"\$|,"\$/;
/** As the metadata of all records have them. Within a text the quotes would be escaped. */
const TIMES = /"createdAt":(\d+),"updatedAt":(\d+)/;
/** A field of the document, at whatever depth, that is called like one of ours. */
const OURS = /"(?:_id|creatorId|createdAt|updaterId|updatedAt|__STATE__|timestamp|__internal__\w+)":/;

/**
 * The text of a whole document with its metadata in plain JSON, made from the stored text without reading it: stored documents are JSON
 * already, most of them down to their dates. Undefined where that is not so.
 */
export function plainTextOf({ id, text, state, meta }: StoredRecord): string | undefined {
  if (text === null) return undefined;
  const plain = text.includes('{"$date"') ? text.replace(DATE, (_, ms: string) => `"${isoTime(Number(ms))}"`) : text;
  if (TAGGED.test(plain) || OURS.test(plain)) return undefined;
  const { createdAt, updatedAt } = timesOf(meta);
  const ours = `"__STATE__":"${state}","createdAt":"${isoTime(createdAt)}","updatedAt":"${isoTime(updatedAt)}"}`;
  const fields = plain.slice(1, -1);
  return `{"_id":${JSON.stringify(id)},${fields === '' ? '' : `${fields},`}${ours}`;
}

interface Times {
  readonly createdAt: number;
  readonly updatedAt: number;
}

function timesOf(meta: string): Times {
  const found = TIMES.exec(meta);
  return found === null ? (JSON.parse(meta) as Times) : { createdAt: Number(found[1]), updatedAt: Number(found[2]) };
}
