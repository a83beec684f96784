import type { Definitions } from '../../packages/server/src/core/definitions.ts';
import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import type { State } from '../../packages/server/src/core/record.ts';
import type { RelationDefinition } from '../../packages/server/src/core/relation.ts';
import { compareValues } from '../../packages/server/src/core/value-order.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';
import type { BlockDefinition, DependencyBody, DependencyDefinition, MappingDefinition } from '../../packages/server/src/core/view.ts';
import type { ViewDefinition, WhenDefinition, WhenOperand } from '../../packages/server/src/core/view.ts';
import { holds, kindOf, read } from './naive-condition.ts';
import { aggregationOf, baseOf, bodiesOf, identifierOf, viewKeyOf } from './naive-definitions.ts';
import { showValue } from './show-value.ts';

export interface Row {
  readonly document: Document;
  readonly state: State;
}
export type Collections = ReadonlyMap<string, readonly Row[]>;

/**
 * The law's other side: every single view as anyone would compute it who has all projections in memory and all the time in the world.
 * Nested loops over whole collections, straight from the definitions; nothing of the engine but its words and its order of values.
 * A view stands after the views that it reads.
 */
export function naiveViews(definitions: Definitions, projections: Collections): Map<string, Row[]> {
  const collections = new Map(projections);
  const keys = new Map(projectionsOf(definitions).map((projection) => [projection.name, projection.primaryKey]));
  const views = new Map<string, Row[]>();
  for (const view of definitions.views) {
    const rows = naiveView(view, definitions, collections, keys);
    views.set(view.name, rows);
    collections.set(view.name, rows);
    keys.set(view.name, viewKeyOf(view, keys));
  }
  return views;
}

function naiveView(
  view: ViewDefinition,
  definitions: Definitions,
  collections: Collections,
  keys: ReadonlyMap<string, readonly string[]>,
): Row[] {
  const base = baseOf(view);
  const distinct = new Map<string, Document>();
  for (const document of rowsOf(base.body, collections)) {
    const identifier = Object.fromEntries(identifierOf(view, keys).map(([key, field]) => [key, document[field] ?? null]));
    if (!Object.values(identifier).includes(null)) distinct.set(showValue(identifier), identifier);
  }
  const root = aggregationOf(view).root;
  return [...distinct.values()].flatMap((identifier) => {
    const frame = new Frame(root, undefined, { identifier, view, definitions, collections, keys });
    if (frame.doc(base.name) === undefined) return [];
    const { __STATE__: state, ...document } = frame.map(root.mapping) as Document;
    return [{ document, state: (state ?? 'PUBLIC') as State }];
  });
}

interface World {
  readonly identifier: Document;
  readonly view: ViewDefinition;
  readonly definitions: Definitions;
  readonly collections: Collections;
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/** A block being built: the document found for each of its dependencies, and the block around it. */
class Frame {
  readonly block: BlockDefinition;
  readonly parent: Frame | undefined;
  readonly world: World;
  readonly docs = new Map<string, Document | undefined>();

  constructor(block: BlockDefinition, parent: Frame | undefined, world: World) {
    this.block = block;
    this.parent = parent;
    this.world = world;
  }

  doc(name: string): Document | undefined {
    const own = this.block.dependencies.find((one) => one.name === name);
    if (own === undefined || own.kind === 'config') return this.parent?.doc(name);
    if (!this.docs.has(name)) this.docs.set(name, this.find(own)[0]);
    return this.docs.get(name);
  }

  find(dependency: Exclude<DependencyDefinition, { kind: 'config' }>): Document[] {
    const chosen = dependency.kind === 'select' ? dependency.options.find(({ when }) => this.when(when)) : undefined;
    const body = dependency.kind === 'projection' ? dependency.body : (chosen?.body ?? dependency.otherwise);
    if (body === undefined) return [];
    const rows = rowsOf(body, this.world.collections);
    const found =
      body.on.kind === 'identifier'
        ? rows.filter((row) => this.identifies(body, row))
        : this.join(dependency.name, body, body.on.name, rows);
    const key = this.world.keys.get(body.collection) ?? [];
    return found.sort((a, b) => key.map((field) => compareValues(a[field], b[field])).find((order) => order !== 0) ?? 0);
  }

