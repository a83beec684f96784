/**
 * MongoDB Extended JSON (v2): documents as people and other programs write them. For documents at rest there is `tagged-json`, which is
 * exact and faster; here a field of the user that is called `$date` cannot be told from a date.
 */
import { AppError } from './errors.ts';
import { Binary, Decimal128, ObjectId, isBinary, isDecimal, isDocument, isObjectId } from './value.ts';
import type { Document, Value } from './value.ts';

export type ExtendedJson = null | boolean | number | string | ExtendedJson[] | { [field: string]: ExtendedJson };

/** `relaxed`: numbers as numbers and dates as ISO text, where that is exact. `canonical`: every type said. */
export type ExtendedJsonMode = 'relaxed' | 'canonical';

/** One line of text for people: relaxed, so 64-bit integers beyond 2^53 are `{"$numberLong": "…"}`, dates `{"$date": "<ISO>"}`. */
export function renderDocument(document: Document, mode: ExtendedJsonMode = 'relaxed'): string {
  return JSON.stringify(toExtendedJson(document, mode));
}

export function toExtendedJson(value: Value, mode: ExtendedJsonMode = 'relaxed'): ExtendedJson {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return mode === 'relaxed' && Number.isFinite(value) && !Object.is(value, -0) ? value : { $numberDouble: doubleText(value) };
    case 'bigint':
      return mode === 'relaxed' && isSafe(value) ? Number(value) : { $numberLong: value.toString() };
    default:
      if (value === null || value === undefined) return null;
      if (value instanceof Date) return { $date: dateJson(value, mode) };
      if (Array.isArray(value)) return value.map((item) => toExtendedJson(item, mode));
      if (isObjectId(value)) return { $oid: value.toHexString() };
      if (isDecimal(value)) return { $numberDecimal: value.toString() };
      if (isBinary(value)) return { $binary: { base64: base64Of(value), subType: value.sub_type.toString(16).padStart(2, '0') } };
      return documentJson(value, mode);
  }
}

