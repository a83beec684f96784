import { z } from 'zod';

import { schemaKey } from './common.ts';

const fieldName = z.string().regex(/^(?!\$)[^\s.\0]+$/, 'a name without spaces and dots that does not start with $');

const fieldShape = z.strictObject({
  type: z.string().min(1).meta({
    description:
      'string, number, long, decimal, boolean, date, object, array, arrayOfObject, arrayOfString, arrayOfNumber, objectId or geoPoint; original spellings such as RawObject too',
  }),
  description: z.string().optional(),
  source: z.string().min(1).optional().meta({ description: "Name of the field in the source's row. Default: the same name" }),
  sourceType: z.string().min(1).optional().meta({ description: 'How the connector encoded the value, when messages carry no schema' }),
  castFunction: z.string().min(1).optional().meta({ description: 'Name of the cast. Default: by type' }),
  required: z.boolean().optional().meta({ description: 'The field must be in every row. Default true for primary keys, else false' }),
  nullable: z.boolean().optional().meta({ description: 'NULL is allowed. Default true, false for required fields and primary keys' }),
  primaryKey: z.boolean().optional().meta({ description: 'Part of the primary key' }),
});

/** `<projection>.json`. */
export const projectionShape = z.strictObject({
  $schema: schemaKey,
  description: z.string().optional(),
  fields: z.record(fieldName, fieldShape).meta({ description: 'Fields of the projection, by name' }),
  topics: z.array(z.string().min(1)).min(1).optional().meta({ description: "Topics to read instead of the system's pattern" }),
  deleteMechanism: z.enum(['soft', 'hard']).optional(),
  upsert: z.boolean().optional(),
});

export type ProjectionOptions = z.output<typeof projectionShape>;
export type FieldOptions = z.output<typeof fieldShape>;
