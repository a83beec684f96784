import type { CollectionPlan } from '../plan/plan.ts';
import type { CollectionDefinition } from '../store/store.ts';

/** What a store has to know of a collection. */
export function definitionOf({ name, kind, key, indexes }: CollectionPlan): CollectionDefinition {
  return { name, kind: kind === 'view' ? 'view' : 'projection', key, indexes };
}
