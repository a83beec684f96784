import type { RelationDefinition } from '../core/relation.ts';
import type { BlockDefinition, DependencyBody, DependencyDefinition, WhenDefinition } from '../core/view.ts';
import { planHop } from './hop.ts';
import { resolveMapping } from './resolve-mapping.ts';
import type { AlternativePlan, BlockPlan, DependencyPlan, Hop, IdentifierField, SlotReference, StepPlan } from './plan.ts';
import { below } from './problems.ts';
import { bodiesOf, isFoundBefore, resolveWhen } from './resolve-names.ts';
import type { ResolveContext } from './resolve-names.ts';
import { checkField } from './relations.ts';
import { resolutionOrder } from './resolution-order.ts';
import type { SourceOf } from './resolution-order.ts';
import { Scope } from './scope.ts';

/** Turns a block's names into slots, its conditions into hops and its dependencies into an order. Undefined where that fails. */
export function resolveBlock(
  definition: BlockDefinition,
  parent: Scope | undefined,
  context: ResolveContext,
  ancestors: readonly string[],
): BlockPlan | undefined {
  const { problems } = context;
  if (ancestors.includes(definition.name)) {
    problems.error(
      'CONFIG_CYCLE',
      definition.place,
      `Config ${definition.name} contains itself: ${[...ancestors, definition.name].join(' → ')}`,
    );
    return undefined;
  }
  const scope = new Scope(definition, parent);
  const { joinDependency } = definition;
  if (joinDependency !== undefined && scope.definitionOf(joinDependency) === undefined) {
    problems.error(
      'UNKNOWN_DEPENDENCY',
      below(definition.place, 'joinDependency'),
      `joinDependency ${joinDependency} is not a dependency of ${definition.name}`,
      {
        expected: 'the name of a dependency of the same block (the alias, where it has one)',
        name: joinDependency,
        among: definition.dependencies.map((dependency) => dependency.name),
      },
    );
    return undefined;
  }
  const sources = sourcesOf(definition, scope, context);
  const order = resolutionOrder(definition, sources, scope, context);
  if (order === undefined) return undefined;
  const steps: StepPlan[] = [];
  for (const dependency of order) {
    scope.current = dependency.name;
    const step = resolveStep(dependency, definition, scope, sources, context, [...ancestors, definition.name]);
    if (step !== undefined) steps.push(step);
    scope.passed.add(dependency.name);
  }
  const mapping = resolveMapping(definition.mapping, scope, context);
  if (mapping === undefined || steps.length < order.length) return undefined;
  const finds = steps.filter((step) => step.kind === 'find');
  return {
    name: definition.name,
    slots: definition.dependencies.length,
    steps,
    join: joinDependency === undefined ? undefined : scope.slotOf(joinDependency),
    first: finds[0]?.slot,
    mapping,
  };
}

/** For each condition that a dependency stands on: which dependency the known documents come from. */
function sourcesOf(definition: BlockDefinition, scope: Scope, context: ResolveContext): Map<DependencyBody, SourceOf> {
  const sources = new Map<DependencyBody, SourceOf>();
  for (const dependency of definition.dependencies) {
    for (const body of bodiesOf(dependency)) {
      if (body.on.kind === 'identifier') continue;
      const source = sourceOf(dependency, body, body.on.name, scope, context);
      if (source !== undefined) sources.set(body, source);
    }
  }
  return sources;
}

