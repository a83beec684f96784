import type { Compatibility, FieldDefinition, FieldType, ProjectionDefinition } from '../../core/projection.ts';
import { ANY_OBJECT, NULL, UNKNOWN, orNull, text, union } from './type-node.ts';
import type { FieldNode, ObjectNode, TypeNode } from './type-node.ts';

const STRING = text('string');
const NUMBER = text('number');

/** Values as the client gives them: decimals and ObjectIds are texts, 64-bit integers beyond 2^53 are bigints. */
const TYPES: Readonly<Record<FieldType, TypeNode>> = {
  string: STRING,
  number: NUMBER,
  long: union([NUMBER, text('bigint')]),
  decimal: STRING,
  boolean: text('boolean'),
  date: text('Date'),
  object: ANY_OBJECT,
  array: { kind: 'array', item: UNKNOWN },
  arrayOfObject: { kind: 'array', item: ANY_OBJECT },
  arrayOfString: { kind: 'array', item: union([STRING, NULL]) },
  arrayOfNumber: { kind: 'array', item: union([NUMBER, NULL]) },
  objectId: STRING,
  geoPoint: {
    kind: 'object',
    isOpen: false,
    fields: [
      { name: 'type', type: text('"Point"'), isOptional: false },
      { name: 'coordinates', type: text('[longitude: number, latitude: number]'), isOptional: false },
    ],
  },
};

/** Documents of a projection. */
export function projectionType({ fields }: ProjectionDefinition, compatibility: Compatibility): ObjectNode {
  return { kind: 'object', isOpen: false, fields: fields.map((field) => fieldNode(field, compatibility)) };
}

function fieldNode(field: FieldDefinition, { uncastable }: Compatibility): FieldNode {
  const type = TYPES[field.type];
  const isNullable = !field.primaryKey && (field.nullable || uncastable === 'null');
  return { name: field.name, type: isNullable ? orNull(type) : type, isOptional: !field.required };
}
