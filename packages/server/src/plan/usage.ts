import type { Condition, Operand } from '../core/relation.ts';
import type { BlockPlan, DependencyPlan, Hop, MappingPlan, SlotReference, WhenPlan } from './plan.ts';

/** Top-level fields of a dependency's documents that the view can tell apart; `all` where a function is handed them. */
export type Fields = Set<string> | 'all';

/** By dependency: which of its fields matter. A change of any other field leaves the view as it is. */
export function fieldUsage(root: BlockPlan): Map<DependencyPlan, Fields> {
  const usage = new Map<DependencyPlan, Fields>();
  visitBlock(root, [], usage);
  return usage;
}

/** The dependencies in the slots of the blocks around, nearest first. */
type Slots = readonly (readonly (DependencyPlan | undefined)[])[];

function visitBlock(block: BlockPlan, around: Slots, usage: Map<DependencyPlan, Fields>): void {
  const own: (DependencyPlan | undefined)[] = [];
  for (const step of block.steps) if (step.kind === 'find') own[step.slot] = step.dependency;
  const slots = [own, ...around];
  for (const step of block.steps) {
    if (step.kind === 'block') visitBlock(step.block, slots, usage);
    else visitDependency(step.dependency, slots, usage);
  }
  visitMapping(block.mapping, slots, usage);
}

function visitDependency(dependency: DependencyPlan, slots: Slots, usage: Map<DependencyPlan, Fields>): void {
  for (const alternative of dependency.alternatives) {
    if (alternative.when !== undefined) visitWhen(alternative.when, slots, usage);
    for (const field of alternative.key) use(usage, dependency, field);
    if (alternative.find.kind === 'identifier') {
      for (const { field } of alternative.find.fields) use(usage, dependency, field);
      continue;
    }
    const { known, wanted } = hopFields(alternative.find.hop);
    for (const field of wanted) use(usage, dependency, field);
    for (const field of known) use(usage, alternative.find.fromDependency, field);
  }
}

function visitMapping(mapping: MappingPlan, slots: Slots, usage: Map<DependencyPlan, Fields>): void {
  switch (mapping.kind) {
    case 'constant':
      return;
    case 'reference':
      useSlot(usage, slots, mapping.slot, mapping.path);
      return;
    case 'function':
      for (const { slot } of mapping.visible) useSlot(usage, slots, slot, []);
      return;
    case 'object':
      for (const { value } of mapping.fields) visitMapping(value, slots, usage);
      return;
    case 'select':
      for (const option of mapping.options) {
        visitWhen(option.when, slots, usage);
        visitMapping(option.value, slots, usage);
      }
      if (mapping.otherwise !== undefined) visitMapping(mapping.otherwise, slots, usage);
  }
}

function visitWhen(when: WhenPlan, slots: Slots, usage: Map<DependencyPlan, Fields>): void {
  for (const operand of [when.left, when.right]) if (operand.kind === 'reference') useSlot(usage, slots, operand.slot, operand.path);
}

function useSlot(usage: Map<DependencyPlan, Fields>, slots: Slots, slot: SlotReference, path: readonly string[]): void {
  const dependency = slots[slot.up]?.[slot.slot];
  if (dependency === undefined) return;
  if (path[0] === undefined) usage.set(dependency, 'all');
  else use(usage, dependency, path[0]);
}

function use(usage: Map<DependencyPlan, Fields>, dependency: DependencyPlan, field: string): void {
  const fields = usage.get(dependency);
  if (fields === 'all') return;
  if (fields === undefined) usage.set(dependency, new Set([field]));
  else fields.add(field);
}

/** Top-level fields that a hop reads, of the known and of the wanted documents. */
export function hopFields(hop: Hop): { readonly known: ReadonlySet<string>; readonly wanted: ReadonlySet<string> } {
  const known = new Set<string>();
  const wanted = new Set<string>();
  for (const branch of hop.branches) {
    for (const key of branch.keys) {
      wanted.add(key.wanted[0] as string);
      if (key.value.kind === 'known') known.add(key.value.path[0] as string);
    }
    if (branch.residual === undefined) continue;
    const [source, target] = branch.direction === 'forward' ? [known, wanted] : [wanted, known];
    conditionFields(branch.residual, source, target);
  }
  return { known, wanted };
}

function conditionFields(condition: Condition, source: Set<string>, target: Set<string>): void {
  if (condition.kind === 'and' || condition.kind === 'or') {
    for (const part of condition.conditions) conditionFields(part, source, target);
    return;
  }
  if (condition.kind !== 'compare' && condition.kind !== 'filter') return;
  target.add(condition.field[0] as string);
  if (condition.kind === 'compare') operandFields(condition.operand, source);
}

function operandFields(operand: Operand, source: Set<string>): void {
  if (operand.kind === 'field') source.add(operand.path[0] as string);
  if (operand.kind === 'list') for (const item of operand.items) operandFields(item, source);
}
