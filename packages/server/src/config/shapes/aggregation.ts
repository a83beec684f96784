import { z } from 'zod';

import { STATES } from '../../core/record.ts';
import { schemaKey, versionOf } from './common.ts';

const operand = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const comparison = z.strictObject({
  '==': z.tuple([operand, operand]).optional(),
  '!=': z.tuple([operand, operand]).optional(),
  '>': z.tuple([operand, operand]).optional(),
  '<': z.tuple([operand, operand]).optional(),
  '>=': z.tuple([operand, operand]).optional(),
  '<=': z.tuple([operand, operand]).optional(),
});

const bodyKeys = {
  type: z.literal('projection').optional(),
  aliasOf: z.string().min(1).optional().meta({ description: 'Collection that is read. Default: the name of the dependency' }),
  on: z.string().min(1).optional().meta({ description: '_identifier, or the name of a condition of the ER schema' }),
  useAlias: z.string().min(1).optional().meta({ description: 'Which dependency the condition starts from, when several read its source' }),
  identifierQueryMapping: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'Field of the base collection → _identifier.<key>, or a constant' }),
  onStates: z.array(z.enum(STATES)).min(1).optional().meta({ description: 'States in which documents are found. Default: PUBLIC only' }),
};
const bodyShape = z.strictObject(bodyKeys);

const dependencyShape = z.strictObject({
  ...bodyKeys,
  type: z.enum(['projection', 'config']),
  _select: z
    .strictObject({
      options: z.array(z.strictObject({ when: comparison, value: bodyShape })),
      default: bodyShape.optional(),
    })
    .optional(),
});

export type MappingInput =
  | string
  | null
  | { _select: { options: { when: Partial<Record<string, unknown>>; value: MappingInput }[]; default?: MappingInput | undefined } }
  | { [field: string]: MappingInput };

const mappingValue: z.ZodType<MappingInput> = z.lazy(() =>
  z.union([z.string(), z.null(), selectMapping, z.record(fieldName, mappingValue)]),
);

const fieldName = z.string().regex(/^(?!_select$|\$)[^.\0]+$/, 'a field name without dots that does not start with $');

const selectMapping = z.strictObject({
  _select: z.strictObject({
    options: z.array(z.strictObject({ when: comparison, value: mappingValue })),
    default: mappingValue.optional(),
  }),
});

const blockShape = z.strictObject({
  joinDependency: z.string().min(1).optional().meta({ description: 'Dependency whose documents the block is repeated for' }),
  dependencies: z.record(z.string().min(1), dependencyShape).default({}),
  dependencyOrder: z.array(z.string()).optional().meta({ description: 'Order in which dependencies are resolved. Default: derived' }),
  mapping: z
    .record(fieldName, mappingValue)
    .meta({ description: 'Field → DEPENDENCY.field, a config block, a constant, a function, an object' }),
});

export const AGGREGATION_VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'] as const;

/** `aggregation.json`. */
export const aggregationShape = z.strictObject({
  $schema: schemaKey,
  version: versionOf(AGGREGATION_VERSIONS),
  config: z.record(z.string().min(1), blockShape).meta({ description: 'SV_CONFIG, the root, and the config blocks by name' }),
});

export type AggregationOptions = z.output<typeof aggregationShape>;
export type BlockOptions = z.output<typeof blockShape>;
export type DependencyOptions = z.output<typeof dependencyShape>;
export type BodyOptions = z.output<typeof bodyShape>;
export type ComparisonOptions = z.output<typeof comparison>;
