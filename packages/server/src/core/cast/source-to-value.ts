import { ExactNumber } from '../change.ts';
import type { SourceRow, SourceValue } from '../change.ts';
import { SourceTime } from '../source-value.ts';
import { Decimal128, isBinary, isDecimal, isObjectId } from '../value.ts';
import type { Binary, Document, ObjectId, Value } from '../value.ts';

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** Anything of a source that is one value, though JavaScript holds it in an object. */
export type SourceScalar = ExactNumber | SourceTime | Date | ObjectId | Decimal128 | Binary;

export function isSourceScalar(value: object): value is SourceScalar {
  return (
    value instanceof Date ||
    value instanceof ExactNumber ||
    value instanceof SourceTime ||
    isObjectId(value) ||
    isDecimal(value) ||
    isBinary(value)
  );
}

/** A plain object: neither null, nor an array, nor one value in an object's clothes. */
export function isPlain(value: SourceValue | undefined): value is SourceRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSourceScalar(value);
}

export function fitsLong(value: bigint): boolean {
  return value >= MIN_LONG && value <= MAX_LONG;
}

/**
 * The same value as documents hold it, at any depth, without any loss that can be avoided: a number beyond a double becomes a 64-bit
 * integer or a decimal (and only beyond those the nearest double), a moment becomes a date, a time of day its text.
 */
export function toValue(value: SourceValue | undefined): Value {
  switch (typeof value) {
    case 'bigint':
      return fitsLong(value) ? value : exactToValue(value.toString());
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : objectToValue(value);
    default:
      return value;
  }
}

function objectToValue(value: Exclude<SourceValue, null | boolean | number | bigint | string>): Value {
  if (Array.isArray(value)) return value.map(toValue);
  if (value instanceof ExactNumber) return exactToValue(value.text);
  if (value instanceof SourceTime) return value.kind === 'time' ? value.toISO() : (value.toDate() ?? value.toISO());
  if (isSourceScalar(value)) return value;
  const document: Document = {};
  for (const field of Object.keys(value)) {
    const item = value[field];
    if (item !== undefined) setField(document, field, toValue(item));
  }
  return document;
}

/** A field named `__proto__` is a field like any other. */
export function setField(document: Document, field: string, value: Value): void {
  if (field === '__proto__') Object.defineProperty(document, field, { value, enumerable: true, configurable: true, writable: true });
  else document[field] = value;
}

function exactToValue(text: string): Value {
  return decimalOf(text) ?? Number(text);
}

/** The decimal that a text stands for; undefined for what is none, or has more than 34 digits. */
export function decimalOf(text: string): Decimal128 | undefined {
  try {
    return Decimal128.fromString(text);
  } catch {
    return undefined;
  }
}

/** The text of a scalar: what a string field holds. */
export function scalarText(value: SourceScalar): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof SourceTime) return value.toISO();
  if (isObjectId(value)) return value.toHexString();
  return isDecimal(value) ? value.toString() : Buffer.from(value.value()).toString('base64');
}

/** `JSON.stringify`, with all digits of all numbers. */
export function jsonText(value: SourceValue | undefined): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'undefined':
      return 'null';
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      return JSON.stringify(value);
  }
}

function objectText(value: Exclude<SourceValue, null | boolean | number | bigint | string>): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isSourceScalar(value)) {
    const text = scalarText(value);
    return value instanceof ExactNumber || isDecimal(value) ? text : JSON.stringify(text);
  }
  const parts: string[] = [];
  for (const field of Object.keys(value)) {
    const item = value[field];
    if (item !== undefined) parts.push(`${JSON.stringify(field)}:${jsonText(item)}`);
  }
  return `{${parts.join(',')}}`;
}
