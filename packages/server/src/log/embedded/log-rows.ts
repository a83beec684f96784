import { ERASED_HEADER, bytesOf, textOf } from '../../core/log-record.ts';
import type { LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { Statements } from '../../sqlite/statements.ts';
import type { PartitionTable } from './topic-tables.ts';

type Data = string | Uint8Array | null;
type Row = readonly [offset: number, ts: number, key: Data, value: Data, headers: string | null];

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Up to `limit` records from an offset. */
export function readRecords(statements: Statements, table: PartitionTable, offset: number, limit: number): LogRecord[] {
  const { topic, partition, readSql } = table;
  const records: LogRecord[] = [];
  for (const [at, timestamp, key, value, headers] of statements.all<Row>(readSql, offset, limit)) {
    records.push({
      topic,
      partition,
      offset: at,
      timestamp,
      key,
      value,
      headers: headers === null ? NO_HEADERS : (JSON.parse(headers) as Record<string, string>),
    });
  }
  return records;
}

/** Writes one record and tells what it counts for the size of the log. */
export function writeRecord(
  statements: Statements,
  table: PartitionTable,
  offset: number,
  timestamp: number,
  record: NewLogRecord,
): number {
  const headers = headersText(record.headers);
  statements.get(table.insertSql).run(offset, timestamp, normal(record.key), normal(record.value), headers);
  return sizeOf(record.key) + sizeOf(record.value) + (headers === null ? 0 : Buffer.byteLength(headers));
}

/** The same size, in SQL. */
export const ROW_BYTES = 'coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) + coalesce(octet_length(headers), 0)';

const ERASED_HEADERS = JSON.stringify({ [ERASED_HEADER]: '1' });

/** Leaves place and time of a record; returns 1, or 0 where it is not there. What it counts for goes with it. */
export function eraseRecord(statements: Statements, { table, topicNumber, partition }: PartitionTable, offset: number): number {
  const size = statements.first<[number]>(`SELECT ${ROW_BYTES} FROM ${table} WHERE offset = ?`, offset);
  if (size === undefined) return 0;
  statements.run(`UPDATE ${table} SET key = NULL, value = NULL, headers = ? WHERE offset = ?`, ERASED_HEADERS, offset);
  const freed = size[0] - Buffer.byteLength(ERASED_HEADERS);
  statements.run('UPDATE partitions SET bytes = bytes - ? WHERE topic = ? AND partition = ?', freed, topicNumber, partition);
  return 1;
}

function headersText(headers: NewLogRecord['headers']): string | null {
  if (headers === undefined) return null;
  const text = JSON.stringify(headers);
  return text === '{}' ? null : text;
}

/** Text where the bytes are text. */
function normal(data: Data): Data {
  return data === null || typeof data === 'string' ? data : (textOf(data) ?? data);
}

function sizeOf(data: Data): number {
  return data === null ? 0 : typeof data === 'string' ? Buffer.byteLength(data) : bytesOf(data).length;
}
