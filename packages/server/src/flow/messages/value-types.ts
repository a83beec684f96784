import { Binary, Decimal128, ObjectId, isBinary, isDecimal, isObjectId, setField } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';

/**
 * Which types plain JSON has lost from a value: the name of one, or those of the fields of a document or of the items of an array.
 * `each` stands for all items of an array; an item without a type there, or null, is what JSON says.
 *
 * | type               | plain JSON                                  |
 * |--------------------|---------------------------------------------|
 * | `date`             | ISO text                                    |
 * | `long`             | a number, beyond 2^53 a text of digits      |
 * | `decimal`          | text                                        |
 * | `objectId`         | hexadecimal text                            |
 * | `binary:<subtype>` | base64                                      |
 * | `number`           | the texts `NaN`, `Infinity` and `-Infinity` |
 * | `-0`               | 0                                           |
 */
export type ValueTypes = string | FieldTypes;
export interface FieldTypes {
  readonly [field: string]: ValueTypes;
}

/** Of an object alone, so that it cannot be the name of a type; no field of an array is called so. */
const EACH = 'each';

/** Undefined where plain JSON says everything. */
export function typesOf(value: Value | undefined): ValueTypes | undefined {
  switch (typeof value) {
    case 'bigint':
      return 'long';
    case 'number':
      return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : undefined) : 'number';
    case 'object':
      return value === null ? undefined : typesOfObject(value);
    default:
      return undefined;
  }
}

function typesOfObject(value: Exclude<Value, null | string | boolean | number | bigint>): ValueTypes | undefined {
  if (Array.isArray(value)) return typesOfItems(value);
  if (value instanceof Date) return 'date';
  if (isObjectId(value)) return 'objectId';
  if (isDecimal(value)) return 'decimal';
  if (isBinary(value)) return `binary:${value.sub_type}`;
  let types: Record<string, ValueTypes> | undefined;
  for (const field in value) {
    const ofField = typesOf(value[field]);
    if (ofField !== undefined) setField((types ??= {}), field, ofField);
  }
  return types;
}

function typesOfItems(items: readonly Value[]): ValueTypes | undefined {
  let types: Record<string, ValueTypes> | undefined;
  for (let i = 0; i < items.length; i++) {
    const ofItem = typesOf(items[i]);
    if (ofItem !== undefined) (types ??= {})[i] = ofItem;
  }
  if (types === undefined) return undefined;
  const common = commonTypes(Object.values(types));
  return common !== undefined && items.every((item, i) => isSaid(item, types[i], common)) ? { [EACH]: common } : types;
}

/** What all of them say together; undefined where two of them differ. */
function commonTypes(all: readonly ValueTypes[]): ValueTypes | undefined {
  let common: ValueTypes | undefined;
  for (const types of all) {
    common = common === undefined ? types : merged(common, types);
    if (common === undefined) return undefined;
  }
  return common;
}

function merged(a: ValueTypes, b: ValueTypes): ValueTypes | undefined {
  if (typeof a === 'string' || typeof b === 'string') return a === b ? a : undefined;
  let more: Record<string, ValueTypes> | undefined;
  for (const field in b) {
    const ofB = b[field] as ValueTypes;
    const ofA = Object.hasOwn(a, field) ? a[field] : undefined;
    const both = ofA === undefined ? ofB : merged(ofA, ofB);
    if (both === undefined) return undefined;
    if (both !== ofA) setField((more ??= { ...a }), field, both);
  }
  return more ?? a;
}

/** Whether a value that has `types` of its own would come back as it is by `common`, which says at least as much. */
function isSaid(value: Value | undefined, types: ValueTypes | undefined, common: ValueTypes): boolean {
  if (value === null || value === undefined || types === common) return true;
  if (typeof common === 'string' || typeof types === 'string') return false;
  if (typeof value !== 'object') return true;
  if (Array.isArray(value))
    return EACH in common && value.every((item, i) => isSaid(item, itemTypes(types, i), common[EACH] as ValueTypes));
  for (const field in common) {
    if (!Object.hasOwn(value, field)) continue;
    const ofField = types !== undefined && Object.hasOwn(types, field) ? types[field] : undefined;
    if (!isSaid((value as Document)[field], ofField, common[field] as ValueTypes)) return false;
  }
  return true;
}

function itemTypes(types: FieldTypes | undefined, index: number): ValueTypes | undefined {
  return types?.[EACH] ?? types?.[index];
}

/** A value of plain JSON with the types that it had. The given value is changed and belongs to the result. Throws for what cannot be. */
export function typedValue(value: Value | undefined, types: ValueTypes): Value | undefined {
  if (value === null || value === undefined) return value;
  if (typeof types === 'string') return scalarOf(value, types);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const each = types[EACH];
    if (each !== undefined) for (let i = 0; i < value.length; i++) value[i] = typedValue(value[i], each) as Value;
    else
      for (const index in types)
        if (value[Number(index)] !== undefined)
          value[Number(index)] = typedValue(value[Number(index)], types[index] as ValueTypes) as Value;
    return value;
  }
  const document = value as Document;
  for (const field in types)
    if (Object.hasOwn(document, field)) setField(document, field, typedValue(document[field], types[field] as ValueTypes));
  return document;
}

function scalarOf(value: Value, type: string): Value {
  switch (type) {
    case 'date':
      return new Date(value as string);
    case 'long':
      return BigInt(value as string | number);
    case 'decimal':
      return Decimal128.fromString(value as string);
    case 'objectId':
      return ObjectId.createFromHexString(value as string);
    case 'number':
      return Number(value);
    case '-0':
      return -0;
    default:
      return type.startsWith('binary:') ? new Binary(Buffer.from(value as string, 'base64'), Number(type.slice('binary:'.length))) : value;
  }
}
