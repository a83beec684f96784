import type { Change } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { FormatTarget } from '../format.ts';
import { isRefusal, readMessage, refused } from '../message.ts';
import type { Refusal } from '../message.ts';
import type { RowDecoder } from '../row-decoder.ts';
import { keyFrom, keyRow } from '../row-key.ts';

export type MovedKeys = Pick<Change, 'movedFrom' | 'movedTo'>;

const NOT_MOVED: MovedKeys = {};

/**
 * The other key of a changed primary key, from the headers of the two records it comes as: the delete names the new key, the insert the
 * old one. A projection whose key is not the table's finds nothing there.
 */
export function readMovedKeys(headers: LogRecord['headers'], target: FormatTarget, decodeRow: RowDecoder): MovedKeys | Refusal {
  const newKey = headers['__debezium.newkey'];
  const oldKey = headers['__debezium.oldkey'];
  if (newKey === undefined && oldKey === undefined) return NOT_MOVED;
  const name = newKey === undefined ? '__debezium.oldkey' : '__debezium.newkey';
  const message = readMessage(newKey ?? oldKey ?? null, 'key');
  if (isRefusal(message)) return refused('MALFORMED_KEY', `In the header ${name}: ${message.reason}`);
  const row = keyRow(message.payload, target.sourceKey);
  const key = row === null ? undefined : keyFrom(target.sourceKey, decodeRow(row, message.schema));
  if (key === undefined) return NOT_MOVED;
  return newKey === undefined ? { movedFrom: key } : { movedTo: key };
}
