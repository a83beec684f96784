import { ERASED_HEADER, bytesOf, textOf } from '../../core/log-record.ts';
import type { LogRecord, NewLogRecord } from '../../core/log-record.ts';

/** Records of one partition. Offsets go on where trimmed records were. */
export class Partition {
  readonly topic: string;
  readonly partition: number;
  #begin = 0;
  #records: LogRecord[] = [];

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Offset of the oldest record that is kept. */
  get begin(): number {
    return this.#begin;
  }

  /** Offset of the next record to come. */
  get end(): number {
    return this.#begin + this.#records.length;
  }

  get bytes(): number {
    return this.#records.reduce((sum, record) => sum + sizeOf(record), 0);
  }

  get oldest(): LogRecord | undefined {
    return this.#records[0];
  }

  append({ key, value, headers, timestamp }: NewLogRecord, now: number): LogRecord {
    const record: LogRecord = {
      topic: this.topic,
      partition: this.partition,
      offset: this.end,
      timestamp: timestamp ?? now,
      key: normal(key),
      value: normal(value),
      headers: { ...headers },
    };
    this.#records.push(record);
    return record;
  }

  read(offset: number, limit: number): LogRecord[] {
    const from = Math.max(0, offset - this.#begin);
    return this.#records.slice(from, from + limit);
  }

  /** False where it is not there. */
  erase(offset: number): boolean {
    const record = this.#records[offset - this.#begin];
    if (record === undefined) return false;
    this.#records[offset - this.#begin] = { ...record, key: null, value: null, headers: { [ERASED_HEADER]: '1' } };
    return true;
  }

  removeOldest(): void {
    this.#records.shift();
    this.#begin++;
  }
}

/** Text where the bytes are text. */
function normal(data: string | Uint8Array | null): string | Uint8Array | null {
  return data === null ? null : (textOf(data) ?? data.slice());
}

/** Bytes that a record counts with, for retention. */
export function sizeOf({ key, value, headers }: LogRecord): number {
  const names = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  return names + (key === null ? 0 : bytesOf(key).length) + (value === null ? 0 : bytesOf(value).length);
}
