import type { Code, DBRef, Timestamp } from 'mongodb';
import { setField } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';

/** What other programs stored, as values: types that ours lack become the nearest that says the same. */
export function toValues(value: unknown): Value {
  if (typeof value !== 'object' || value === null || value instanceof Date) return (value ?? null) as Value;
  if (Array.isArray(value)) return value.map(toValues);
  if (value instanceof RegExp) return value.source;
  switch ((value as { readonly _bsontype?: string })._bsontype) {
    case undefined:
      return copyOf(value);
    case 'BSONRegExp':
      return (value as { readonly pattern: string }).pattern;
    case 'Timestamp':
      return (value as Timestamp).toBigInt();
    case 'Code':
      return (value as Code).code;
    case 'DBRef': {
      const { collection, oid, db, fields } = value as DBRef;
      return copyOf({ $ref: collection, $id: oid, ...(db === undefined ? {} : { $db: db }), ...fields });
    }
    case 'MinKey':
    case 'MaxKey':
      return null;
    default:
      return value as Value;
  }
}

function copyOf(value: object): Document {
  const copy: Document = {};
  for (const [field, item] of Object.entries(value)) if (item !== undefined) setField<Value | undefined>(copy, field, toValues(item));
  return copy;
}
