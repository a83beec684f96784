import { ExactNumber } from '../core/change.ts';
import type { SourceRow, SourceValue } from '../core/change.ts';
import { SourceTime } from '../core/source-value.ts';
import { isBinary, isDecimal, isObjectId } from '../core/value.ts';
import { isRow, refused } from './message.ts';
import type { Refusal } from './message.ts';

/** The key fields, each from the first row that has a value for it; undefined when one is in none. */
export function keyFrom(fields: readonly string[], ...rows: readonly (SourceRow | null)[]): SourceRow | undefined {
  const key: SourceRow = {};
  for (const field of fields) {
    const value = rows.find((row) => row !== null && Object.hasOwn(row, field) && row[field] !== null)?.[field];
    if (value === undefined || value === null) return undefined;
    key[field] = value;
  }
  return key;
}

/** A key that is a single value stands for a primary key of a single field. */
export function keyRow(payload: SourceValue, fields: readonly string[]): SourceRow | null {
  if (isRow(payload)) return payload;
  const field = fields[0];
  const isScalar = typeof payload === 'string' || typeof payload === 'number' || typeof payload === 'bigint';
  return field !== undefined && fields.length === 1 && isScalar ? { [field]: payload } : null;
}

export function sameKey(a: SourceRow, b: SourceRow): boolean {
  return Object.keys(a).every((field) => valueText(a[field]) === valueText(b[field]));
}

export function missingKey(fields: readonly string[], where: string, row: SourceRow | null): Refusal {
  const missing = fields.filter((field) => row === null || !Object.hasOwn(row, field) || row[field] === null);
  const names = (missing.length > 0 ? missing : fields).map((field) => JSON.stringify(field)).join(', ');
  return refused('MISSING_KEY', `The primary key field ${names} has no value in ${where}`);
}

/** Fields of the key that the row lacks, put into the row. */
export function withKey(row: SourceRow, key: SourceRow): SourceRow {
  for (const field of Object.keys(key)) if (!Object.hasOwn(row, field)) row[field] = key[field];
  return row;
}

function valueText(value: SourceValue | undefined): string {
  if (typeof value === 'number' || typeof value === 'bigint') return `n${value}`;
  if (typeof value !== 'object' || value === null) return `${typeof value}${String(value)}`;
  if (value instanceof ExactNumber) return `n${value.text}`;
  if (value instanceof SourceTime || value instanceof Date) return `t${value.toJSON()}`;
  if (isObjectId(value)) return `i${value.toHexString()}`;
  if (isDecimal(value)) return `n${value.toString()}`;
  if (isBinary(value)) return `b${Buffer.from(value.value()).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`;
  const row = value as SourceRow;
  return `{${Object.keys(row)
    .map((field) => `${JSON.stringify(field)}:${valueText(row[field])}`)
    .join(',')}}`;
}
