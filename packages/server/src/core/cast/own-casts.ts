/** The casts that the originals lack: real booleans, exact numbers, arrays, ids and points. */
import { ExactNumber } from '../change.ts';
import type { SourceRow, SourceValue } from '../change.ts';
import type { FieldType } from '../projection.ts';
import { SourceTime } from '../source-value.ts';
import { ObjectId, isDecimal, isObjectId } from '../value.ts';
import type { Value } from '../value.ts';
import { FAILED, cast, passNothing } from './cast.ts';
import type { Cast } from './cast.ts';
import { castElements, castToFloat, parsed } from './original-casts.ts';
import { decimalOf, fitsLong, isPlain, isSourceScalar, scalarText, toValue } from './source-to-value.ts';

/** true, false, their texts, 0 and 1. */
export const castToBoolean: Cast = (value) => {
  switch (value) {
    case true:
    case 'true':
    case 1:
    case 1n:
      return cast(true);
    case false:
    case 'false':
    case 0:
    case 0n:
      return cast(false);
    default:
      return passNothing(value) ?? FAILED;
  }
};

/** A whole number of 64 bits, from a number or its text, never through a double: a fraction or a larger number fails. */
export const castToLong: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const integer = value instanceof SourceTime ? value.count : integerOf(value);
  return integer !== undefined && fitsLong(integer) ? cast(integer) : FAILED;
};

function integerOf(value: SourceValue | undefined): bigint | undefined {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : undefined;
    case 'string':
      return integerOfText(value.trim());
    default:
      return value instanceof ExactNumber || (typeof value === 'object' && isDecimal(value)) ? integerOfText(value.toString()) : undefined;
  }
}

function integerOfText(text: string): bigint | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const digits = `${match[2]}${fraction}`.replace(/^0+/, '');
  const exponent = Number(match[4] ?? 0) - fraction.length;
  if (digits === '') return 0n;
  // A longer number cannot be one of 64 bits.
  if (digits.length + exponent > 20) return undefined;
  const whole = exponent >= 0 ? digits + '0'.repeat(exponent) : wholePart(digits, -exponent);
  return whole === undefined ? undefined : BigInt(match[1] === '-' ? `-${whole}` : whole);
}

/** Digits without the last `places`, which must be zeros. */
function wholePart(digits: string, places: number): string | undefined {
  if (places >= digits.length) return undefined;
  return /^0+$/.test(digits.slice(-places)) ? digits.slice(0, -places) : undefined;
}

/** A decimal of at most 34 digits, from a number or its text, never through a double: `12.50` keeps its zero. */
export const castToDecimal: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const text = decimalText(value);
  const decimal = text === undefined ? undefined : decimalOf(text);
  return decimal === undefined ? FAILED : cast(decimal);
};

function decimalText(value: SourceValue | undefined): string | undefined {
  switch (typeof value) {
    case 'bigint':
    case 'number':
      return String(value);
    case 'string':
      return value.trim();
    default:
      if (value instanceof SourceTime) return value.count.toString();
      return value instanceof ExactNumber || (typeof value === 'object' && isDecimal(value)) ? value.toString() : undefined;
  }
}

/** An array, or the JSON text of one; for `arrayOfString` and `arrayOfNumber` every element is of that type, or null. */
export const castToArray: Cast = (value, type) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const array = typeof value === 'string' ? parsed(value) : value;
  return Array.isArray(array) ? castElements(array, (item) => elementOf(item, type)) : FAILED;
};

function elementOf(item: SourceValue, type: FieldType): Value | undefined {
  switch (type) {
    case 'arrayOfString':
      if (typeof item === 'string') return item;
      return typeof item === 'object' && item !== null && isTextual(item) ? scalarText(item) : undefined;
    case 'arrayOfNumber':
      return numberElement(item);
    case 'arrayOfObject':
      return isPlain(item) ? toValue(item) : undefined;
    default:
      return toValue(item);
  }
}

/** What a source holds as text, or what has one text only. A number is none. */
function isTextual(item: object): item is SourceTime | Date | ObjectId {
  return item instanceof SourceTime || item instanceof Date || isObjectId(item);
}

/** Numbers, and the texts of those that JSON cannot write; never the text of an ordinary number. */
function numberElement(item: SourceValue): Value | undefined {
  if (typeof item === 'string' && item !== 'NaN' && item !== 'Infinity' && item !== '-Infinity') return undefined;
  if (typeof item === 'boolean' || Array.isArray(item) || isPlain(item) || item instanceof Date) return undefined;
  const result = castToFloat(item, 'number');
  return result.ok ? result.value : undefined;
}

const HEX_ID = /^[0-9a-fA-F]{24}$/;

/** 24 hexadecimal digits, an ObjectId, or extended JSON's `{"$oid": "…"}`. */
export const castToObjectId: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  if (isObjectId(value)) return cast(value);
  const text = isPlain(value) ? value['$oid'] : value;
  return typeof text === 'string' && HEX_ID.test(text) ? cast(ObjectId.createFromHexString(text)) : FAILED;
};

/** `[longitude, latitude]` in range, or a GeoJSON point, or the JSON text of either. Stored as a GeoJSON point. */
export const castToGeoPoint: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const read = typeof value === 'string' ? parsed(value) : value;
  const coordinates = isPlain(read) ? coordinatesOf(read) : read;
  if (!Array.isArray(coordinates) || coordinates.length !== 2) return FAILED;
  const [longitude, latitude] = coordinates.map(degrees) as [number, number];
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? cast({ type: 'Point', coordinates: [longitude, latitude] }) : FAILED;
};

function coordinatesOf(point: SourceRow): SourceValue | undefined {
  return point['type'] === 'Point' ? point['coordinates'] : undefined;
}

/** More digits than a double holds are far below any surveyor's error. */
function degrees(value: SourceValue | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isSourceScalar(value)) return Number.NaN;
  return value instanceof ExactNumber || isDecimal(value) ? Number(value.toString()) : Number.NaN;
}
