import type { RelationDefinition } from '../core/relation.ts';
import type { BlockDefinition, DependencyBody, DependencyDefinition, MappingDefinition, WhenDefinition } from '../core/view.ts';
import { below } from './problems.ts';
import type { Scope } from './scope.ts';
import { bodiesOf, reportOrder } from './resolve-names.ts';
import type { ResolveContext } from './resolve-names.ts';

/** Where the known documents of a dependency come from. */
export interface SourceOf {
  readonly name: string;
  readonly up: number;
  readonly relation: RelationDefinition;
  readonly direction: 'forward' | 'backward';
  readonly known: string;
}

/** The order in which a block's dependencies are resolved: the declared one, else each after all that it needs. */
export function resolutionOrder(
  definition: BlockDefinition,
  sources: ReadonlyMap<DependencyBody, SourceOf>,
  scope: Scope,
  context: ResolveContext,
): readonly DependencyDefinition[] | undefined {
  const needs = new Map(
    definition.dependencies.map((dependency) => [dependency.name, needsOf(dependency, definition, sources, scope, context)]),
  );
  return definition.dependencyOrder === undefined
    ? topological(definition, needs, context)
    : declared(definition, definition.dependencyOrder, needs, context);
}

type Needs = ReadonlyMap<string, ReadonlySet<string>>;

/** Names of the same block that must be resolved before. */
function needsOf(
  dependency: DependencyDefinition,
  definition: BlockDefinition,
  sources: ReadonlyMap<DependencyBody, SourceOf>,
  scope: Scope,
  context: ResolveContext,
): ReadonlySet<string> {
  const needs = new Set<string>();
  for (const body of bodiesOf(dependency)) {
    const source = sources.get(body);
    if (source?.up === 0) needs.add(source.name);
  }
  if (dependency.kind === 'select') for (const option of dependency.options) whenNames(option.when, needs);
  if (dependency.kind === 'config') {
    const child = context.blocks.get(dependency.name);
    if (child !== undefined) for (const name of freeNames(child, context, [])) needs.add(name);
    // What stands on a condition inside may start from any dependency out here.
    for (const other of definition.dependencies) if (other.kind !== 'config') needs.add(other.name);
  }
  for (const name of needs) if (scope.definitionOf(name) === undefined) needs.delete(name);
  needs.delete(dependency.name);
  return needs;
}

function whenNames(when: WhenDefinition, names: Set<string>): void {
  for (const operand of [when.left, when.right]) if (operand.kind === 'reference') names.add(operand.dependency);
}

/** Names that a block and the blocks in it refer to. */
function freeNames(block: BlockDefinition, context: ResolveContext, seen: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  if (seen.includes(block.name)) return names;
  mappingNames(block.mapping, names);
  for (const dependency of block.dependencies) {
    if (dependency.kind === 'select') for (const option of dependency.options) whenNames(option.when, names);
    const child = dependency.kind === 'config' ? context.blocks.get(dependency.name) : undefined;
    if (child !== undefined) for (const name of freeNames(child, context, [...seen, block.name])) names.add(name);
  }
  for (const dependency of block.dependencies) names.delete(dependency.name);
  return names;
}

function mappingNames(mapping: MappingDefinition, names: Set<string>): void {
  if (mapping.kind === 'reference') names.add(mapping.dependency);
  if (mapping.kind === 'object') for (const { value } of mapping.fields) mappingNames(value, names);
  if (mapping.kind === 'select') {
    for (const option of mapping.options) {
      whenNames(option.when, names);
      mappingNames(option.value, names);
    }
    if (mapping.otherwise !== undefined) mappingNames(mapping.otherwise, names);
  }
}

/** Kahn's algorithm; ties are broken by declaration. */
function topological(definition: BlockDefinition, needs: Needs, context: ResolveContext): readonly DependencyDefinition[] | undefined {
  const order: DependencyDefinition[] = [];
  const placed = new Set<string>();
  let waiting = [...definition.dependencies];
  while (waiting.length > 0) {
    const ready = waiting.find((dependency) => [...(needs.get(dependency.name) ?? [])].every((name) => placed.has(name)));
    if (ready === undefined) {
      const cycle = findCycle(waiting, needs);
      context.problems.error(
        'DEPENDENCY_CYCLE',
        below(definition.place, 'dependencies'),
        `Dependencies of ${definition.name} need each other: ${cycle.join(' → ')}`,
        {
          cure: 'Start one of them from another dependency with useAlias.',
        },
      );
      return undefined;
    }
    order.push(ready);
    placed.add(ready.name);
    waiting = waiting.filter((dependency) => dependency !== ready);
  }
  return order;
}

function findCycle(waiting: readonly DependencyDefinition[], needs: Needs): string[] {
  const names = new Set(waiting.map((dependency) => dependency.name));
  const path: string[] = [];
  let name = waiting[0]?.name;
  while (name !== undefined && !path.includes(name)) {
    path.push(name);
    name = [...(needs.get(name) ?? [])].find((need) => names.has(need));
  }
  return name === undefined ? path : [...path.slice(path.indexOf(name)), name];
}

function declared(
  definition: BlockDefinition,
  names: readonly string[],
  needs: Needs,
  context: ResolveContext,
): readonly DependencyDefinition[] | undefined {
  const place = below(definition.place, 'dependencyOrder');
  const byName = new Map(definition.dependencies.map((dependency) => [dependency.name, dependency]));
  let failed = false;
  for (const name of names) {
    if (byName.has(name)) continue;
    failed = true;
    context.problems.error('UNKNOWN_DEPENDENCY', place, `dependencyOrder names ${name}, which is no dependency of ${definition.name}`, {
      name,
      among: byName.keys(),
    });
  }
  const listed = new Set(names);
  const order = [...listed].flatMap((name) => byName.get(name) ?? []);
  const missing = definition.dependencies.filter((dependency) => !listed.has(dependency.name));
  if (missing.length > 0) {
    context.problems.warn(
      'DEPENDENCY_ORDER_INCOMPLETE',
      place,
      `dependencyOrder of ${definition.name} leaves out ${missing.map((dependency) => dependency.name).join(', ')}: resolved last`,
    );
  }
  const all = [...order, ...missing];
  const placed = new Set<string>();
  for (const dependency of all) {
    if (dependency.kind !== 'config') {
      const late = [...(needs.get(dependency.name) ?? [])].filter((name) => !placed.has(name));
      if (late.length > 0) {
        failed = true;
        reportOrder(definition, dependency.name, late, context.problems);
      }
    }
    placed.add(dependency.name);
  }
  return failed ? undefined : all;
}
