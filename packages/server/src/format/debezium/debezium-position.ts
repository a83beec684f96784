import type { Counter, SourceRow, SourceValue } from '../../core/change.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { timeOf, timestampCounter } from '../changes.ts';
import type { FormatOptions } from '../format.ts';
import { isRow } from '../message.ts';

/**
 * By the record's own time, or (`position`) by the source's: PostgreSQL's `lsn`, Oracle's `scn`, the place in MySQL's binary log. What
 * has none (rows of an incremental snapshot, MongoDB) is a loaded row: any live change is newer.
 */
export function counterOf(record: LogRecord, envelope: SourceRow, wanted: FormatOptions['counter']): Counter {
  if (wanted === 'timestamp') return timestampCounter(record);
  const { source } = envelope;
  if (!isRow(source)) return loaded(record);
  const lsn = integerOf(source['lsn']);
  if (lsn !== undefined) return { type: 'lsn', value: lsn };
  const scn = integerOf(source['scn']);
  if (scn !== undefined) return { type: 'scn', value: scn };
  return binlog(source) ?? loaded(record);
}

function loaded(record: LogRecord): Counter {
  return { type: 'load', value: timeOf(record) };
}

/** File, position and row as one number: 64 bits for the position, 32 for the row of a statement of several. */
function binlog(source: SourceRow): Counter | undefined {
  const { file, row } = source;
  const number = typeof file === 'string' ? /\.(\d{1,18})$/.exec(file)?.[1] : undefined;
  const position = integerOf(source['pos']);
  if (number === undefined || position === undefined || position < 0n) return undefined;
  return {
    type: 'binlog',
    value: (BigInt(number) << 96n) | (BigInt.asUintN(64, position) << 32n) | BigInt.asUintN(32, integerOf(row) ?? 0n),
  };
}

function integerOf(value: SourceValue | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^\d{1,30}$/.test(value) ? BigInt(value) : undefined;
}
