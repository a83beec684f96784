import { encode } from './tagged-json.ts';
import { orderText } from './value-order.ts';
import { isDocument, isNil, isObjectId } from './value.ts';
import type { Document, Value } from './value.ts';

/**
 * The `_id` of a record, derived from its key, the same in every store, so that writes are idempotent.
 * One key field: the value's text. Several: `a=1&b=x`, percent-encoded, sorted by field.
 */
export function idOf(key: Document): string {
  const fields = Object.keys(key);
  if (fields.length === 1) return keyText(key[fields[0] as string]);
  return fields
    .sort()
    .map((field) => `${encodeURIComponent(field)}=${encodeURIComponent(keyText(key[field]))}`)
    .join('&');
}

/** Text of one key value: as a person would write it. Numbers of all types that are equal have one text. */
export function keyText(value: Value | undefined): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Object.is(value, -0) ? '0' : Number.isInteger(value) ? BigInt(value).toString() : String(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return String(value);
    default:
      if (isNil(value)) return 'null';
      if (value instanceof Date) return value.toISOString();
      if (isObjectId(value)) return value.toHexString();
      return isDocument(value) ? encode(canonical(value)) : encode(value);
  }
}

/** The key of a document: its key fields, in the given order. Undefined when a field is absent or null. */
export function keyOf(document: Document, fields: readonly string[]): Document | undefined {
  const key: Document = {};
  for (const field of fields) {
    const value = document[field];
    if (isNil(value)) return undefined;
    key[field] = value;
  }
  return key;
}

/** The same document with all fields sorted, at every depth: two identifiers that say the same become one. */
export function canonical<T extends Value>(value: T): T {
  if (Array.isArray(value)) return value.map(canonical) as T;
  if (!isDocument(value)) return value;
  const sorted: Document = {};
  for (const field of Object.keys(value).sort()) {
    const item = value[field];
    if (item !== undefined) sorted[field] = canonical(item);
  }
  return sorted as T;
}

/** One text for equal identifiers, whatever the order of their fields and the type of their numbers. */
export function identifierText(identifier: Document): string {
  const fields = Object.keys(identifier).sort();
  return fields.map((field) => `${encodeURIComponent(field)}=${encodeURIComponent(orderText(identifier[field]))}`).join('&');
}
