import type { CodeReference } from '../../core/code-reference.ts';
import { AppError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Hop, IndexPlan, Plan, ViewPlan, WalkNode } from '../../plan/plan.ts';

/** The plan of a project as people want to read it; printed as it is with `--json`. */
export interface Explanation {
  readonly views: readonly ExplainedView[];
  readonly collections: readonly ExplainedCollection[];
}

export interface ExplainedView {
  readonly view: string;
  readonly base: string | null;
  /** Fields of the view ← keys of the identifier. */
  readonly key: readonly { readonly field: string; readonly identifier: string }[];
  readonly reads: readonly string[];
  /** Functions of the user take part. */
  readonly code: boolean;
}

export interface ExplainedCollection {
  readonly collection: string;
  readonly kind: 'projection' | 'view' | 'foreign';
  readonly key: readonly string[];
  readonly indexes: readonly { readonly fields: readonly string[]; readonly multi: boolean }[];
  /** What a change of one of its documents does. */
  readonly changes: readonly ExplainedChange[];
}

export interface ExplainedChange {
  readonly view: string;
  /** Name of the dependency that the document stands for. */
  readonly as: string;
  /** Fields whose change matters; null: any change does. A document that appears or disappears always matters. */
  readonly fields: readonly string[] | null;
  /** The way to the base: empty when the document is the base itself. */
  readonly path: readonly ExplainedHop[];
  /** A function of the user says which views change, instead of a way. */
  readonly strategy: string | null;
}

export interface ExplainedHop {
  readonly to: string;
  readonly relations: readonly string[];
  /** Fields of `to` that are looked up, one list per branch; `primary key` needs no index, empty: all documents are read. */
  readonly lookup: readonly { readonly fields: readonly string[]; readonly primaryKey: boolean }[];
}

/** Throws UNKNOWN_COLLECTION where `only` is no view. */
export function explain(plan: Plan, only?: string): Explanation {
  const chosen = only === undefined ? plan.views : plan.views.filter((view) => view.name === only);
  if (chosen.length === 0 && only !== undefined) {
    const meant = suggest(
      only,
      plan.views.map((view) => view.name),
    );
    throw new AppError(
      'UNKNOWN_COLLECTION',
      `"${only}" is not a single view of this project${meant === undefined ? '' : `, did you mean "${meant}"`}`,
    );
  }
  const views = chosen.map(explainView);
  const collections: ExplainedCollection[] = [];
  for (const { name, kind, key, indexes } of plan.collections.values()) {
    const changes = chosen.flatMap((view) => changesOf(view, name));
    if (only === undefined || changes.length > 0)
      collections.push({ collection: name, kind, key, indexes: indexes.map(explainIndex), changes });
  }
  return { views, collections };
}

function explainView(view: ViewPlan): ExplainedView {
  return {
    view: view.name,
    base: view.base?.collection ?? null,
    key: view.key.kind === 'fields' ? view.key.fields.map(({ field, key }) => ({ field, identifier: key })) : [],
    reads: [...view.reads],
    code: view.needsCode,
  };
}

function explainIndex({ fields, multi }: IndexPlan): ExplainedCollection['indexes'][number] {
  return { fields, multi };
}

function changesOf(view: ViewPlan, collection: string): ExplainedChange[] {
  const custom = view.walks.custom.get(collection);
  if (custom !== undefined) return [{ view: view.name, as: collection, fields: null, path: [], strategy: codeText(custom) }];
  return view.walks.nodes
    .filter((node) => node.collection === collection)
    .flatMap((node) => pathsOf(node).map((path) => ({ view: view.name, as: node.name, fields: fieldsOf(node), path, strategy: null })));
}

function fieldsOf(node: WalkNode): string[] | null {
  return node.fields === undefined ? null : [...node.fields].sort();
}

function pathsOf(node: WalkNode): ExplainedHop[][] {
  if (node.up.length === 0) return [[]];
  return node.up.flatMap(({ hop, node: next }) => pathsOf(next).map((rest) => [explainHop(hop), ...rest]));
}

function explainHop(hop: Hop): ExplainedHop {
  const lookup = hop.branches.map((branch) => ({ fields: branch.keys.map((key) => key.wanted.join('.')), primaryKey: branch.byId }));
  return { to: hop.to, relations: hop.relations, lookup };
}

function codeText(code: CodeReference): string {
  return code.export === undefined ? code.file : `${code.file}#${code.export}`;
}
