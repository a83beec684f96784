import type { LogRecord, NewLogRecord } from '../core/log-record.ts';
import type { Log, LogConsumer, Offsets } from './log.ts';

/** A log to test. `reopen` closes it and opens what it left behind; absent where nothing outlives the process. */
export interface LogUnderTest extends AsyncDisposable {
  readonly log: Log;
  readonly reopen?: () => Promise<Log>;
}

/** `partitions` of each topic that is made; 1 when absent. */
export type LogFactory = (options?: { readonly partitions?: number }) => Promise<LogUnderTest>;

export interface LogTraits {
  /** As its capabilities say; true when absent. */
  readonly erasable?: boolean;
  /** Likewise; false when absent. */
  readonly shared?: boolean;
  /** Names that its topics may have, where not all are allowed. */
  readonly topicNames?: readonly string[] | undefined;
}

const WAIT_MS = 100;
/** Recent, as shared logs remove what is old. */
const TIMESTAMP = Date.now();

export function message(
  topic: string,
  key: string | null,
  value: string | null = `value of ${key}`,
  more: Partial<NewLogRecord> = {},
): NewLogRecord {
  return { topic, key, value, timestamp: TIMESTAMP, ...more };
}

export function offsets(...entries: readonly (readonly [topic: string, partition: number, offset: number])[]): Offsets {
  const result = new Map<string, Map<number, number>>();
  for (const [topic, partition, offset] of entries) {
    const partitions = result.get(topic) ?? new Map<number, number>();
    result.set(topic, partitions.set(partition, offset));
  }
  return result;
}

export function valuesOf(records: readonly LogRecord[]): readonly unknown[] {
  return records.map(({ value }) => value);
}

/** Everything that is there now, in polls of `limit`: what is there may take a moment to come. */
export async function drain(consumer: LogConsumer, limit = 100): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (;;) {
    const polled = await consumer.poll(limit, { waitMs: 0 });
    records.push(...polled);
    if (polled.length > 0) continue;
    const waiting = [...(await consumer.lag()).values()].reduce((sum, lag) => sum + lag, 0);
    if (waiting === 0) return records;
    records.push(...(await consumer.poll(limit, { waitMs: WAIT_MS })));
  }
}
