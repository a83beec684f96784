import type { z } from 'zod';

import { projectShape } from './shapes/project.ts';

/** One option of the project file, as the option reference shows it. Entries of named things stand under `<name>`. */
export interface Option {
  /** Such as `http.port` or `modules.fastData.systems.<name>.format`. */
  readonly path: string;
  readonly type: string;
  /** JSON text; undefined when there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
  /** The environment variable that overrides it. */
  readonly env: string | undefined;
  readonly description: string;
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

interface Meta {
  readonly description?: string | undefined;
  readonly env?: string | undefined;
}

/** All options of the project file, in its order. */
export const OPTIONS: readonly Option[] = optionsOf(projectShape, '', false);

/** Options that may be set from the environment. */
export const ENVIRONMENT_OPTIONS: readonly (Option & { readonly env: string })[] = OPTIONS.filter(
  (option): option is Option & { env: string } => option.env !== undefined,
);

function optionsOf(schema: z.ZodType, path: string, optional: boolean): Option[] {
  const { inner, fallback, meta, isOptional } = unwrap(schema);
  const definition = definitionOf(inner);
  const here: Option[] = [];
  if (meta.description !== undefined && path !== '' && !path.endsWith('$schema')) {
    here.push({
      path,
      type: typeText(inner),
      default: fallback === undefined ? undefined : JSON.stringify(fallback),
      required: !isOptional && !optional,
      env: meta.env,
      description: meta.description,
    });
  }
  return [...here, ...childrenOf(definition, path)];
}

function childrenOf(definition: Definition, path: string): Option[] {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (definition.shape !== undefined) {
    return Object.entries(definition.shape).flatMap(([key, child]) => optionsOf(child, at(key), false));
  }
  if (definition.valueType !== undefined) return optionsOf(definition.valueType, at('<name>'), true);
  // Only one branch of a union is an object that people write keys into; a secret's keys are explained with it.
  const objects = (definition.options ?? []).filter((option) => ['object', 'record'].includes(definitionOf(unwrap(option).inner).type));
  return objects.length === 1 ? childrenOf(definitionOf(unwrap(objects[0] as z.ZodType).inner), path) : [];
}

function unwrap(schema: z.ZodType): {
  inner: z.ZodType;
  fallback: unknown;
  meta: Meta;
  isOptional: boolean;
} {
  let inner = schema;
  let fallback: unknown;
  let isOptional = false;
  let meta: Meta = inner.meta() ?? {};
  for (;;) {
    const definition = definitionOf(inner);
    if (definition.innerType === undefined) return { inner, fallback, meta, isOptional };
    if (definition.type === 'default') fallback = definition.defaultValue;
    isOptional = true;
    inner = definition.innerType;
    meta = { ...inner.meta(), ...meta };
  }
}

function typeText(schema: z.ZodType): string {
  const definition = definitionOf(unwrap(schema).inner);
  switch (definition.type) {
    case 'union':
      return [...new Set((definition.options ?? []).map(typeText))].join(' | ');
    case 'enum':
      return Object.values(definition.entries ?? {}).join(' | ');
    case 'literal':
      return (definition.values ?? []).map(String).join(' | ');
    case 'array':
      return `list of ${definition.element === undefined ? 'values' : typeText(definition.element)}`;
    case 'string':
      return 'text';
    case 'record':
    case 'object':
      return 'object';
    default:
      return definition.type;
  }
}

function definitionOf(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition;
}
