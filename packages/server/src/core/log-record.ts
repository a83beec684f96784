/** A place in a log. Offsets count from 0 per topic and partition. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the record, in ms since 1970. */
  readonly timestamp: number;
}

/**
 * A record of a log. Keys and values are kept as they came: text where the bytes are valid UTF-8, else the bytes.
 * A null value is a tombstone in Kafka's sense.
 */
export interface LogRecord extends LogPosition {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Header of a record whose key and value were erased. */
export const ERASED_HEADER = 'millrace.erased';

/** It keeps its place in the log, and asks for nothing. */
export function isErased({ headers }: Pick<LogRecord, 'headers'>): boolean {
  return headers[ERASED_HEADER] !== undefined;
}

/** A record to append. Without a partition the log chooses one by the key. */
export interface NewLogRecord {
  readonly topic: string;
  readonly partition?: number | undefined;
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  /** ms since 1970; the log's clock when absent. */
  readonly timestamp?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a key or value; undefined when its bytes are not UTF-8. */
export function textOf(data: string | Uint8Array): string | undefined {
  if (typeof data === 'string') return data;
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}

export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}
