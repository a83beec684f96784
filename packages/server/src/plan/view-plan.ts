import { AssertionError } from '../core/assert.ts';
import type { RelationDefinition } from '../core/relation.ts';
import type { ViewDefinition } from '../core/view.ts';
import type { CollectionFacts } from './collections.ts';
import { declaredWalks } from './declared-paths.ts';
import { checkQueryMapping, deriveIdentify, deriveKey, findBase, identifierFields } from './identifiers.ts';
import type { Base } from './identifiers.ts';
import type { BlockPlan, IdentifyPlan, MappingPlan, ViewPlan, WalkNode, WalkPlan, WhenPlan } from './plan.ts';
import { below } from './problems.ts';
import type { Problems } from './problems.ts';
import type { RelationsByName } from './relations.ts';
import { resolveBlock } from './resolve-aggregation.ts';
import type { ResolveContext } from './resolve-names.ts';
import { chainsOf, dependenciesOf, deriveWalks, endingInFunctions } from './walk-plan.ts';

export interface ViewContext {
  readonly facts: ReadonlyMap<string, CollectionFacts>;
  readonly relations: readonly RelationDefinition[];
  readonly relationsByName: RelationsByName;
  readonly problems: Problems;
}

/** Everything that follows from one view's files. Undefined where they are wrong; all that is wrong is reported. */
export function planView(view: ViewDefinition, context: ViewContext): ViewPlan | undefined {
  checkDependsOn(view, context);
  return view.source.kind === 'aggregation' ? planLowCode(view, context) : planManual(view, context);
}

function planLowCode(view: ViewDefinition, context: ViewContext): ViewPlan | undefined {
  if (view.source.kind !== 'aggregation') throw new AssertionError('A manual view has no aggregation');
  const { aggregation } = view.source;
  const base = findBase(aggregation.root, context.problems);
  const baseFacts = base === undefined ? undefined : context.facts.get(base.body.collection);
  const resolve: ResolveContext = {
    view,
    facts: context.facts,
    relations: context.relationsByName,
    problems: context.problems,
    blocks: aggregation.blocks,
    identifierFields: base === undefined ? undefined : identifierFields(view, baseFacts),
    nextId: 0,
  };
  const root = resolveBlock(aggregation.root, undefined, resolve, []);
  warnUnused(view, context.problems);
  if (root === undefined || base === undefined) return undefined;
  const derived = deriveIdentify(view, base, baseFacts);
  const declared =
    view.paths === undefined
      ? undefined
      : declaredWalks(view.paths, { view, relations: context.relations, facts: context.facts, root, problems: context.problems });
  const ofBase = declared?.find((node) => node.identify !== undefined && node.collection === base.body.collection);
  const identify: IdentifyPlan = ofBase?.identify ?? derived;
  if (ofBase !== undefined) checkQueryMapping(view, base, identify, context.problems);
  const ways = deriveWalks(root, derived);
  if (declared !== undefined) compareWalks(view, declared, ways, context.problems);
  const walks = walkPlan(view, declared ?? ways, context.problems);
  return {
    name: view.name,
    definition: view,
    base: { collection: base.body.collection, states: base.body.onStates },
    root,
    identify,
    key: deriveKey(view, base, identify, context.problems),
    walks,
    reads: new Set([
      ...dependenciesOf(root).flatMap((dependency) => dependency.alternatives.map(({ collection }) => collection)),
      ...view.dependsOn,
    ]),
    needsCode: hasFunctions(view) || blockHasFunctions(root),
  };
}

function planManual(view: ViewDefinition, context: ViewContext): ViewPlan | undefined {
  const { problems } = context;
  const nodes =
    view.paths === undefined
      ? []
      : declaredWalks(view.paths, { view, relations: context.relations, facts: context.facts, root: undefined, problems });
  const base = nodes.find((node) => node.identify !== undefined);
  if (base === undefined && ![...(view.strategies?.values() ?? [])].some(({ strategy }) => strategy.kind === 'function')) {
    problems.error(
      'NO_STRATEGY',
      view.place,
      `Single view ${view.name} is built by pipeline.js, and nothing says which changes rebuild it`,
      {
        cure: 'Add projectionChangesSchema.json with its paths, or kafkaProjectionUpdates.json with strategies of your own.',
      },
    );
    return undefined;
  }
  return {
    name: view.name,
    definition: view,
    base: base === undefined ? undefined : { collection: base.collection, states: ['PUBLIC'] },
    root: undefined,
    identify: base?.identify,
    key: deriveKey(view, undefined as Base | undefined, base?.identify, problems),
    walks: walkPlan(view, nodes, problems),
    reads: new Set([...nodes.map((node) => node.collection), ...view.dependsOn]),
    needsCode: true,
  };
}

