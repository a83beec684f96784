/**
 * The default casts of the originals, with their behaviour to the letter, gotchas included: projects that are taken over keep their
 * data. What the originals never saw (numbers with all their digits, decoded times) is cast without loss.
 */
import { ExactNumber } from '../change.ts';
import type { SourceValue } from '../change.ts';
import { parseExact } from '../exact-json.ts';
import { SourceTime } from '../source-value.ts';
import { isDecimal } from '../value.ts';
import type { Value } from '../value.ts';
import { ABSENT, FAILED, NULL, cast, passNothing } from './cast.ts';
import type { Cast, CastResult } from './cast.ts';
import { isPlain, isSourceScalar, jsonText, scalarText, toValue } from './source-to-value.ts';

/** As it is. */
export const identity: Cast = (value, type) => {
  if (value === undefined) return ABSENT;
  return value instanceof SourceTime && type === 'string' ? cast(value.toISO()) : cast(toValue(value));
};

/** An object or array becomes its JSON, a time its ISO text with all digits, anything else `String(value)`. */
export const castToString: Cast = (value) => {
  if (typeof value === 'string') return cast(value);
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  if (typeof value !== 'object' || value === null) return cast(String(value));
  if (!Array.isArray(value) && isSourceScalar(value)) return cast(scalarText(value));
  return cast(jsonText(value));
};

/**
 * `Number(value)`, then truncated through its text: `""` is 0, `true` is 1, and what is written with an exponent (from 1e21, below 1e-6)
 * is misread as in the original. Beyond 2^53 precision is lost: `castToLong` keeps it.
 */
export const castToInteger: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const integer = Number.parseInt(String(numberOf(value)), 10);
  return Number.isNaN(integer) ? FAILED : cast(integer);
};

/** `Number(value)`; the texts `NaN`, `Infinity` and `-Infinity` are numbers, since sources write those numbers so. */
export const castToFloat: Cast = (value) => {
  if (typeof value === 'number') return cast(value);
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  const number = numberOf(value);
  return Number.isNaN(number) && !isNaNItself(value) ? FAILED : cast(number);
};

function isNaNItself(value: SourceValue | undefined): boolean {
  return value === 'NaN' || (typeof value === 'object' && value !== null && isDecimal(value) && value.toString() === 'NaN');
}

/** JavaScript's `Number(value)`, which never throws here. */
function numberOf(value: SourceValue | undefined): number {
  if (typeof value !== 'object' || value === null) return Number(value);
  if (value instanceof SourceTime) return Number(value.count);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.length === 0 ? 0 : value.length === 1 ? numberOf(value[0] ?? '') : Number.NaN;
  return value instanceof ExactNumber || isDecimal(value) ? Number(value.toString()) : Number.NaN;
}

/** Milliseconds since 1970 (or a date's text) as ISO text. A text of digits fails. */
export const castUnixTimestampToISOString: Cast = (value) => {
  const nothing = passNothing(value);
  if (nothing !== undefined) return nothing;
  if (value instanceof SourceTime) return cast(value.toISO());
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return FAILED;
  const date = dateOf(value);
  return date === undefined ? FAILED : cast(date.toISOString());
};

/** Only the texts `true` and `false`: a boolean fails, as in the original. `castToBoolean` takes both. */
export const castStringToBoolean: Cast = (value) => {
  if (value === 'true') return cast(true);
  if (value === 'false') return cast(false);
  return passNothing(value) ?? FAILED;
};

/** `new Date(value)`, which must be valid. An absent value fails. */
export const castToDate: Cast = (value) => {
  if (value === null) return NULL;
  const date = dateOf(value);
  return date === undefined ? FAILED : cast(date);
};

function dateOf(value: SourceValue | undefined): Date | undefined {
  const date = anyDateOf(value);
  return date === null || Number.isNaN(date.getTime()) ? undefined : date;
}

function anyDateOf(value: SourceValue | undefined): Date | null {
  switch (typeof value) {
    case 'string':
    case 'number':
      return new Date(value);
    case 'bigint':
    case 'boolean':
      return new Date(Number(value));
    default:
      if (value instanceof Date) return value;
      if (value instanceof SourceTime) return value.toDate();
      return value instanceof ExactNumber ? new Date(Number(value.text)) : null;
  }
}

/** An object, or the JSON text of one. */
export const castToObject: Cast = (value) => {
  if (value === null) return NULL;
  const object = typeof value === 'string' ? parsed(value) : value;
  return isPlain(object) ? cast(toValue(object)) : FAILED;
};

/** An array of objects, or the JSON text of one. A null among them fails. */
export const castToArrayOfObject: Cast = (value) => {
  if (value === null) return NULL;
  const array = typeof value === 'string' ? parsed(value) : value;
  return Array.isArray(array) && array.every(isPlain) ? cast(toValue(array)) : FAILED;
};

/** The value of a JSON text, with all its digits; undefined for what is none. */
export function parsed(text: string): SourceValue | undefined {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

/** Every element through one function; fails where one fails. Null elements stay. */
export function castElements(array: readonly SourceValue[], element: (value: SourceValue) => Value | undefined): CastResult {
  const values: Value[] = [];
  for (const item of array) {
    const value = item === null ? null : element(item);
    if (value === undefined) return FAILED;
    values.push(value);
  }
  return cast(values);
}
