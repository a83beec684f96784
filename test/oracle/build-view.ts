import type { RelationDefinition } from '../../packages/server/src/core/relation.ts';
import type { State } from '../../packages/server/src/core/record.ts';
import type {
  BlockDefinition,
  DependencyBody,
  DependencyDefinition,
  MappingDefinition,
  PathDefinition,
  ViewDefinition,
  WhenDefinition,
} from '../../packages/server/src/core/view.ts';
import type { DependencyBlueprint, ExtraBlueprint, ViewBlueprint } from './blueprint.ts';
import { NOWHERE } from './build-projections.ts';
import type { Endpoint } from './build-relations.ts';

export interface ViewContext {
  readonly name: string;
  /** Projections, and the views before this one. */
  readonly collections: ReadonlyMap<string, Endpoint>;
  readonly relations: readonly RelationDefinition[];
  readonly states: readonly (readonly State[])[];
  /** Dependencies may be declared in any order; else the first that is resolved stands first. */
  readonly anyOrder: boolean;
}

interface Way {
  readonly collection: string;
  readonly relation: string;
  readonly source: Dependency;
}

interface Dependency {
  readonly name: string;
  readonly collection: string;
  readonly block: Block;
  /** The way of each alternative, and then of the default; none for the base. */
  readonly ways: readonly Way[];
  readonly whens: readonly WhenDefinition[];
  readonly blueprint: DependencyBlueprint | undefined;
}

interface Block {
  readonly name: string;
  readonly parent: Block | undefined;
  readonly depth: number;
  readonly dependencies: Dependency[];
  readonly children: Block[];
  readonly fields: { readonly name: string; readonly value: MappingDefinition }[];
  join: Dependency | undefined;
}

const MAX_DEPTH = 4;

/** A view over the given collections, always valid: what a blueprint asks for and there is not, is left out. */
export function viewOf(blueprint: ViewBlueprint, base: Endpoint, context: ViewContext): ViewDefinition {
  const root: Block = { name: 'SV_CONFIG', parent: undefined, depth: 1, dependencies: [], children: [], fields: [], join: undefined };
  const first: Dependency = { name: base.name, collection: base.name, block: root, ways: [], whens: [], blueprint: undefined };
  root.dependencies.push(first);
  const blocks = [root];
  for (const one of blueprint.dependencies) addDependency(one, blocks, context);
  const identifying = identifyingFields(blueprint, base);
  if (blueprint.mapsKey) for (const { field } of identifying) root.fields.push({ name: field, value: reference(first, field) });
  for (const name of ['s', 'n'])
    if (base.columns.some((column) => column.name === name) && !root.fields.some((field) => field.name === name))
      root.fields.push({ name, value: reference(first, name) });
  for (const block of blocks) mapDependencies(block, context);
  for (const extra of blueprint.extras) addExtra(extra, blocks, context);
  if (root.fields.length === 0) root.fields.push({ name: 'c', value: { kind: 'constant', value: 1, place: NOWHERE } });
  const definitions = blocks.map((block) => blockDefinition(block, blueprint, identifying, context));
  const keyed = blueprint.mapsKey && blueprint.key === 1;
  return {
    name: context.name,
    source: {
      kind: 'aggregation',
      aggregation: {
        version: '1.3.0',
        root: definitions[0] as BlockDefinition,
        blocks: new Map(definitions.slice(1).map((block) => [block.name, block])),
        place: NOWHERE,
      },
    },
    key: keyed
      ? { kind: 'fields', fields: Object.fromEntries(identifying.map(({ key, field }) => [field, key])), place: NOWHERE }
      : undefined,
    paths: blueprint.paths ? pathsOf(blocks, identifying) : undefined,
    strategies: undefined,
    validator: undefined,
    onInvalid: 'delete',
    upsertStrategy: { kind: blueprint.upsert ? 'update' : 'replace' },
    deleteStrategy: { kind: blueprint.virtualDelete ? 'virtualDelete' : 'delete' },
    maxProcessingMs: 30_000,
    retry: { attempts: 5, delayMs: 1000 },
    dependsOn: [],
    place: NOWHERE,
  };
}

