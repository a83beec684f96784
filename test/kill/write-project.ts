import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Definitions } from '../../packages/server/src/core/definitions.ts';
import type { Condition, Operand, RelationDefinition } from '../../packages/server/src/core/relation.ts';
import type { Value } from '../../packages/server/src/core/value.ts';
import type {
  BlockDefinition,
  DependencyBody,
  DependencyDefinition,
  MappingDefinition,
  ViewDefinition,
  WhenDefinition,
  WhenOperand,
} from '../../packages/server/src/core/view.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Writes definitions as the files of a project folder, with further settings. Only what random projects hold: no functions. */
export async function writeProject(folder: string, definitions: Definitions, settings: Readonly<Record<string, Json>> = {}): Promise<void> {
  const systems: { [name: string]: Json } = {};
  for (const { name, format, counter, projections } of definitions.systems) {
    const inline = projections.map((projection): [string, Json] => {
      const fields = projection.fields.map((field): [string, Json] => {
        const key: { [key: string]: Json } = field.primaryKey ? { primaryKey: true } : {};
        return [field.name, { type: field.type, source: field.source, ...key }];
      });
      const { topics, deleteMechanism } = projection;
      return [projection.name, { fields: Object.fromEntries(fields), topics: [...topics], deleteMechanism }];
    });
    const counting: { [key: string]: Json } = format === 'debezium' ? { counter } : {};
    systems[name] = { format: format as string, ...counting, projections: Object.fromEntries(inline) };
  }
  const singleViews: { [name: string]: Json } = {};
  for (const view of definitions.views) {
    singleViews[view.name] = {
      folder: `./${view.name}`,
      upsertStrategy: view.upsertStrategy.kind,
      deleteStrategy: view.deleteStrategy.kind,
    };
    await writeView(join(folder, view.name), view);
  }
  const { missingFields, emptyObject } = definitions.compatibility;
  const fastData = { erSchema: './erSchema.json', systems, singleViews, compatibility: { missingFields, emptyObject } };
  await write(folder, 'erSchema.json', { version: '1.0.0', config: relationsJson(definitions.relations) });
  await write(folder, 'millrace.json', { id: 'random', data: './.millrace', ...settings, modules: { fastData } });
}

async function writeView(folder: string, view: ViewDefinition): Promise<void> {
  if (view.source.kind !== 'aggregation') throw new Error('Only aggregations are written');
  await mkdir(folder, { recursive: true });
  const { root, blocks, version } = view.source.aggregation;
  const config = Object.fromEntries([root, ...blocks.values()].map((block) => [block.name, blockJson(block)]));
  await write(folder, 'aggregation.json', { version, config });
  if (view.key?.kind === 'fields') await write(folder, 'singleViewKey.json', { version: '1.0.0', config: { ...view.key.fields } });
  if (view.paths !== undefined) {
    const paths = view.paths.map(({ path, identifier }): Json => {
      return { path: [...path], identifier: identifier.kind === 'fields' ? { ...identifier.fields } : {} };
    });
    await write(folder, 'projectionChangesSchema.json', { version: '1.0.0', config: { [view.name]: { paths } } });
  }
}

async function write(folder: string, file: string, content: Json): Promise<void> {
  await writeFile(join(folder, file), JSON.stringify(content, null, 2));
}

function relationsJson(relations: readonly RelationDefinition[]): Json {
  const config: { [source: string]: { outgoing: { [target: string]: { conditions: { [name: string]: Json } } } } } = {};
  for (const { name, source, target, condition, oneToMany } of relations) {
    const { outgoing } = (config[source] ??= { outgoing: {} });
    const { conditions } = (outgoing[target] ??= { conditions: {} });
    conditions[name] = { condition: conditionJson(condition), oneToMany };
  }
  return config;
}

function conditionJson(condition: Condition): { [key: string]: Json } {
  if (condition.kind === 'filter') return { [condition.field.join('.')]: condition.filter as Json };
  if (condition.kind === 'compare') {
    const operand = operandJson(condition.operand);
    return { [condition.field.join('.')]: condition.operator === '$eq' ? operand : { [condition.operator]: operand } };
  }
  const parts = condition.conditions.map(conditionJson);
  return condition.kind === 'and' ? { $and: parts } : { $or: parts };
}

function operandJson(operand: Operand): Json {
  if (operand.kind === 'field') return operand.path.join('.');
  if (operand.kind === 'list') return operand.items.map(operandJson);
  return Array.isArray(operand.value) ? operand.value.map(constantJson) : constantJson(operand.value);
}

function constantJson(value: Value): Json {
  if (typeof value === 'string') return `__string__[${value}]`;
  if (typeof value === 'number') return `__integer__[${value}]`;
  if (typeof value === 'boolean') return `__boolean__[${value}]`;
  if (value === null) return null;
  throw new Error('Only texts, integers, booleans and null are written as constants');
}

function blockJson({ joinDependency, dependencyOrder, dependencies, mapping }: BlockDefinition): Json {
  return {
    ...(joinDependency === undefined ? {} : { joinDependency }),
    ...(dependencyOrder === undefined ? {} : { dependencyOrder: [...dependencyOrder] }),
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency.name, dependencyJson(dependency)])),
    mapping: mappingJson(mapping),
  };
}

function dependencyJson(dependency: DependencyDefinition): Json {
  if (dependency.kind === 'config') return { type: 'config' };
  if (dependency.kind === 'projection') return { type: 'projection', ...bodyJson(dependency.body) };
  const options = dependency.options.map(({ when, body }): Json => ({ when: whenJson(when), value: bodyJson(body) }));
  const fallback: { [key: string]: Json } = dependency.otherwise === undefined ? {} : { default: bodyJson(dependency.otherwise) };
  return { type: 'projection', _select: { options, ...fallback } };
}

function bodyJson(body: DependencyBody): { [key: string]: Json } {
  const json: { [key: string]: Json } = { aliasOf: body.collection, onStates: [...body.onStates] };
  json['on'] = body.on.kind === 'identifier' ? '_identifier' : body.on.name;
  if (body.useAlias !== undefined) json['useAlias'] = body.useAlias;
  if (body.identifierQueryMapping !== undefined) {
    const mapping = Object.entries(body.identifierQueryMapping).map(([field, operand]) => [
      field,
      operand.kind === 'identifier' ? `_identifier.${operand.key}` : constantJson(operand.value),
    ]);
    json['identifierQueryMapping'] = Object.fromEntries(mapping) as Json;
  }
  return json;
}

function mappingJson(mapping: MappingDefinition): Json {
  switch (mapping.kind) {
    case 'constant':
      return constantJson(mapping.value);
    case 'reference':
      return [mapping.dependency, ...mapping.path].join('.');
    case 'object':
      return Object.fromEntries(mapping.fields.map(({ name, value }) => [name, mappingJson(value)]));
    case 'select': {
      const options = mapping.options.map(({ when, value }): Json => ({ when: whenJson(when), value: mappingJson(value) }));
      return { _select: { options, ...(mapping.otherwise === undefined ? {} : { default: mappingJson(mapping.otherwise) }) } };
    }
    case 'function':
      throw new Error('Functions are not written');
  }
}

function whenJson({ operator, left, right }: WhenDefinition): Json {
  return { [operator]: [operandOf(left), operandOf(right)] };
}

function operandOf(operand: WhenOperand): Json {
  if (operand.kind === 'reference') return [operand.dependency, ...operand.path].join('.');
  if (operand.kind === 'constant') return typeof operand.value === 'string' ? constantJson(operand.value) : (operand.value as Json);
  throw new Error('Functions are not written');
}
