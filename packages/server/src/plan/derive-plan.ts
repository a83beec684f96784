import type { Definitions } from '../core/definitions.ts';
import type { Problem } from '../core/problem.ts';
import { collectFacts } from './collections.ts';
import { viewKeyFields } from './identifiers.ts';
import { Indexes } from './indexes.ts';
import type { CollectionPlan, Plan, ViewPlan } from './plan.ts';
import { Problems } from './problems.ts';
import { checkRelations } from './relations.ts';
import { typedRelations } from './typed-relations.ts';
import { planView } from './view-plan.ts';

export interface DeriveOptions {
  /** Collections that are neither projections nor views can be read from the store. */
  readonly foreignCollections?: boolean;
}

/** Derives all that follows from the definitions, and checks all that needs the whole of them. The plan is null where there are errors. */
export function derivePlan(
  definitions: Definitions,
  options: DeriveOptions = {},
): { readonly plan: Plan | null; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const facts = collectFacts(definitions);
  // Twice: a view may take its key from a view that is defined after it.
  for (const view of [...definitions.views, ...definitions.views]) {
    const known = facts.get(view.name);
    if (known?.kind === 'view') facts.set(view.name, { ...known, key: viewKeyFields(view, facts) });
  }
  const relations = typedRelations(definitions.relations, facts);
  const relationsByName = checkRelations(relations, facts, options.foreignCollections ?? false, problems);
  const context = { facts, relations, relationsByName, problems };
  const views = definitions.views.flatMap((view) => planView(view, context) ?? []);
  const ordered = orderViews(views, problems);
  if (problems.failed) return { plan: null, problems: problems.list };

  const indexes = new Indexes(facts);
  for (const view of views) {
    if (view.root !== undefined) indexes.addAggregation(view.root);
    indexes.addWalks(view.walks.nodes);
  }
  const collections = new Map<string, CollectionPlan>();
  for (const fact of facts.values()) collections.set(fact.name, { ...fact, indexes: indexes.of(fact.name) });
  return { plan: { collections, views: ordered }, problems: problems.list };
}

/** Each view after the views that it reads; views that read each other in a circle would rebuild each other for ever. */
function orderViews(views: readonly ViewPlan[], problems: Problems): ViewPlan[] {
  const byName = new Map(views.map((view) => [view.name, view]));
  const ordered: ViewPlan[] = [];
  const path: string[] = [];
  const visit = (view: ViewPlan): void => {
    if (ordered.includes(view)) return;
    if (path.includes(view.name)) {
      problems.error(
        'VIEW_CYCLE',
        view.definition.place,
        `Single views read each other: ${[...path.slice(path.indexOf(view.name)), view.name].join(' → ')}`,
      );
      return;
    }
    path.push(view.name);
    for (const collection of view.reads) {
      const other = byName.get(collection);
      if (other !== undefined) visit(other);
    }
    path.pop();
    ordered.push(view);
  };
  for (const view of views) visit(view);
  return ordered;
}
