import type { CodeRole } from '../code/code.ts';
import type { CodeReference } from '../core/code-reference.ts';
import type { Definitions } from '../core/definitions.ts';
import type { Place } from '../core/problem.ts';
import type { BlockDefinition, MappingDefinition, ViewDefinition, WhenDefinition } from '../core/view.ts';
import { below } from './report.ts';

/** A function of the user's, what it is for, and where it is named. */
export interface CodeUse {
  readonly code: CodeReference;
  readonly role: CodeRole;
  readonly place: Place;
}

/** Every function that the definitions name; one that is used several times in the same role stands once. */
export function codeReferences(definitions: Definitions): CodeUse[] {
  const uses = [...systemCode(definitions), ...definitions.views.flatMap(viewCode)];
  const seen = new Map<string, CodeUse>();
  for (const use of uses) {
    const identity = JSON.stringify([use.role, use.code.file, use.code.export ?? null]);
    if (!seen.has(identity)) seen.set(identity, use);
  }
  return [...seen.values()];
}

function systemCode(definitions: Definitions): CodeUse[] {
  return definitions.systems.flatMap((system) => {
    const adapter: CodeUse[] =
      typeof system.format === 'object' ? [{ code: system.format.custom, role: 'adapter', place: below(system.place, 'format') }] : [];
    const casts = system.projections.flatMap((projection) =>
      projection.fields.flatMap((field): CodeUse[] => {
        if (field.cast.kind === 'default') return [];
        const role = field.cast.signature === 'message' ? 'cast-message' : 'cast-value';
        return [{ code: field.cast.code, role, place: below(projection.place, 'fields', field.name, 'castFunction') }];
      }),
    );
    return [...adapter, ...casts];
  });
}

/** Every function that a view names, in the order of reading. */
export function viewCode(view: ViewDefinition): CodeUse[] {
  const uses: CodeUse[] = [];
  const { source } = view;
  if (source.kind === 'manual') {
    uses.push({ code: source.pipeline, role: 'pipeline', place: view.place }, { code: source.mapper, role: 'mapper', place: view.place });
  } else {
    for (const block of [source.aggregation.root, ...source.aggregation.blocks.values()]) uses.push(...blockCode(block));
  }
  if (view.key?.kind === 'function') uses.push({ code: view.key.code, role: 'view-key', place: view.key.place });
  for (const path of view.paths ?? []) {
    if (path.identifier.kind === 'function') {
      uses.push({ code: path.identifier.code, role: 'path-identifier', place: below(path.place, 'identifier') });
    }
  }
  for (const { strategy, place } of view.strategies?.values() ?? []) {
    if (strategy.kind === 'function') uses.push({ code: strategy.code, role: 'strategy', place: below(place, 'strategy') });
  }
  if (view.validator !== undefined) uses.push({ code: view.validator, role: 'validator', place: view.place });
  if (view.upsertStrategy.kind === 'function') uses.push({ code: view.upsertStrategy.code, role: 'upsert', place: view.place });
  if (view.deleteStrategy.kind === 'function') uses.push({ code: view.deleteStrategy.code, role: 'delete', place: view.place });
  return uses;
}

function blockCode(block: BlockDefinition): CodeUse[] {
  const conditions = block.dependencies.flatMap((dependency) =>
    dependency.kind === 'select' ? dependency.options.map((option) => option.when) : [],
  );
  return [...conditions.flatMap(whenCode), ...mappingCode(block.mapping)];
}

function whenCode(when: WhenDefinition): CodeUse[] {
  return [when.left, when.right].flatMap((operand): CodeUse[] =>
    operand.kind === 'function' ? [{ code: operand.code, role: 'operand', place: when.place }] : [],
  );
}

function mappingCode(mapping: MappingDefinition): CodeUse[] {
  switch (mapping.kind) {
    case 'object':
      return mapping.fields.flatMap((field) => mappingCode(field.value));
    case 'function':
      return [{ code: mapping.code, role: 'mapping', place: mapping.place }];
    case 'select':
      return [
        ...mapping.options.flatMap((option) => [...whenCode(option.when), ...mappingCode(option.value)]),
        ...(mapping.otherwise === undefined ? [] : mappingCode(mapping.otherwise)),
      ];
    case 'reference':
    case 'constant':
      return [];
  }
}
