import type { State } from '../core/record.ts';
import type { AlternativePlan, BlockPlan, DependencyPlan, IdentifyPlan, WalkNode } from './plan.ts';
import { fieldUsage } from './usage.ts';

/**
 * The ways from every dependency of an aggregation back to its base: each dependency chain reversed. A dependency that may start from
 * several places has several ways. A node stands before the nodes that it hops to.
 */
export function deriveWalks(root: BlockPlan, identify: IdentifyPlan): WalkNode[] {
  const usage = fieldUsage(root);
  const nodes = new Map<AlternativePlan, WalkNode>();
  const ordered: WalkNode[] = [];

  const nodeOf = (dependency: DependencyPlan, alternative: AlternativePlan): WalkNode => {
    const known = nodes.get(alternative);
    if (known !== undefined) return known;
    const { find } = alternative;
    const up =
      find.kind === 'identifier'
        ? []
        : find.fromDependency.alternatives
            .filter((source) => source.collection === find.hop.from)
            .map((source) => ({ hop: find.back, node: nodeOf(find.fromDependency, source) }));
    const fields = usage.get(dependency);
    const node: WalkNode = {
      id: ordered.length,
      collection: alternative.collection,
      name: dependency.name,
      states: alternative.states,
      fields: fields === 'all' ? undefined : (fields ?? new Set()),
      up,
      joinDependency: dependency.many ? dependency.id : undefined,
      identify: find.kind === 'identifier' ? identify : undefined,
    };
    nodes.set(alternative, node);
    ordered.push(node);
    return node;
  };

  for (const dependency of dependenciesOf(root)) for (const alternative of dependency.alternatives) nodeOf(dependency, alternative);
  return ordered.reverse();
}

/** All dependencies that find documents, of a block and the blocks in it. */
export function dependenciesOf(block: BlockPlan): DependencyPlan[] {
  return block.steps.flatMap((step) => (step.kind === 'find' ? [step.dependency] : dependenciesOf(step.block)));
}

/** The states that a collection's documents may be in to be seen, over all its uses; PUBLIC where it is not used. */
export function statesOf(root: BlockPlan | undefined, collection: string): readonly State[] {
  const states = new Set<State>();
  for (const dependency of root === undefined ? [] : dependenciesOf(root)) {
    for (const alternative of dependency.alternatives)
      if (alternative.collection === collection) for (const state of alternative.states) states.add(state);
  }
  return states.size === 0 ? ['PUBLIC'] : [...states];
}

/** Collections of which some way ends where the user's own function gives the identifiers. */
export function endingInFunctions(nodes: readonly WalkNode[]): ReadonlySet<string> {
  const ending = new Set<WalkNode>();
  for (const node of nodes.toReversed())
    if (node.identify?.kind === 'function' || node.up.some(({ node: next }) => ending.has(next))) ending.add(node);
  return new Set([...ending].map(({ collection }) => collection));
}

/** A way as people write it: `items → orders → customers`. */
export function chainsOf(nodes: readonly WalkNode[]): Set<string> {
  const chains = new Set<string>();
  const follow = (node: WalkNode): string[] =>
    node.up.length === 0
      ? [node.collection]
      : node.up.flatMap(({ node: next }) => follow(next).map((rest) => `${node.collection} → ${rest}`));
  for (const node of nodes) for (const chain of follow(node)) chains.add(chain);
  return chains;
}
