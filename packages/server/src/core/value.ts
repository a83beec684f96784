/**
 * The values that documents hold, in memory. The one file that imports `bson`.
 *
 * | type       | in memory                       |
 * |------------|---------------------------------|
 * | string     | string                          |
 * | number     | number (a double)               |
 * | long       | bigint, 64 bits signed          |
 * | decimal    | Decimal128                      |
 * | boolean    | boolean                         |
 * | date       | Date, milliseconds, never invalid |
 * | objectId   | ObjectId                        |
 * | binary     | Binary                          |
 * | null       | null; absent is `undefined` or no such field |
 *
 * Two copies of bson may be loaded at once (ours and the MongoDB driver's), so types are told by `_bsontype`, never by `instanceof`.
 */
import { Binary, Decimal128, ObjectId } from 'bson';

export { Binary, Decimal128, Double, EJSON, Int32, Long, ObjectId } from 'bson';

export type Value = null | boolean | number | bigint | string | Date | ObjectId | Decimal128 | Binary | Value[] | Document;

/** An object of values. A field whose value is `undefined` is absent. */
export interface Document {
  [field: string]: Value | undefined;
}

function bsonType(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? (value as { _bsontype?: string })._bsontype : undefined;
}

export function isObjectId(value: unknown): value is ObjectId {
  return bsonType(value) === 'ObjectId';
}

export function isDecimal(value: unknown): value is Decimal128 {
  return bsonType(value) === 'Decimal128';
}

export function isBinary(value: unknown): value is Binary {
  return bsonType(value) === 'Binary';
}

/** A plain object: neither an array, nor a date, nor one of the scalar types that are objects in memory. */
export function isDocument(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) || value instanceof Date) return false;
  return bsonType(value) === undefined;
}

export function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Sets a field, also one that is called `__proto__`. */
export function setField<T>(target: { [field: string]: T }, field: string, value: T): void {
  if (field === '__proto__') Object.defineProperty(target, field, { value, enumerable: true, configurable: true, writable: true });
  else target[field] = value;
}
