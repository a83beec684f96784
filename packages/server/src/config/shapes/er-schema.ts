import { z } from 'zod';

import { schemaKey, versionOf } from './common.ts';

const relationShape = z.strictObject({
  condition: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Fields of the target, and the fields of the source (or constants) that they must match' }),
  oneToMany: z.boolean().default(false).meta({ description: 'Several documents of the target may match' }),
});

/** `erSchema.json`. */
export const erSchemaShape = z.strictObject({
  $schema: schemaKey,
  version: versionOf(['1.0.0']),
  config: z
    .record(
      z.string(),
      z.strictObject({
        outgoing: z.record(z.string(), z.strictObject({ conditions: z.record(z.string().min(1), relationShape).default({}) })).default({}),
      }),
    )
    .meta({ description: 'Source collection → outgoing → target collection → conditions → name of the condition' }),
});

export type ErSchemaOptions = z.output<typeof erSchemaShape>;
