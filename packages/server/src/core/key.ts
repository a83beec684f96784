import { fieldOf } from './path.ts';
import { encode } from './tagged-json.ts';
import { equalValues, orderText } from './value-order.ts';
import { isDecimal, isDocument, isNil, isObjectId, setField } from './value.ts';
import type { Decimal128, Document, Value } from './value.ts';

/**
 * The `_id` of a record, derived from its key, the same in every store, so that writes are idempotent.
 * One key field: the value's text. Several: `a=1&b=x`, percent-encoded, sorted by field.
 */
export function idOf(key: Document): string {
  const fields = Object.keys(key);
  if (fields.length === 1) return keyText(key[fields[0] as string]);
  return fields
    .sort()
    .map((field) => `${percent(field)}=${percent(keyText(key[field]))}`)
    .join('&');
}

/**
 * Text of one key value: as a person would write it. Numbers of all types that are equal have one text. Half a surrogate pair, which no
 * store keeps, becomes U+FFFD.
 */
export function keyText(value: Value | undefined): string {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed();
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
      if (isDecimal(value)) return decimalText(value);
      return (isDocument(value) ? encode(canonical(value)) : encode(value)).toWellFormed();
  }
}

/** As the double or the integer that it equals; else its own digits, without those that say nothing. */
function decimalText(value: Decimal128): string {
  const text = value.toString();
  const double = Number(text);
  if (equalValues(value, double)) return keyText(double);
  if (/^-?\d+(?:\.0*)?$/.test(text)) return BigInt(text.replace(/\..*/, '')).toString();
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/0+$/, '') : scientific(text);
}

/** Equal decimals of any notation have one: digits without zeros at their ends, and an exponent. */
function scientific(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('E');
  const fraction = mantissa.split('.')[1] ?? '';
  const digits = mantissa.replace('.', '').replace(/^(-?)0+/, '$1');
  const stripped = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - stripped.length;
  return power >= 0 && digits.length + power < 400 ? BigInt(stripped + '0'.repeat(power)).toString() : `${stripped}E${power}`;
}

/** The key of a document: its key fields, in the given order. Undefined when a field is absent or null. */
export function keyOf(document: Document, fields: readonly string[]): Document | undefined {
  const key: Document = {};
  for (const field of fields) {
    const value = fieldOf(document, field);
    if (isNil(value)) return undefined;
    setField(key, field, value);
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
    if (item !== undefined) setField<Value | undefined>(sorted, field, canonical(item));
  }
  return sorted as T;
}

/** One text for equal identifiers, whatever the order of their fields and the type of their numbers. */
export function identifierText(identifier: Document): string {
  const fields = Object.keys(identifier).sort();
  return fields.map((field) => `${percent(field)}=${percent(orderText(identifier[field]))}`).join('&');
}

function percent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