function sourceOf(
  dependency: DependencyDefinition,
  body: DependencyBody,
  on: string,
  scope: Scope,
  context: ResolveContext,
): SourceOf | undefined {
  const { problems, relations, facts } = context;
  if (!facts.has(body.collection)) {
    problems.error(
      'UNKNOWN_COLLECTION',
      body.place,
      `Dependency ${dependency.name} reads ${body.collection}, which is neither a projection nor a single view`,
      {
        name: body.collection,
        among: facts.keys(),
        cure: 'Name the collection with aliasOf where the dependency has a name of its own.',
      },
    );
    return undefined;
  }
  const candidates = relations.get(on);
  if (candidates === undefined) {
    problems.error('UNKNOWN_CONDITION', below(body.place, 'on'), `Condition ${on} is not in the ER schema, or is empty there`, {
      expected: 'the name of a condition, or _identifier',
      name: on,
      among: relations.keys(),
    });
    return undefined;
  }
  const oriented = orient(candidates, body.collection);
  if (oriented === undefined) {
    const ends = candidates.map((relation) => `${relation.source} and ${relation.target}`).join('; ');
    problems.error(
      'CONDITION_ELSEWHERE',
      below(body.place, 'on'),
      `Condition ${on} joins ${ends}, not ${body.collection}, which dependency ${dependency.name} reads`,
      {
        cure: 'Use a condition that has this collection at one end, or set aliasOf.',
      },
    );
    return undefined;
  }
  const known = oriented.direction === 'forward' ? oriented.relation.source : oriented.relation.target;
  const found = scope.findSource(dependency.name, known, body.useAlias);
  if (found.kind === 'found') {
    if (!isFoundBefore(found.up, found.name, scope, context)) return undefined;
    if (found.ambiguous.length > 0) {
      problems.warn(
        'AMBIGUOUS_SOURCE',
        body.place,
        `Dependency ${dependency.name} could start from ${[found.name, ...found.ambiguous].join(' or ')}; ${found.name} is taken`,
        {
          cure: 'Name it with useAlias.',
        },
      );
    }
    return { name: found.name, up: found.up, relation: oriented.relation, direction: oriented.direction, known };
  }
  if (found.kind === 'alias') {
    problems.error(
      'UNKNOWN_DEPENDENCY',
      below(body.place, 'useAlias'),
      `useAlias ${body.useAlias ?? ''} of dependency ${dependency.name} is not a dependency on ${known} that can be seen from here`,
      {
        name: body.useAlias ?? '',
        among: scope.visibleNames(),
      },
    );
  } else {
    problems.error(
      'UNREACHABLE_DEPENDENCY',
      body.place,
      `Dependency ${dependency.name} stands on ${on}, which starts from ${known}, and no dependency reads ${known} here`,
      {
        cure: `Add a dependency on ${known}, or use a condition that starts from one of ${scope.visibleNames().join(', ')}.`,
      },
    );
  }
  return undefined;
}

/** The declaration that has the wanted collection as its target comes first; else one is read backwards. */
function orient(
  candidates: readonly RelationDefinition[],
  wanted: string,
): { relation: RelationDefinition; direction: 'forward' | 'backward' } | undefined {
  const forward = candidates.find((relation) => relation.target === wanted);
  if (forward !== undefined) return { relation: forward, direction: 'forward' };
  const backward = candidates.find((relation) => relation.source === wanted);
  return backward === undefined ? undefined : { relation: backward, direction: 'backward' };
}

function resolveStep(
  dependency: DependencyDefinition,
  definition: BlockDefinition,
  scope: Scope,
  sources: ReadonlyMap<DependencyBody, SourceOf>,
  context: ResolveContext,
  ancestors: readonly string[],
): StepPlan | undefined {
  const slot = scope.slotOf(dependency.name);
  if (dependency.kind === 'config') {
    const child = context.blocks.get(dependency.name);
    if (child === undefined) {
      context.problems.error(
        'UNKNOWN_CONFIG',
        dependency.place,
        `Dependency ${dependency.name} is a config, and there is no block of that name under config`,
        {
          name: dependency.name,
          among: context.blocks.keys(),
        },
      );
      return undefined;
    }
    const block = resolveBlock(child, scope, context, ancestors);
    return block === undefined ? undefined : { kind: 'block', slot, name: dependency.name, block };
  }
  const alternatives = alternativesOf(dependency, scope, sources, context);
  if (alternatives === undefined) return undefined;
  const plan: DependencyPlan = {
    id: context.nextId++,
    name: dependency.name,
    block: definition.name,
    alternatives,
    many: definition.joinDependency === dependency.name,
  };
  scope.resolved.set(dependency.name, plan);
  return { kind: 'find', slot, name: dependency.name, dependency: plan };
}

