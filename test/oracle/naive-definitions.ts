import type { AggregationDefinition, DependencyBody, DependencyDefinition, ViewDefinition } from '../../packages/server/src/core/view.ts';

/** What the naive recomputation reads from a definition: no more than stands there. */
export function aggregationOf(view: ViewDefinition): AggregationDefinition {
  if (view.source.kind !== 'aggregation') throw new Error('Only aggregations can be recomputed');
  return view.source.aggregation;
}

export function bodiesOf(dependency: DependencyDefinition): readonly DependencyBody[] {
  if (dependency.kind === 'config') return [];
  if (dependency.kind === 'projection') return [dependency.body];
  return [...dependency.options.map((option) => option.body), ...(dependency.otherwise === undefined ? [] : [dependency.otherwise])];
}

/** The dependency on the identifier, and its name. */
export function baseOf(view: ViewDefinition): { readonly name: string; readonly body: DependencyBody } {
  for (const dependency of aggregationOf(view).root.dependencies) {
    if (dependency.kind === 'projection' && dependency.body.on.kind === 'identifier') return dependency;
  }
  throw new Error(`No base of ${view.name}`);
}

/** Key of the identifier, and the field of the base that it is read from. */
export function identifierOf(view: ViewDefinition, keys: ReadonlyMap<string, readonly string[]>): readonly (readonly [string, string])[] {
  const { body } = baseOf(view);
  const mapping = Object.entries(body.identifierQueryMapping ?? {});
  if (mapping.length === 0) return (keys.get(body.collection) ?? []).map((field) => [field, field]);
  return mapping.flatMap(([field, operand]) => (operand.kind === 'identifier' ? [[operand.key, field] as const] : []));
}

/** Fields of a view that hold its identifier: none where one of them is not mapped. */
export function viewKeyOf(view: ViewDefinition, keys: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const { mapping } = aggregationOf(view).root;
  const fields = mapping.kind === 'object' ? mapping.fields : [];
  const found = identifierOf(view, keys).map(([, wanted]) =>
    fields.find(({ value }) => value.kind === 'reference' && value.dependency === baseOf(view).name && value.path.join('.') === wanted),
  );
  return found.every((field) => field !== undefined) ? found.map((field) => field.name) : [];
}
