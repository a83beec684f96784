import { ExactNumber } from '../../core/change.ts';
import { parseIsoDate } from '../../core/extended-json.ts';
import type { FieldType } from '../../core/projection.ts';
import { Decimal128, ObjectId, isDocument } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';

/** Types of the fields of a collection, by name, as far as they are declared. */
export type DeclaredTypes = ReadonlyMap<string, FieldType>;

/** A value of a message that does not say its types, as the field's type wants it; as it came where it is none of those. */
export function declaredValue(value: Value, type: FieldType | undefined): Value {
  const plain = withoutExact(value);
  if (typeof plain !== 'string' && typeof plain !== 'number' && typeof plain !== 'bigint') return plain;
  switch (type) {
    case 'date':
      return dateOf(plain);
    case 'long':
      return /^-?\d{1,19}$/.test(String(plain)) ? BigInt(plain) : plain;
    case 'decimal':
      return decimalOf(exactText(value) ?? String(plain)) ?? plain;
    case 'objectId':
      return typeof plain === 'string' && /^[\da-f]{24}$/i.test(plain) ? ObjectId.createFromHexString(plain) : plain;
    case 'number':
      return typeof plain === 'string' && !/^(?:NaN|-?Infinity)$/.test(plain) ? plain : Number(plain);
    default:
      return plain;
  }
}

/** Numbers with more digits than a double holds become the nearest double, at every depth. */
function withoutExact(value: Value): Value {
  const exact = exactText(value);
  if (exact !== undefined) return Number(exact);
  if (Array.isArray(value)) return value.map(withoutExact);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, item === undefined ? item : withoutExact(item)]));
}

function exactText(value: unknown): string | undefined {
  return value instanceof ExactNumber ? value.text : undefined;
}

function dateOf(value: string | number | bigint): Value {
  const ms = typeof value === 'string' ? parseIsoDate(value) : Number(value);
  return ms === undefined || Number.isNaN(new Date(ms).getTime()) ? value : new Date(ms);
}

function decimalOf(text: string): Value | undefined {
  try {
    return Decimal128.fromString(text);
  } catch {
    return undefined;
  }
}
