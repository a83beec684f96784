import { projectionsOf } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import type { FieldType } from '../core/projection.ts';
import type { DependencyBody, MappingDefinition, ViewDefinition } from '../core/view.ts';

/** What is known of a collection before any plan is made. */
export interface CollectionFacts {
  readonly name: string;
  readonly kind: 'projection' | 'view';
  readonly fields: ReadonlyMap<string, FieldType | undefined>;
  readonly closed: boolean;
  /** Of a projection its primary key; of a view it is derived later. */
  readonly key: readonly string[];
}

const SCALARS: ReadonlySet<FieldType> = new Set(['string', 'number', 'long', 'decimal', 'boolean', 'date', 'objectId']);

export function collectFacts(definitions: Definitions): Map<string, CollectionFacts> {
  const facts = new Map<string, CollectionFacts>();
  for (const projection of projectionsOf(definitions)) {
    const fields = new Map(projection.fields.map((field) => [field.name, field.type] as const));
    facts.set(projection.name, { name: projection.name, kind: 'projection', fields, closed: true, key: projection.primaryKey });
  }
  for (const view of definitions.views) {
    if (!facts.has(view.name)) facts.set(view.name, viewFacts(view, facts));
  }
  return facts;
}

function viewFacts(view: ViewDefinition, facts: ReadonlyMap<string, CollectionFacts>): CollectionFacts {
  const fields = new Map<string, FieldType | undefined>();
  const closed = view.source.kind === 'aggregation' && view.upsertStrategy.kind === 'replace';
  if (view.source.kind === 'aggregation') {
    const { root } = view.source.aggregation;
    const bodies = new Map<string, DependencyBody>();
    for (const dependency of root.dependencies) if (dependency.kind === 'projection') bodies.set(dependency.name, dependency.body);
    if (root.mapping.kind === 'object') {
      for (const { name, value } of root.mapping.fields) if (name !== '__STATE__') fields.set(name, mappedType(value, bodies, facts));
    }
  }
  return { name: view.name, kind: 'view', fields, closed, key: [] };
}

/** Type of a field of a view, where the mapping copies it from a typed field. */
function mappedType(
  mapping: MappingDefinition,
  bodies: ReadonlyMap<string, DependencyBody>,
  facts: ReadonlyMap<string, CollectionFacts>,
): FieldType | undefined {
  if (mapping.kind === 'object') return 'object';
  if (mapping.kind === 'constant') {
    if (typeof mapping.value === 'string') return 'string';
    if (typeof mapping.value === 'number') return 'number';
    return typeof mapping.value === 'boolean' ? 'boolean' : undefined;
  }
  if (mapping.kind !== 'reference') return undefined;
  const field = mapping.path[0];
  const collection = bodies.get(mapping.dependency)?.collection;
  if (field === undefined || mapping.path.length > 1 || collection === undefined) return undefined;
  return facts.get(collection)?.fields.get(field);
}

/** Type of a dotted path, where it is known. */
export function typeOfPath(facts: CollectionFacts | undefined, path: readonly string[]): FieldType | undefined {
  return path.length === 1 ? facts?.fields.get(path[0] as string) : undefined;
}

/** Whether a path surely holds no array: then an index has one key per document. */
export function isScalar(facts: CollectionFacts | undefined, path: readonly string[]): boolean {
  const type = typeOfPath(facts, path);
  return facts?.kind === 'projection' && type !== undefined && SCALARS.has(type);
}

/** Types of one class can be equal; `undefined` joins anything. */
export function joinClass(type: FieldType | undefined): string | undefined {
  switch (type) {
    case 'number':
    case 'long':
    case 'decimal':
    case 'arrayOfNumber':
      return 'number';
    case 'string':
    case 'arrayOfString':
      return 'string';
    case 'boolean':
    case 'date':
    case 'objectId':
      return type;
    default:
      return undefined;
  }
}
