import { bytesOf } from '../core/log-record.ts';
import type { LogPosition, LogRecord } from '../core/log-record.ts';
import type { QueueItem } from '../store/store.ts';

export function recordKey({ topic, partition, offset }: Pick<LogPosition, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`;
}

type Data = { readonly text: string } | { readonly base64: string } | null;

/** A log record as a row of the queue, to be processed again alone. It carries its bytes: the log may have been trimmed by then. */
export function recordItem(record: LogRecord): QueueItem {
  const { topic, partition, offset, timestamp, headers } = record;
  const payload = JSON.stringify({ topic, partition, offset, timestamp, headers, key: dataOf(record.key), value: dataOf(record.value) });
  return { kind: 'record', scope: topic, key: recordKey(record), lane: 'interactive', dueAt: 0, attempts: 0, payload };
}

export function recordOfItem(item: QueueItem): LogRecord {
  const parsed = JSON.parse(item.payload) as LogPosition & { headers: Record<string, string>; key: Data; value: Data };
  return { ...parsed, key: ofData(parsed.key), value: ofData(parsed.value) };
}

function dataOf(data: string | Uint8Array | null): Data {
  if (data === null) return null;
  return typeof data === 'string' ? { text: data } : { base64: Buffer.from(bytesOf(data)).toString('base64') };
}

function ofData(data: Data): string | Uint8Array | null {
  if (data === null) return null;
  return 'text' in data ? data.text : Buffer.from(data.base64, 'base64');
}