/** Key of the identifier ← field of the base. */
export function identifyingFields(blueprint: ViewBlueprint, base: Endpoint): readonly { readonly key: string; readonly field: string }[] {
  const hasText = base.columns.some((column) => column.name === 's');
  if (blueprint.identifier === 2 && hasText) return [{ key: 'category', field: 's' }];
  const renamed = blueprint.identifier === 1 || (blueprint.identifier === 3 && hasText);
  return base.key.map((column) => ({ key: renamed ? `my_${column.name}` : column.name, field: column.name }));
}

function visible(block: Block): Dependency[] {
  return [...block.dependencies, ...(block.parent === undefined ? [] : visible(block.parent))];
}

function addDependency(blueprint: DependencyBlueprint, blocks: Block[], context: ViewContext): void {
  const parent = blocks[blueprint.block % blocks.length] as Block;
  const opens = blueprint.place % 6 !== 4 && blueprint.place % 6 !== 2 && parent.depth < MAX_DEPTH;
  const joins = opens && blueprint.place % 6 !== 3;
  const seen = visible(parent).filter((dependency) => new Set(dependency.ways.map((way) => way.collection)).size <= 1);
  // The join dependency is resolved first: it can only start from around its block. So does what is found beside it, from anywhere.
  const linked = seen.filter((dependency) => waysFrom(dependency, context).length > 0);
  const source = linked[blueprint.from % linked.length];
  if (source === undefined) return;
  const ways = waysFrom(source, context);
  const way = ways[blueprint.relation % ways.length] as Way;
  const all = blocks.flatMap((block) => block.dependencies.map((dependency) => dependency.name));
  const name = all.includes(way.collection) || blueprint.alias ? `${way.collection}_${all.length}` : way.collection;
  const block: Block = opens
    ? { name: `B${blocks.length}`, parent, depth: parent.depth + 1, dependencies: [], children: [], fields: [], join: undefined }
    : parent;
  if (opens) {
    parent.children.push(block);
    blocks.push(block);
  }
  const whens = blueprint.select === 0 ? [] : [whenOf(blueprint.select, seen, context)];
  const other = ways[(blueprint.relation + blueprint.select) % ways.length] as Way;
  const alternatives = whens.length === 0 ? [way] : blueprint.select % 3 === 0 ? [way] : [way, other];
  const dependency: Dependency = { name, collection: way.collection, block, ways: alternatives, whens, blueprint };
  block.dependencies.push(dependency);
  if (joins) block.join = dependency;
}

function waysFrom(source: Dependency, context: ViewContext): Way[] {
  const ways: Way[] = [];
  for (const relation of context.relations) {
    const ends = relation.source === source.collection ? [relation.target] : relation.target === source.collection ? [relation.source] : [];
    for (const collection of ends) if (context.collections.has(collection)) ways.push({ collection, relation: relation.name, source });
  }
  return ways;
}

