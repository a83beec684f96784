import { ExactNumber } from '../core/change.ts';
import type { SourceRow, SourceValue } from '../core/change.ts';
import { parseExact } from '../core/exact-json.ts';
import { SourceTime } from '../core/source-value.ts';
import type { TimeKind, TimeUnit } from '../core/source-value.ts';
import { Binary } from '../core/value.ts';

/** Decodes one value that a connector encoded. Total: a value that is not so encoded stays as it is, for the cast to judge. */
export type ValueDecoder = (value: SourceValue) => SourceValue;

const SOURCE_TYPE =
  /^(?:date-days|(?:time|timestamp)-(?:millis|micros|nanos)|decimal:\d{1,5}|decimal-variable|bytes-base64|bytes-hex|bits|unsigned-long|json)$/;

/**
 * The decoder of a field's `sourceType`; undefined for a text that is none. `decimal:<scale>` is base64 of the unscaled value,
 * `decimal-variable` is `{scale, value}`, `bits` is base64 (little-endian), `unsigned-long` is wrapped to negative above 2^63 − 1, `json`
 * is JSON in a text.
 */
export function sourceTypeDecoder(type: string): ValueDecoder | undefined {
  if (!SOURCE_TYPE.test(type)) return undefined;
  const [name, detail] = type.split(':') as [string, string | undefined];
  switch (name) {
    case 'date-days':
      return timeDecoder('date', 'days');
    case 'decimal':
      return decimalDecoder(Number(detail));
    case 'decimal-variable':
      return decodeVariableDecimal;
    case 'bytes-base64':
      return decodeBase64;
    case 'bytes-hex':
      return decodeHex;
    case 'bits':
      return decodeBits;
    case 'unsigned-long':
      return decodeUnsigned;
    case 'json':
      return decodeJson;
    default: {
      const [kind, unit] = name.split('-') as [TimeKind, TimeUnit];
      return timeDecoder(kind, unit);
    }
  }
}

export function timeDecoder(kind: TimeKind, unit: TimeUnit): ValueDecoder {
  return (value) => {
    const count = integerOf(value);
    return count === undefined ? value : new SourceTime(kind, unit, count);
  };
}

/** Base64 of the big-endian two's complement of the unscaled value; or a number, where the converter writes decimals as such. */
export function decimalDecoder(scale: number): ValueDecoder {
  return (value) => {
    if (typeof value === 'number' || typeof value === 'bigint') return new ExactNumber(withScale(String(value), scale));
    const bytes = base64Of(value);
    return bytes === undefined ? value : new ExactNumber(scaledText(signedOf(bytes), scale));
  };
}

export function decodeVariableDecimal(value: SourceValue): SourceValue {
  if (!isRow(value)) return value;
  const scale = integerOf(value['scale'] ?? null);
  const bytes = base64Of(value['value'] ?? null);
  if (scale === undefined || bytes === undefined || scale < -MAX_SCALE || scale > MAX_SCALE) return value;
  return new ExactNumber(scaledText(signedOf(bytes), Number(scale)));
}

export function decodeBase64(value: SourceValue): SourceValue {
  const bytes = base64Of(value);
  return bytes === undefined ? value : new Binary(bytes);
}

/** Little-endian, as MySQL's and PostgreSQL's bit columns come. A single bit comes as a boolean and stays one. */
export function decodeBits(value: SourceValue): SourceValue {
  const bytes = base64Of(value);
  return bytes === undefined ? value : plain(unsignedOf(bytes.reverse()));
}

function decodeHex(value: SourceValue): SourceValue {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[\da-f]*$/i.test(value)) return value;
  return new Binary(Buffer.from(value, 'hex'));
}

function decodeUnsigned(value: SourceValue): SourceValue {
  const number = integerOf(value);
  return number === undefined || number >= 0n ? value : plain(BigInt.asUintN(64, number));
}

function decodeJson(value: SourceValue): SourceValue {
  if (typeof value !== 'string') return value;
  try {
    return parseExact(value);
  } catch {
    return value;
  }
}

const MAX_SCALE = 100_000n;

function isRow(value: SourceValue): value is SourceRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function integerOf(value: SourceValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function base64Of(value: SourceValue): Buffer<ArrayBuffer> | undefined {
  return typeof value === 'string' && value.length % 4 === 0 && /^[\w+/-]*={0,2}$/.test(value) ? Buffer.from(value, 'base64') : undefined;
}

function unsignedOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function signedOf(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, unsignedOf(bytes));
}

function plain(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** `unscaled` × 10^−`scale`, written without an exponent. */
function scaledText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale <= 0) return unscaled === 0n ? '0' : sign + digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** The zeros of its scale, which a number in JSON has lost. */
function withScale(text: string, scale: number): string {
  if (scale === 0 || !/^-?\d+(?:\.\d+)?$/.test(text)) return text;
  const [whole, fraction = ''] = text.split('.') as [string, string?];
  return `${whole}.${fraction.padEnd(scale, '0')}`;
}
