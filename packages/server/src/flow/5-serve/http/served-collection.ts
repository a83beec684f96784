import type { CollectionPlan } from '../../../plan/plan.ts';

/** A collection that is served: a projection or a single view. */
export type ServedCollection = CollectionPlan & { readonly kind: 'projection' | 'view' };