function checkDependsOn(view: ViewDefinition, { facts, problems }: ViewContext): void {
  for (const [index, name] of view.dependsOn.entries()) {
    if (facts.has(name)) continue;
    const place = below(view.place, 'dependsOn', index);
    const message = `dependsOn of ${view.name} names ${name}, which is neither a projection nor a single view`;
    problems.error('UNKNOWN_COLLECTION', place, message, { name, among: facts.keys() });
  }
}

function walkPlan(view: ViewDefinition, nodes: readonly WalkNode[], problems: Problems): WalkPlan {
  const whole = new Set(view.dependsOn);
  const functionEnded = endingInFunctions(nodes);
  if (view.strategies === undefined) return { nodes, starts: undefined, custom: new Map(), functionEnded, whole };
  const starts = new Set<string>();
  const custom = new Map<string, { readonly file: string }>();
  for (const [projection, { strategy, place }] of view.strategies) {
    if (strategy.kind === 'function') custom.set(projection, strategy.code);
    else if (nodes.some((node) => node.collection === projection)) starts.add(projection);
    else
      problems.warn(
        'STRATEGY_WITHOUT_PATH',
        place,
        `Strategy __automatic__ of ${projection} finds no path to single view ${view.name}: its changes rebuild nothing`,
      );
  }
  for (const collection of new Set(nodes.map((node) => node.collection))) {
    if (starts.has(collection) || custom.has(collection)) continue;
    problems.warn(
      'STRATEGY_MISSING',
      view.place,
      `kafkaProjectionUpdates.json gives ${collection} no strategy for ${view.name}: its changes will not rebuild it`,
      {
        cure: 'Add it with "strategy": "__automatic__", or remove the file: strategies are derived.',
      },
    );
  }
  return { nodes, starts, custom, functionEnded, whole };
}

/** What was declared holds; where it differs from what follows from the aggregation, the price is named. */
function compareWalks(view: ViewDefinition, declared: readonly WalkNode[], derived: readonly WalkNode[], problems: Problems): void {
  const have = chainsOf(declared);
  const need = chainsOf(derived);
  const place = view.paths?.[0]?.place ?? view.place;
  for (const chain of need) {
    if (!have.has(chain)) {
      problems.warn(
        'PATH_MISSING',
        place,
        `projectionChangesSchema.json has no path ${chain}: a change of ${chain.split(' ')[0] ?? ''} on that way leaves ${view.name} stale`,
        {
          cure: 'Add the path, or remove the file: all paths are derived.',
        },
      );
    }
  }
  for (const chain of have) {
    if (!need.has(chain))
      problems.warn(
        'PATH_NEEDLESS',
        place,
        `Path ${chain} rebuilds ${view.name}, which does not show ${chain.split(' ')[0] ?? ''} by that way`,
      );
  }
}

function warnUnused(view: ViewDefinition, problems: Problems): void {
  if (view.source.kind !== 'aggregation') return;
  const { root, blocks } = view.source.aggregation;
  const used = new Set<string>();
  const visit = (name: string): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const dependency of blocks.get(name)?.dependencies ?? []) if (dependency.kind === 'config') visit(dependency.name);
  };
  for (const dependency of root.dependencies) if (dependency.kind === 'config') visit(dependency.name);
  for (const [name, block] of blocks)
    if (!used.has(name)) problems.warn('UNUSED_CONFIG', below(block.place), `Config ${name} is not a dependency of any block`);
}

function hasFunctions(view: ViewDefinition): boolean {
  return (
    view.validator !== undefined ||
    view.key?.kind === 'function' ||
    view.upsertStrategy.kind === 'function' ||
    view.deleteStrategy.kind === 'function'
  );
}

function blockHasFunctions(block: BlockPlan): boolean {
  return (
    mappingHasFunctions(block.mapping) ||
    block.steps.some((step) =>
      step.kind === 'block'
        ? blockHasFunctions(step.block)
        : step.dependency.alternatives.some(({ when }) => when !== undefined && whenHasFunctions(when)),
    )
  );
}

function whenHasFunctions(when: WhenPlan): boolean {
  return when.left.kind === 'function' || when.right.kind === 'function';
}

function mappingHasFunctions(mapping: MappingPlan): boolean {
  switch (mapping.kind) {
    case 'function':
      return true;
    case 'object':
      return mapping.fields.some(({ value }) => mappingHasFunctions(value));
    case 'select':
      return (
        mapping.options.some(({ when, value }) => whenHasFunctions(when) || mappingHasFunctions(value)) ||
        (mapping.otherwise !== undefined && mappingHasFunctions(mapping.otherwise))
      );
    default:
      return false;
  }
}
