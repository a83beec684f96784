/**
 * One order of values everywhere (sorts, "first", canonical texts, indexes): BSON's type order, strings by their UTF-8 bytes.
 *
 * `orderText` gives a text whose bytes sort exactly as `compareValues` does, and equal texts are equal values: numbers of all
 * types are equal when they are equal as numbers. Indexes of every store are built on it. Half a surrogate pair, which no UTF-8 text
 * can hold, counts there as U+FFFD.
 */
import { isBinary, isDecimal, isObjectId } from './value.ts';
import type { Decimal128, Document, Value } from './value.ts';

/** BSON's order of types; the letter begins an order text. */
const RANK = { null: 'b', number: 'n', string: 's', object: 't', array: 'u', binary: 'v', objectId: 'w', boolean: 'x', date: 'y' } as const;

type Kind = keyof typeof RANK;

export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      if (value === null || value === undefined) return 'null';
      if (value instanceof Date) return 'date';
      if (Array.isArray(value)) return 'array';
      if (isObjectId(value)) return 'objectId';
      if (isDecimal(value)) return 'number';
      return isBinary(value) ? 'binary' : 'object';
  }
}

export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-16 order differs from UTF-8 order only where exactly one side is a surrogate.
    const highX = x >= 0xd800 && x <= 0xdfff;
    const highY = y >= 0xd800 && y <= 0xdfff;
    if (highX !== highY) return highX ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** Negative, zero or positive. Absent counts as null. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'number' && typeof b === 'number' && a === a && b === b) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  const x = orderText(a);
  const y = orderText(b);
  return x === y ? 0 : compareTexts(x, y);
}

export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  if (typeof a === 'number' && typeof b === 'number') return a !== a && b !== b;
  if (a === undefined || b === undefined) return false;
  return orderText(a) === orderText(b);
}

export function orderText(value: Value | undefined): string {
  switch (typeof value) {
    case 'string':
      return RANK.string + value.toWellFormed();
    case 'number':
      return RANK.number + (Number.isSafeInteger(value) ? integerText(value) : numberText(value));
    case 'bigint':
      return RANK.number + bigintText(value);
    case 'boolean':
      return RANK.boolean + (value ? '1' : '0');
    case 'undefined':
      return RANK.null;
    default:
      return value === null ? RANK.null : objectText(value as Exclude<Value, string | number | bigint | boolean | null>);
  }
}

/**
 * Several values as one text, in the same order. Parts are ended by a character that none of them keeps, so that no two tuples share a
 * text and a shorter part sorts first.
 */
export function orderTexts(values: readonly (Value | undefined)[]): string {
  if (values.length === 1) return orderText(values[0]);
  return values.map((value) => seal(orderText(value))).join('');
}

const RESERVED = /[\u0000-\u0002]/;

function seal(text: string): string {
  if (!RESERVED.test(text)) return `${text}\u0001`;
  return `${text.replace(/[\u0000-\u0002]/g, (character) => `\u0002${String.fromCharCode(character.charCodeAt(0) + 2)}`)}\u0001`;
}

function objectText(value: Exclude<Value, string | number | bigint | boolean | null>): string {
  if (value instanceof Date) return RANK.date + integerText(value.getTime());
  if (Array.isArray(value)) return `${RANK.array}${value.map((item) => seal(orderText(item))).join('')}`;
  if (isObjectId(value)) return RANK.objectId + value.toHexString();
  if (isDecimal(value)) return RANK.number + decimalText(value);
  if (isBinary(value)) {
    const bytes = Buffer.from(value.value());
    return `${RANK.binary}${bytes.length.toString(16).padStart(8, '0')}${value.sub_type.toString(16).padStart(2, '0')}${bytes.toString('hex')}`;
  }
  const document: Document = value;
  let text: string = RANK.object;
  for (const field of Object.keys(document)) {
    const item = document[field];
    // BSON compares type, then name, then value.
    if (item !== undefined) text += seal(RANK[kindOf(item)] + field.toWellFormed()) + seal(orderText(item));
  }
  return text;
}

// --- numbers: sign, exponent, digits ------------------------------------------------------------------------------------------

/** Zero lies between the signs; an exponent E stands for 0.d1d2… × 10^E. */
const ZERO = '5';
const SMALL_EXPONENT = 40;

function integerText(value: number): string {
  if (value === 0) return ZERO;
  return value > 0 ? digitsText(false, String(value), String(value).length) : digitsText(true, String(-value), String(-value).length);
}

function bigintText(value: bigint): string {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return integerText(Number(value));
  const text = (value < 0n ? -value : value).toString();
  return digitsText(value < 0n, text.replace(/0+$/, ''), text.length);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return '0';
  if (value === 0) return ZERO;
  if (!Number.isFinite(value)) return value > 0 ? '9' : '1';
  if (Number.isInteger(value)) return bigintText(BigInt(value));
  // A finite double is exactly m × 2^-k, which is m × 5^k × 10^-k.
  let exponent = 0;
  let scaled = Math.abs(value);
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent++;
  }
  return exactText(value < 0, BigInt(scaled) * powerOfFive(exponent), -exponent);
}

const POWERS_OF_FIVE: bigint[] = [];

function powerOfFive(exponent: number): bigint {
  return (POWERS_OF_FIVE[exponent] ??= 5n ** BigInt(exponent));
}

function decimalText(value: Decimal128): string {
  const text = value.toString();
  if (text === 'NaN') return '0';
  if (text === 'Infinity') return '9';
  if (text === '-Infinity') return '1';
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new TypeError(`Not a decimal: ${text}`);
  const fraction = match[3] ?? '';
  return exactText(match[1] === '-', BigInt(`${match[2] ?? ''}${fraction}` || '0'), Number(match[4] ?? 0) - fraction.length);
}

/** `unscaled` × 10^`exponent`. An integer below 2^53 gets the same text as the same number in any other type. */
function exactText(negative: boolean, unscaled: bigint, exponent: number): string {
  if (unscaled === 0n) return ZERO;
  const text = unscaled.toString();
  const magnitude = text.length + exponent;
  const stripped = text.replace(/0+$/, '');
  if (stripped.length <= magnitude && magnitude <= 16) {
    const integer = Number(stripped.padEnd(magnitude, '0'));
    if (Number.isSafeInteger(integer)) return integerText(negative ? -integer : integer);
  }
  return digitsText(negative, stripped, magnitude);
}

function digitsText(negative: boolean, digits: string, exponent: number): string {
  if (!negative) return `7${exponentText(exponent)}${digits}`;
  let complement = '';
  for (let i = 0; i < digits.length; i++) complement += String.fromCharCode(105 - digits.charCodeAt(i));
  // A longer negative is smaller: '~' ends the digits above every digit.
  return `3${exponentText(exponent, true)}${complement}~`;
}

/** One letter for the exponents of everyday numbers, five digits for the rest; complemented for negatives. */
function exponentText(exponent: number, negative = false): string {
  const e = negative ? -exponent : exponent;
  if (Math.abs(e) <= SMALL_EXPONENT) return String.fromCharCode(0x2a + SMALL_EXPONENT + e);
  return e < 0 ? `!${(e + 20_000).toString().padStart(5, '0')}` : `~${e.toString().padStart(5, '0')}`;
}
