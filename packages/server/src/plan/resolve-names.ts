import type { Place } from '../core/problem.ts';
import type { BlockDefinition, DependencyBody, DependencyDefinition, ViewDefinition, WhenDefinition, WhenOperand } from '../core/view.ts';
import type { CollectionFacts } from './collections.ts';
import type { OperandPlan, SlotReference, WhenPlan } from './plan.ts';
import { below } from './problems.ts';
import type { Problems } from './problems.ts';
import { checkField } from './relations.ts';
import type { RelationsByName } from './relations.ts';
import type { Scope } from './scope.ts';

export interface ResolveContext {
  readonly view: ViewDefinition;
  readonly facts: ReadonlyMap<string, CollectionFacts>;
  readonly relations: RelationsByName;
  readonly problems: Problems;
  readonly blocks: ReadonlyMap<string, BlockDefinition>;
  /** Fields that identifiers have, where they are declared. */
  readonly identifierFields: readonly string[] | undefined;
  /** Numbers the dependencies of the view. */
  nextId: number;
}

export function bodiesOf(dependency: DependencyDefinition): readonly DependencyBody[] {
  if (dependency.kind === 'config') return [];
  if (dependency.kind === 'projection') return [dependency.body];
  return [...dependency.options.map((option) => option.body), ...(dependency.otherwise === undefined ? [] : [dependency.otherwise])];
}

export function resolveWhen(when: WhenDefinition, scope: Scope, context: ResolveContext): WhenPlan | undefined {
  const left = resolveOperand(when.left, when.place, scope, context);
  const right = resolveOperand(when.right, when.place, scope, context);
  return left === undefined || right === undefined ? undefined : { operator: when.operator, left, right };
}

function resolveOperand(operand: WhenOperand, place: Place, scope: Scope, context: ResolveContext): OperandPlan | undefined {
  if (operand.kind !== 'reference') return operand;
  const slot = resolveReference(operand.dependency, operand.path, place, scope, context);
  return slot === undefined ? undefined : { kind: 'reference', slot, path: operand.path };
}

/** The slot of a name that can be seen from a block, with its field checked. */
export function resolveReference(
  name: string,
  path: readonly string[],
  place: Place,
  scope: Scope,
  context: ResolveContext,
): SlotReference | undefined {
  const found = scope.find(name);
  if (found === undefined) {
    context.problems.error(
      'UNKNOWN_DEPENDENCY',
      place,
      `${[name, ...path].join('.')} names ${name}, which is no dependency of ${scope.definition.name} or of a block around it`,
      {
        name,
        among: scope.visibleNames(),
        cure: 'Add it to dependencies; a text constant is written __string__[…].',
      },
    );
    return undefined;
  }
  if (!isFoundBefore(found.up, name, scope, context)) return undefined;
  for (const body of bodiesOf(found.definition)) {
    if (path.length > 0 && !checkField(path, body.collection, place, context.facts, context.problems)) return undefined;
  }
  return { up: found.up, slot: scope.ancestor(found.up).slotOf(name) };
}

/** What a block reads of a block around it must have been found when its turn comes. */
export function isFoundBefore(up: number, name: string, scope: Scope, context: ResolveContext): boolean {
  const around = scope.ancestor(up);
  if (up === 0 || around.passed.has(name)) return true;
  reportOrder(around.definition, around.current, [name], context.problems);
  return false;
}

export function reportOrder(block: BlockDefinition, name: string, late: readonly string[], problems: Problems): void {
  const message = `dependencyOrder resolves ${name} before ${late.join(', ')}, which it needs`;
  const place = below(block.place, block.dependencyOrder === undefined ? 'dependencies' : 'dependencyOrder');
  const isKnown = problems.list.some((known) => known.message === message && JSON.stringify(known.place) === JSON.stringify(place));
  if (isKnown) return;
  problems.error('DEPENDENCY_ORDER', place, message, { cure: 'Remove dependencyOrder: a right order is derived.' });
}
