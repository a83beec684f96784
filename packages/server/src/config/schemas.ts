import { z } from 'zod';

import { aggregationShape } from './shapes/aggregation.ts';
import { erSchemaShape } from './shapes/er-schema.ts';
import { projectShape } from './shapes/project.ts';
import { projectionShape } from './shapes/projection.ts';
import { projectionChangesShape, projectionUpdatesShape, viewKeyShape } from './shapes/view-files.ts';

const SHAPES: Readonly<Record<string, readonly [title: string, schema: z.ZodType]>> = {
  'millrace.schema.json': ['Millrace project (millrace.yaml)', projectShape],
  'projection.schema.json': ['Millrace projection (<projection>.json)', projectionShape],
  'er-schema.schema.json': ['Relations between collections (erSchema.json)', erSchemaShape],
  'aggregation.schema.json': ['Single view (aggregation.json)', aggregationShape],
  'single-view-key.schema.json': ['Key of a single view (singleViewKey.json)', viewKeyShape],
  'projection-changes.schema.json': ['Paths to the base projection (projectionChangesSchema.json)', projectionChangesShape],
  'projection-updates.schema.json': ['Strategies (kafkaProjectionUpdates.json)', projectionUpdatesShape],
};

/** The published JSON Schemas, for editors: file name → text. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SHAPES).map(([file, [title, schema]]) => [file, `${JSON.stringify(jsonSchema(title, schema), null, 2)}\n`]),
  );
}

function jsonSchema(title: string, schema: z.ZodType): object {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-07',
    override: ({ jsonSchema: part }) => {
      const { env } = part;
      if (typeof env !== 'string') return;
      delete part['env'];
      part.description = `${part.description ?? ''}. Environment: ${env}`;
    },
  });
  return { ...json, title };
}
