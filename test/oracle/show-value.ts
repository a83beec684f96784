import { inspect } from 'node:util';
import type { Document, Value } from '../../packages/server/src/core/value.ts';

/** One text for equal values, types told apart, fields sorted: what the law compares, and what people read. */
export function showValue(value: Value | undefined): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    const document = value as Document;
    const fields = Object.keys(document).filter((field) => document[field] !== undefined);
    return `{${fields
      .sort()
      .map((field) => `${field}: ${showValue(document[field])}`)
      .join(', ')}}`;
  }
  return inspect(value);
}
