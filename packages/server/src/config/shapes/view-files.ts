import { z } from 'zod';

import { schemaKey, versionOf } from './common.ts';

/** `singleViewKey.json`. */
export const viewKeyShape = z.strictObject({
  $schema: schemaKey,
  version: versionOf(['1.0.0']),
  config: z.record(z.string().min(1), z.string().min(1)).meta({ description: 'Field of the single view → key of the identifier' }),
});

/** `projectionChangesSchema.json`. */
export const projectionChangesShape = z.strictObject({
  $schema: schemaKey,
  version: versionOf(['1.0.0']),
  config: z
    .record(
      z.string(),
      z.strictObject({
        paths: z.array(
          z.strictObject({
            path: z.array(z.string().min(1)).min(1).meta({ description: 'Collections from the changed one to the base projection' }),
            identifier: z
              .union([z.string(), z.record(z.string(), z.string().min(1))])
              .meta({ description: 'Key of the identifier → field of the base projection, or __fromFile__[function]' }),
          }),
        ),
      }),
    )
    .meta({ description: 'Single view → paths' }),
});

/** `kafkaProjectionUpdates.json`: there is nothing around the projections. */
export const projectionUpdatesShape = z.object({ $schema: schemaKey }).catchall(
  z.strictObject({
    updatesTopic: z.string().optional().meta({ description: 'Topic of the projection’s updates' }),
    strategy: z.string().optional().meta({ description: '__automatic__ (the default) or __fromFile__[strategy]' }),
  }),
);

export type PathOptions = z.output<typeof projectionChangesShape>['config'][string]['paths'][number];