function alternativesOf(
  dependency: Exclude<DependencyDefinition, { kind: 'config' }>,
  scope: Scope,
  sources: ReadonlyMap<DependencyBody, SourceOf>,
  context: ResolveContext,
): AlternativePlan[] | undefined {
  const bodies: { when: WhenDefinition | undefined; body: DependencyBody }[] =
    dependency.kind === 'projection'
      ? [{ when: undefined, body: dependency.body }]
      : [...dependency.options, ...(dependency.otherwise === undefined ? [] : [{ when: undefined, body: dependency.otherwise }])];
  const alternatives: AlternativePlan[] = [];
  for (const { when, body } of bodies) {
    const find = findPlan(body, scope, sources, context);
    const condition = when === undefined ? undefined : resolveWhen(when, scope, context);
    if (find === undefined || (when !== undefined && condition === undefined)) return undefined;
    alternatives.push({
      when: condition,
      collection: body.collection,
      states: body.onStates,
      key: context.facts.get(body.collection)?.key ?? [],
      find,
    });
  }
  return alternatives;
}

function findPlan(
  body: DependencyBody,
  scope: Scope,
  sources: ReadonlyMap<DependencyBody, SourceOf>,
  context: ResolveContext,
): AlternativePlan['find'] | undefined {
  if (body.on.kind === 'identifier') return identifierFind(body, context);
  const source = sources.get(body);
  if (source === undefined) return undefined;
  const from = scope.resolvedAt(source.up, source.name);
  if (from === undefined) return undefined;
  let hop: Hop;
  let back: Hop;
  try {
    const reverse = source.direction === 'forward' ? 'backward' : 'forward';
    hop = planHop(source.known, body.collection, [{ relation: source.relation, direction: source.direction }], context.facts);
    back = planHop(body.collection, source.known, [{ relation: source.relation, direction: reverse }], context.facts);
  } catch (error) {
    context.problems.error(
      'CONDITION_TOO_LARGE',
      source.relation.place,
      `Condition ${source.relation.name} is ${(error as RangeError).message}`,
    );
    return undefined;
  }
  const slot: SlotReference = { up: source.up, slot: scope.ancestor(source.up).slotOf(source.name) };
  return { kind: 'hop', hop, back, from: slot, fromDependency: from };
}

function identifierFind(body: DependencyBody, context: ResolveContext): AlternativePlan['find'] | undefined {
  const facts = context.facts.get(body.collection);
  if (facts === undefined) {
    context.problems.error('UNKNOWN_COLLECTION', body.place, `The base ${body.collection} is neither a projection nor a single view`, {
      name: body.collection,
      among: context.facts.keys(),
    });
    return undefined;
  }
  const mapping = body.identifierQueryMapping;
  const fields: IdentifierField[] =
    mapping === undefined
      ? (context.identifierFields ?? facts.key).map((field) => ({ field, operand: { kind: 'identifier', key: field } }))
      : Object.entries(mapping).map(([field, operand]) => ({ field, operand }));
  const place = mapping === undefined ? body.place : below(body.place, 'identifierQueryMapping');
  const known = fields.map(({ field }) => checkField([field], body.collection, place, context.facts, context.problems));
  if (known.includes(false)) return undefined;
  fields.sort((a, b) => (a.field < b.field ? -1 : 1));
  const byId = facts.kind === 'projection' && fields.length === facts.key.length && fields.every(({ field }) => facts.key.includes(field));
  return { kind: 'identifier', fields, byId };
}