function documentJson(document: Document, mode: ExtendedJsonMode): ExtendedJson {
  const fields: [string, ExtendedJson][] = [];
  for (const [field, value] of Object.entries(document)) if (value !== undefined) fields.push([field, toExtendedJson(value, mode)]);
  return Object.fromEntries(fields);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

const LAST_ISO_MS = Date.UTC(10_000, 0) - 1;

function dateJson(date: Date, mode: ExtendedJsonMode): ExtendedJson {
  const ms = date.getTime();
  return mode === 'relaxed' && ms >= 0 && ms <= LAST_ISO_MS ? date.toISOString() : { $numberLong: String(ms) };
}

function base64Of(value: Binary): string {
  return Buffer.from(value.value()).toString('base64');
}

/**
 * The value that extended JSON stands for: canonical, relaxed, and the older form of dates and binaries. Values that are typed already
 * stay as they are, and so do `$` fields that name no type of ours. Throws INVALID_EXTENDED_JSON.
 */
export function fromExtendedJson(json: Value): Value {
  if (Array.isArray(json)) return json.map(fromExtendedJson);
  if (!isDocument(json)) return json;
  const typed = typedValue(json);
  if (typed !== undefined) return typed;
  return Object.fromEntries(
    Object.entries(json).map(([field, value]) => [field, value === undefined ? undefined : fromExtendedJson(value)]),
  ) as Document;
}

/** The types that an object with a `$` field as its first can name. */
const READERS: Readonly<Record<string, (content: Value, object: Document) => Value | undefined>> = {
  $date: readDate,
  $oid: (hex) => (typeof hex === 'string' && /^[\da-f]{24}$/i.test(hex) ? ObjectId.createFromHexString(hex) : undefined),
  $numberInt: (text) => (typeof text === 'string' && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined),
  $numberLong: (text) => readLong(text),
  $numberDouble: readDouble,
  $numberDecimal: readDecimal,
  $binary: readBinary,
  $uuid: (text) =>
    typeof text === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
      ? new Binary(Buffer.from(text.replaceAll('-', ''), 'hex'), Binary.SUBTYPE_UUID)
      : undefined,
  $symbol: (text) => (typeof text === 'string' ? text : undefined),
  $undefined: (content) => (content === true ? null : undefined),
};

/** The typed value that an object of extended JSON is; undefined where it is an object like any other. */
export function typedValue(object: Document): Value | undefined {
  const [name, second, third] = Object.keys(object);
  if (name === undefined || name.charCodeAt(0) !== 36 || !Object.hasOwn(READERS, name)) return undefined;
  const isAlone = second === undefined || (name === '$binary' && second === '$type' && third === undefined);
  const value = isAlone ? READERS[name]?.(object[name] ?? null, object) : undefined;
  if (value !== undefined) return value;
  throw new AppError('INVALID_EXTENDED_JSON', `${name} holds ${JSON.stringify(toExtendedJson(object))}: expected ${EXPECTED[name]}`);
}

const EXPECTED: Readonly<Record<string, string>> = {
  $date: '{"$date": "<ISO 8601>"} or {"$date": {"$numberLong": "<milliseconds>"}}',
  $oid: '24 hexadecimal digits',
  $numberInt: 'a text of digits',
  $numberLong: 'a text of digits within 64 bits',
  $numberDouble: 'a text with a number, "Infinity", "-Infinity" or "NaN"',
  $numberDecimal: 'a text with a decimal of at most 34 digits',
  $binary: '{"$binary": {"base64": "…", "subType": "00"}}',
  $uuid: 'a UUID',
  $symbol: 'a text',
  $undefined: 'true',
};

const MAX_DATE_MS = 8.64e15;

function readDate(content: Value): Date | undefined {
  const ms =
    typeof content === 'string'
      ? parseIsoDate(content)
      : Number(
          typeof content === 'number' || typeof content === 'bigint' ? content : isDocument(content) ? fromExtendedJson(content) : NaN,
        );
  return ms !== undefined && Math.abs(ms) <= MAX_DATE_MS ? new Date(Math.trunc(ms)) : undefined;
}

const ISO_DATE = /^[+-]?\d{4,6}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** ms since 1970 of an ISO 8601 text, a time without zone being UTC; undefined where it is none. */
export function parseIsoDate(text: string): number | undefined {
  if (!ISO_DATE.test(text)) return undefined;
  let iso = text.replace(' ', 'T').replace(',', '.').toUpperCase();
  if (iso.includes('T')) {
    if (!/(?:Z|T.*[+-][\d:]+)$/.test(iso)) iso += 'Z';
    iso = iso.replace(/([+-]\d\d)(\d\d)?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`);
  }
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

function readLong(content: Value): bigint | undefined {
  if (typeof content !== 'string' || !/^-?\d{1,19}$/.test(content)) return undefined;
  const value = BigInt(content);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function readDouble(content: Value): number | undefined {
  if (content === 'NaN') return Number.NaN;
  if (typeof content !== 'string' || content.trim() === '') return undefined;
  const value = Number(content);
  return Number.isNaN(value) ? undefined : value;
}

function readDecimal(content: Value): Decimal128 | undefined {
  if (typeof content !== 'string') return undefined;
  try {
    return Decimal128.fromString(content);
  } catch {
    return undefined;
  }
}

function readBinary(content: Value, object: Document): Binary | undefined {
  const base64 = isDocument(content) ? content['base64'] : content;
  const subType = (isDocument(content) ? content['subType'] : object['$type']) ?? '00';
  const type = typeof subType === 'string' ? Number.parseInt(subType, 16) : Number(subType);
  if (typeof base64 !== 'string' || !(type >= 0 && type <= 255)) return undefined;
  return /^[\w+/-]*={0,2}$/.test(base64) ? new Binary(Buffer.from(base64, 'base64'), type) : undefined;
}