  identifies(body: DependencyBody, row: Document): boolean {
    const { identifier } = this.world;
    const mapping = body.identifierQueryMapping;
    if (mapping === undefined) return Object.keys(identifier).every((field) => compareValues(row[field], identifier[field]) === 0);
    return Object.entries(mapping).every(
      ([field, one]) => compareValues(row[field], one.kind === 'constant' ? one.value : identifier[one.key]) === 0,
    );
  }

  join(dependent: string, body: DependencyBody, condition: string, rows: Document[]): Document[] {
    const relation = relationTo(body.collection, condition, this.world.definitions.relations);
    const forward = relation.target === body.collection;
    const source = this.source(dependent, body.useAlias, forward ? relation.source : relation.target);
    if (source === undefined) return [];
    return rows.filter((row) => (forward ? holds(relation.condition, source, row) : holds(relation.condition, row, source)));
  }

  /** The document that a dependency starts from: of the named one, else of the nearest that reads the collection. */
  source(dependent: string, alias: string | undefined, collection: string): Document | undefined {
    if (alias !== undefined) return this.doc(alias);
    const own = this.block.dependencies.find(
      (one) => one.name !== dependent && bodiesOf(one).some((body) => body.collection === collection),
    );
    return own === undefined ? this.parent?.source(dependent, undefined, collection) : this.doc(own.name);
  }

  when({ operator, left, right }: WhenDefinition): boolean {
    const [a, b] = [this.operand(left), this.operand(right)];
    const order = compareValues(a, b);
    if (operator === '==' || operator === '!=') return (order === 0) === (operator === '==');
    if (kindOf(a) !== kindOf(b)) return false;
    return operator === '>' ? order > 0 : operator === '<' ? order < 0 : operator === '>=' ? order >= 0 : order <= 0;
  }

  operand(operand: WhenOperand): Value {
    if (operand.kind === 'function') throw new Error('Functions are not recomputed');
    return operand.kind === 'constant' ? operand.value : (read(this.doc(operand.dependency), operand.path) ?? null);
  }

  map(mapping: MappingDefinition): Value | undefined {
    if (mapping.kind === 'function') throw new Error('Functions are not recomputed');
    if (mapping.kind === 'constant') return mapping.value;
    if (mapping.kind === 'reference') {
      const child = mapping.path.length === 0 ? aggregationOf(this.world.view).blocks.get(mapping.dependency) : undefined;
      return child === undefined ? read(this.doc(mapping.dependency), mapping.path) : this.build(child);
    }
    if (mapping.kind === 'select') {
      const chosen = mapping.options.find(({ when }) => this.when(when))?.value ?? mapping.otherwise;
      return chosen === undefined ? undefined : this.map(chosen);
    }
    const values = mapping.fields.map(({ name, value }) => [name, this.map(value)] as const);
    const { missingFields } = this.world.definitions.compatibility;
    return Object.fromEntries(
      missingFields === 'omit' ? values.filter(([, value]) => value !== undefined) : values.map(([name, value]) => [name, value ?? null]),
    );
  }

  build(block: BlockDefinition): Value {
    const frame = new Frame(block, this, this.world);
    const join = block.dependencies.find((one) => one.name === block.joinDependency);
    // Random projects declare first what is resolved first; only what is looked up can be missing.
    const lookedUp = (name: string): boolean => block.dependencies.some((one) => one.name === name && one.kind !== 'config');
    const first = (block.dependencyOrder ?? block.dependencies.map(({ name }) => name)).find(lookedUp);
    if (join === undefined || join.kind === 'config') {
      const empty = this.world.definitions.compatibility.emptyObject === 'null' && first !== undefined && frame.doc(first) === undefined;
      return empty ? null : (frame.map(block.mapping) as Value);
    }
    return frame.find(join).map((document) => {
      const each = new Frame(block, this, this.world);
      each.docs.set(join.name, document);
      return each.map(block.mapping) as Value;
    });
  }
}

function rowsOf(body: DependencyBody, collections: Collections): Document[] {
  return (collections.get(body.collection) ?? []).filter((row) => body.onStates.includes(row.state)).map((row) => row.document);
}

function relationTo(collection: string, name: string, relations: readonly RelationDefinition[]): RelationDefinition {
  const named = relations.filter((one) => one.name === name);
  return (named.find((one) => one.target === collection) ?? named.find((one) => one.source === collection)) as RelationDefinition;
}