function columnsOf(dependency: Dependency, context: ViewContext): readonly string[] {
  const lists = (dependency.ways.length === 0 ? [dependency.collection] : dependency.ways.map((way) => way.collection)).map((name) => {
    const { key, columns } = context.collections.get(name) as Endpoint;
    return [...new Set([...columns, ...key].map((column) => column.name))];
  });
  return (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
}

function mapDependencies(block: Block, context: ViewContext): void {
  for (const dependency of block.dependencies) {
    const columns = columnsOf(dependency, context);
    for (const choice of new Set(dependency.blueprint?.fields.map((field) => field % columns.length))) {
      const column = columns[choice];
      if (column !== undefined) block.fields.push({ name: `${dependency.name}_${column}`, value: reference(dependency, column) });
    }
  }
  for (const child of block.children) {
    block.fields.push({ name: child.name.toLowerCase(), value: { kind: 'reference', dependency: child.name, path: [], place: NOWHERE } });
  }
}

function addExtra(extra: ExtraBlueprint, blocks: readonly Block[], context: ViewContext): void {
  const block = blocks[extra.block % blocks.length] as Block;
  const seen = visible(block);
  const dependency = seen[extra.dependency % seen.length] as Dependency;
  const columns = columnsOf(dependency, context);
  const copy = columns.length === 0 ? text('none') : reference(dependency, columns[extra.field % columns.length] as string);
  const name = `x${block.fields.length}`;
  const when = (): WhenDefinition => whenOf(extra.field, seen, context);
  const put = (value: MappingDefinition): number => block.fields.push({ name, value });
  switch (extra.kind) {
    case 0:
      return void put(text('constant'));
    case 1: {
      const fields = [
        { name: 'a', value: copy },
        { name: 'b', value: { kind: 'object', fields: [{ name: 'c', value: text('deep') }], place: NOWHERE } as const },
      ];
      return void put({ kind: 'object', fields, place: NOWHERE });
    }
    case 2:
      return void put({ kind: 'select', options: [{ when: when(), value: copy }], otherwise: text('else'), place: NOWHERE });
    case 3:
      return void put({ kind: 'select', options: [{ when: when(), value: text('then') }], otherwise: undefined, place: NOWHERE });
    case 4:
      return void put(copy);
    case 5:
      return void put({ kind: 'constant', value: extra.field % 2 === 0 ? true : null, place: NOWHERE });
    case 6:
      return void (columns.includes('o') && put(reference(dependency, extra.field % 2 === 0 ? 'o.x' : 'o.y.z')));
    case 7:
    case 8: {
      const root = blocks[0] as Block;
      if (root.fields.some((field) => field.name === '__STATE__')) return undefined;
      const condition = whenOf(extra.field, root.dependencies, context);
      const select: MappingDefinition = {
        kind: 'select',
        options: [{ when: condition, value: text('DRAFT') }],
        otherwise: extra.field % 2 === 0 ? text('PUBLIC') : undefined,
        place: NOWHERE,
      };
      return void root.fields.push({ name: '__STATE__', value: extra.kind === 7 ? select : text('DRAFT') });
    }
    default:
      return void put(copy);
  }
}

function whenOf(choice: number, seen: readonly Dependency[], context: ViewContext): WhenDefinition {
  const dependency = seen[choice % seen.length] as Dependency;
  const columns = columnsOf(dependency, context);
  const operand = (name: string): WhenDefinition['left'] => ({ kind: 'reference', dependency: dependency.name, path: [name] });
  const constant = (value: string | number | null): WhenDefinition['right'] => ({ kind: 'constant', value });
  const operator = (['==', '!=', '>', '<', '>=', '<='] as const)[choice % 6] as WhenDefinition['operator'];
  if (choice % 6 > 1 && columns.includes('n')) return { operator, left: operand('n'), right: constant(1), place: NOWHERE };
  const equality = choice % 2 === 0 ? '==' : '!=';
  if (columns.includes('m') && choice > 5) return { operator: equality, left: operand('m'), right: constant(null), place: NOWHERE };
  if (columns.includes('s')) return { operator: equality, left: operand('s'), right: constant('a'), place: NOWHERE };
  return { operator: '==', left: constant('a'), right: constant('a'), place: NOWHERE };
}

function blockDefinition(
  block: Block,
  blueprint: ViewBlueprint,
  identifying: readonly { readonly key: string; readonly field: string }[],
  context: ViewContext,
): BlockDefinition {
  const found = block.dependencies.map((dependency) => dependencyDefinition(dependency, blueprint, identifying, context));
  const children = block.children.map((child): DependencyDefinition => ({ kind: 'config', name: child.name, place: NOWHERE }));
  const inOrder = [...found, ...children];
  // Without a declared order, any order of declaration must do.
  const dependencies = !blueprint.declaredOrder && context.anyOrder && blueprint.key === 2 ? [...inOrder].reverse() : inOrder;
  return {
    name: block.name,
    joinDependency: block.join?.name,
    dependencyOrder: blueprint.declaredOrder ? inOrder.map((dependency) => dependency.name) : undefined,
    dependencies,
    mapping: { kind: 'object', fields: block.fields, place: NOWHERE },
    place: NOWHERE,
  };
}

function dependencyDefinition(
  dependency: Dependency,
  blueprint: ViewBlueprint,
  identifying: readonly { readonly key: string; readonly field: string }[],
  context: ViewContext,
): DependencyDefinition {
  const { name, ways, whens } = dependency;
  if (ways.length === 0) {
    const body: DependencyBody = {
      collection: dependency.collection,
      on: { kind: 'identifier' },
      useAlias: undefined,
      identifierQueryMapping: queryMapping(blueprint, identifying),
      onStates: context.states[blueprint.states % context.states.length] ?? ['PUBLIC'],
      place: NOWHERE,
    };
    return { kind: 'projection', name, body, place: NOWHERE };
  }
  const bodies = ways.map((way) => bodyOf(way, dependency, context));
  if (whens.length === 0) return { kind: 'projection', name, body: bodies[0] as DependencyBody, place: NOWHERE };
  const options = whens.map((when, i) => ({ when, body: bodies[i] as DependencyBody }));
  return { kind: 'select', name, options, otherwise: bodies[whens.length], place: NOWHERE };
}

function bodyOf(way: Way, dependency: Dependency, context: ViewContext): DependencyBody {
  const rivals = visible(dependency.block).filter(
    (other) =>
      other !== dependency &&
      (other.collection === way.source.collection || other.ways.some((one) => one.collection === way.source.collection)),
  );
  return {
    collection: way.collection,
    on: { kind: 'condition', name: way.relation },
    useAlias: rivals.length > 1 || dependency.blueprint?.useAlias === true ? way.source.name : undefined,
    identifierQueryMapping: undefined,
    onStates: context.states[(dependency.blueprint?.states ?? 0) % context.states.length] ?? ['PUBLIC'],
    place: NOWHERE,
  };
}

function queryMapping(
  blueprint: ViewBlueprint,
  identifying: readonly { readonly key: string; readonly field: string }[],
): DependencyBody['identifierQueryMapping'] {
  if (identifying.every(({ key, field }) => key === field)) return undefined;
  const mapping = Object.fromEntries(identifying.map(({ key, field }) => [field, { kind: 'identifier', key } as const]));
  return blueprint.identifier === 3 ? { ...mapping, s: { kind: 'constant', value: 'a' } } : mapping;
}

/** Every way from a dependency to the base, as one would declare it by hand. */
function pathsOf(blocks: readonly Block[], identifying: readonly { readonly key: string; readonly field: string }[]): PathDefinition[] {
  const fields = Object.fromEntries(identifying.map(({ key, field }) => [key, field]));
  const chains = (dependency: Dependency): string[][] =>
    dependency.ways.length === 0
      ? [[dependency.collection]]
      : dependency.ways.flatMap((way) => chains(way.source).map((chain) => [way.collection, ...chain]));
  const all = blocks.flatMap((block) => block.dependencies.flatMap(chains));
  const distinct = new Map(all.map((path) => [path.join(), path]));
  return [...distinct.values()].map((path) => ({ path, identifier: { kind: 'fields', fields }, place: NOWHERE }));
}

function reference(dependency: Dependency, path: string): MappingDefinition {
  return { kind: 'reference', dependency: dependency.name, path: path.split('.'), place: NOWHERE };
}

function text(value: string): MappingDefinition {
  return { kind: 'constant', value, place: NOWHERE };
}
