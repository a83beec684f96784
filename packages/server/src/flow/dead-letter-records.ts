import { deadLettersTopic } from '../core/hand-over-topics.ts';
import type { NewLogRecord } from '../core/log-record.ts';
import type { Log } from '../log/log.ts';
import type { ErrorEntry } from '../store/store.ts';

/** Of a reason in a header: what some formats say quotes what they were given. */
const LONGEST_REASON = 1_000;

/** Copies dead letters to the topics beside those of their records, where the log has such, at least once. */
export async function copyDeadLetters(log: Log, entries: readonly ErrorEntry[]): Promise<void> {
  if (!log.capabilities.deadLetterTopics) return;
  const records = entries.flatMap((entry) => deadLetterRecord(entry) ?? []);
  if (records.length > 0) await log.append(records);
}

/** The record as it came, with the reason in headers; undefined for what stands in no topic. */
function deadLetterRecord({ code, reason, position, key, value, headers, attempts }: ErrorEntry): NewLogRecord | undefined {
  if (position === null || position.topic === '') return undefined;
  const { topic, partition, offset, timestamp } = position;
  return {
    topic: deadLettersTopic(topic),
    key,
    value,
    headers: {
      ...headers,
      'millrace.code': code,
      'millrace.reason': reason.slice(0, LONGEST_REASON).toWellFormed(),
      'millrace.topic': topic,
      'millrace.partition': String(partition),
      'millrace.offset': String(offset),
      'millrace.timestamp': String(timestamp),
      'millrace.attempts': String(attempts),
    },
  };
}
