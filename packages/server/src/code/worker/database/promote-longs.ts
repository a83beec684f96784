import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';

/** The same with 64-bit integers as numbers where those are exact: arithmetic and comparison of expressions know numbers only. */
export function promoteLongs<T extends Value>(value: T): T {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return (Number.isSafeInteger(number) ? number : value) as T;
  }
  if (Array.isArray(value)) return value.some(holdsLong) ? (value.map((item) => promoteLongs(item)) as T) : value;
  if (!isDocument(value) || (value as unknown) instanceof RegExp || !holdsLong(value)) return value;
  const copy: Document = {};
  for (const [field, item] of Object.entries(value)) if (item !== undefined) copy[field] = promoteLongs(item);
  return copy as T;
}

function holdsLong(value: Value): boolean {
  if (typeof value === 'bigint') return true;
  if (Array.isArray(value)) return value.some(holdsLong);
  if (!isDocument(value) || (value as unknown) instanceof RegExp) return false;
  for (const field in value) {
    const item = value[field];
    if (item !== undefined && holdsLong(item)) return true;
  }
  return false;
}
