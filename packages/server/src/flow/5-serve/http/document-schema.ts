import { projectionsOf } from '../../../core/definitions.ts';
import type { Definitions } from '../../../core/definitions.ts';
import type { FieldType } from '../../../core/projection.ts';
import { STATES } from '../../../core/record.ts';
import type { CollectionPlan } from '../../../plan/plan.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/** How values of a type look in plain JSON. */
const FORMS: Readonly<Record<FieldType, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  long: { type: ['integer', 'string'], description: 'A text where it is beyond 2^53' },
  decimal: { type: 'string', description: 'All digits of a decimal number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date-time' },
  object: { type: 'object' },
  array: { type: 'array' },
  arrayOfObject: { type: 'array', items: { type: 'object' } },
  arrayOfString: { type: 'array', items: { type: 'string' } },
  arrayOfNumber: { type: 'array', items: { type: 'number' } },
  objectId: { type: 'string', pattern: '^[0-9a-f]{24}$' },
  geoPoint: { description: '[longitude, latitude], or a GeoJSON Point' },
};

/** JSON Schema of the documents of a collection, as they are served in plain JSON. */
export function documentSchema(target: CollectionPlan, definitions: Definitions): JsonSchema {
  const fields = projectionsOf(definitions).find(({ name }) => name === target.name)?.fields ?? [];
  const fixed = new Set(fields.filter(({ nullable }) => !nullable).map(({ name }) => name));
  const required = fields.filter(({ required: isRequired, primaryKey }) => isRequired || primaryKey).map(({ name }) => name);
  const properties: [string, JsonSchema][] = [...target.fields].map(([name, type]) => {
    const form = type === undefined ? {} : FORMS[type];
    return [name, fixed.has(name) || type === undefined ? form : nullable(form)];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: target.name,
    type: 'object',
    properties: {
      _id: { type: 'string', description: `Derived from the key: ${target.key.join(', ') || 'the identifier'}` },
      ...Object.fromEntries(properties),
      __STATE__: { enum: STATES },
      createdAt: { type: 'string', format: 'date-time' },
      updatedAt: { type: 'string', format: 'date-time' },
    },
    required: ['_id', ...required, '__STATE__', 'createdAt', 'updatedAt'],
    additionalProperties: !target.closed,
  };
}

function nullable(form: JsonSchema): JsonSchema {
  const { type } = form;
  if (type === undefined) return form;
  return { ...form, type: [...(Array.isArray(type) ? (type as string[]) : [type as string]), 'null'] };
}
