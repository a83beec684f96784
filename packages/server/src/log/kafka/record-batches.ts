import { isUtf8 } from 'node:buffer';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';
import type { LogRecord } from '../../core/log-record.ts';

/** Bits of a batch's attributes. */
const CONTROL = 1 << 5;
const LOG_APPEND_TIME = 1 << 3;
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** The records of one batch as they came, from an offset: they are decoded when they are asked for. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly base: number;
  /** Offset after the batch, also where its last records were removed by compaction. */
  readonly end: number;
  readonly records: readonly KafkaRecord[];
  readonly bytes: number;
  readonly firstTimestamp: number;
  /** Where the broker says when records came. */
  readonly appendTime: number | undefined;
}

/** Batches without what is before `from`. One that holds only marks of transactions has no records, but an end. */
export function batchesOf(topic: string, partition: number, raw: readonly RecordsBatch[], from: number): Batch[] {
  const batches: Batch[] = [];
  for (const { firstOffset, lastOffsetDelta, attributes, records, firstTimestamp, maxTimestamp } of raw) {
    const base = Number(firstOffset);
    const end = base + lastOffsetDelta + 1;
    if (end <= from) continue;
    const isControl = (attributes & CONTROL) !== 0;
    const whole = isControl ? [] : records;
    const wanted = base >= from ? whole : whole.filter(({ offsetDelta }) => base + offsetDelta >= from);
    batches.push({
      topic,
      partition,
      base,
      end,
      records: wanted,
      bytes: wanted.reduce((sum, { length }) => sum + length, 0),
      firstTimestamp: Number(firstTimestamp),
      appendTime: (attributes & LOG_APPEND_TIME) === 0 ? undefined : Number(maxTimestamp),
    });
  }
  return batches;
}

export function logRecordOf({ topic, partition, base, firstTimestamp, appendTime }: Batch, record: KafkaRecord): LogRecord {
  return {
    topic,
    partition,
    offset: base + record.offsetDelta,
    timestamp: appendTime ?? firstTimestamp + Number(record.timestampDelta),
    key: dataOf(record.key),
    value: dataOf(record.value),
    headers: headersOf(record.headers),
  };
}

/** Text where it is text. Bytes are copied, or they would keep the whole answer that they came in. */
function dataOf(data: Buffer | null | undefined): string | Uint8Array | null {
  if (data === null || data === undefined) return null;
  return isUtf8(data) ? data.toString('utf8') : new Uint8Array(data);
}

function headersOf(headers: KafkaRecord['headers']): Readonly<Record<string, string>> {
  if (headers.length === 0) return NO_HEADERS;
  return Object.fromEntries(headers.map(([name, value]) => [name?.toString('utf8') ?? '', value?.toString('utf8') ?? '']));
}
