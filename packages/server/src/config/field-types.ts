import { FIELD_TYPES } from '../core/projection.ts';
import type { FieldType } from '../core/projection.ts';

/** The originals' spellings, in lower case without spaces, hyphens and underscores. Ours are told the same way. */
const ORIGINAL_SPELLINGS: Readonly<Record<string, FieldType>> = {
  rawobject: 'object',
  arrayrawobject: 'arrayOfObject',
  arrayofrawobject: 'arrayOfObject',
  arraystring: 'arrayOfString',
  arraynumber: 'arrayOfNumber',
  int64: 'long',
  decimal128: 'decimal',
};

const SPELLINGS: ReadonlyMap<string, FieldType> = new Map([
  ...FIELD_TYPES.map((type) => [type.toLowerCase(), type] as const),
  ...Object.entries(ORIGINAL_SPELLINGS),
]);

/** The type that a spelling stands for: `arrayOfObject`, `Array_RawObject` and `Array of object` are one. Undefined for no type. */
export function fieldTypeOf(spelling: string): FieldType | undefined {
  return SPELLINGS.get(spelling.toLowerCase().replaceAll(/[\s_-]/g, ''));
}
