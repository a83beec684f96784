import type { MappingDefinition } from '../core/view.ts';
import type { MappingPlan, SlotReference } from './plan.ts';
import { resolveReference, resolveWhen } from './resolve-names.ts';
import type { ResolveContext } from './resolve-names.ts';
import type { Scope } from './scope.ts';

/** Turns the names in a mapping into slots. Undefined where one of them does not exist; all that do not are reported. */
export function resolveMapping(mapping: MappingDefinition, scope: Scope, context: ResolveContext): MappingPlan | undefined {
  const functions = { count: 0 };
  return resolve(mapping, scope, context, functions);
}

function resolve(mapping: MappingDefinition, scope: Scope, context: ResolveContext, functions: { count: number }): MappingPlan | undefined {
  switch (mapping.kind) {
    case 'constant':
      return { kind: 'constant', value: mapping.value };
    case 'function':
      return { kind: 'function', code: mapping.code, index: functions.count++, visible: visible(scope) };
    case 'reference': {
      const slot = resolveReference(mapping.dependency, mapping.path, mapping.place, scope, context);
      return slot === undefined ? undefined : { kind: 'reference', slot, path: mapping.path };
    }
    case 'object': {
      const fields = mapping.fields.map(({ name, value }) => ({ name, value: resolve(value, scope, context, functions) }));
      return fields.every(isResolved) ? { kind: 'object', fields } : undefined;
    }
    case 'select': {
      const options = mapping.options.map((option) => ({
        when: resolveWhen(option.when, scope, context),
        value: resolve(option.value, scope, context, functions),
      }));
      const otherwise = mapping.otherwise === undefined ? undefined : resolve(mapping.otherwise, scope, context, functions);
      if (mapping.otherwise !== undefined && otherwise === undefined) return undefined;
      const resolved = options.flatMap(({ when, value }) => (when === undefined || value === undefined ? [] : [{ when, value }]));
      return resolved.length < options.length ? undefined : { kind: 'select', options: resolved, otherwise };
    }
  }
}

function isResolved(field: { name: string; value: MappingPlan | undefined }): field is { name: string; value: MappingPlan } {
  return field.value !== undefined;
}

/** What a function's dependenciesMap holds: every name that can be seen, the nearest of equal ones. */
function visible(scope: Scope): readonly { name: string; slot: SlotReference }[] {
  const names = new Map<string, SlotReference>();
  let up = 0;
  for (let current: Scope | undefined = scope; current !== undefined; current = current.parent, up++) {
    for (const dependency of current.definition.dependencies) {
      if (!names.has(dependency.name)) names.set(dependency.name, { up, slot: current.slotOf(dependency.name) });
    }
  }
  return [...names].map(([name, slot]) => ({ name, slot }));
}
