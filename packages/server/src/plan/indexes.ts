import { isScalar } from './collections.ts';
import type { CollectionFacts } from './collections.ts';
import type { BlockPlan, Hop, IndexPlan, WalkNode } from './plan.ts';
import { dependenciesOf } from './walk-plan.ts';

/** Gathers, by collection, every index that look-ups need. */
export class Indexes {
  readonly #facts: ReadonlyMap<string, CollectionFacts>;
  readonly #indexes = new Map<string, Map<string, IndexPlan>>();

  constructor(facts: ReadonlyMap<string, CollectionFacts>) {
    this.#facts = facts;
  }

  of(collection: string): IndexPlan[] {
    return [...(this.#indexes.get(collection)?.values() ?? [])];
  }

  addAggregation(root: BlockPlan): void {
    for (const dependency of dependenciesOf(root)) {
      for (const { find, collection } of dependency.alternatives) {
        if (find.kind === 'hop') this.#addHop(find.hop);
        else if (!find.byId)
          this.#add(
            collection,
            find.fields.map(({ field }) => field),
          );
      }
    }
  }

  addWalks(nodes: readonly WalkNode[]): void {
    for (const node of nodes) for (const { hop } of node.up) this.#addHop(hop);
  }

  #addHop(hop: Hop): void {
    for (const branch of hop.branches) {
      if (branch.byId) continue;
      if (branch.keys.length > 0)
        this.#add(
          hop.to,
          branch.keys.map((key) => key.wanted.join('.')),
        );
    }
  }

  #add(collection: string, fields: readonly string[]): void {
    const sorted = [...fields].sort();
    const facts = this.#facts.get(collection);
    const known = this.#indexes.get(collection) ?? new Map<string, IndexPlan>();
    known.set(sorted.join(','), { fields: sorted, multi: !sorted.every((field) => isScalar(facts, field.split('.'))) });
    this.#indexes.set(collection, known);
  }
}
