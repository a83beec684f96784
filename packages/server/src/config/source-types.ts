import { suggest } from '../core/suggest.ts';

/** Encodings that a connector may have used, for `sourceType`. */
export const SOURCE_TYPES = [
  'date-days',
  'time-millis',
  'time-micros',
  'time-nanos',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'decimal:<scale>',
  'decimal-variable',
  'bytes-base64',
  'bytes-hex',
  'bits',
  'unsigned-long',
  'json',
] as const;

const MAX_SCALE = 6176;

/** Null for a known encoding, else what is wrong with it and the nearest known one. */
export function sourceTypeFault(sourceType: string): { readonly expected: string; readonly near: string | undefined } | null {
  const [kind, scale, ...more] = sourceType.split(':');
  if (kind === 'decimal') {
    const valid = scale !== undefined && more.length === 0 && /^\d{1,4}$/.test(scale) && Number(scale) <= MAX_SCALE;
    return valid ? null : { expected: 'decimal:<scale>, the number of digits after the point', near: undefined };
  }
  if ((SOURCE_TYPES as readonly string[]).includes(sourceType)) return null;
  return { expected: `one of ${SOURCE_TYPES.join(', ')}`, near: suggest(sourceType, SOURCE_TYPES) };
}
