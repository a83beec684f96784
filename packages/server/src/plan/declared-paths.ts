import type { RelationDefinition } from '../core/relation.ts';
import type { PathDefinition, ViewDefinition } from '../core/view.ts';
import type { CollectionFacts } from './collections.ts';
import { planHop } from './hop.ts';
import type { BlockPlan, Hop, IdentifyPlan, WalkNode } from './plan.ts';
import { below } from './problems.ts';
import type { Problems } from './problems.ts';
import { checkField } from './relations.ts';
import { hopFields, fieldUsage } from './usage.ts';
import type { Fields } from './usage.ts';
import { dependenciesOf, statesOf } from './walk-plan.ts';

interface Context {
  readonly view: ViewDefinition;
  readonly relations: readonly RelationDefinition[];
  readonly facts: ReadonlyMap<string, CollectionFacts>;
  readonly root: BlockPlan | undefined;
  readonly problems: Problems;
}

/** The ways that `projectionChangesSchema.json` declares. A path covers all its suffixes; several conditions on a hop are their union. */
export function declaredWalks(paths: readonly PathDefinition[], context: Context): WalkNode[] {
  const nodes = new Map<string, WalkNode>();
  const ordered: WalkNode[] = [];
  const usage = collectionUsage(context.root);
  for (const path of paths) {
    const identify = identifyOf(path, context);
    let next: WalkNode | undefined;
    let suffix = '';
    for (let i = path.path.length - 1; i >= 0; i--) {
      const collection = path.path[i] as string;
      const base = next === undefined;
      suffix = base ? `${collection} ${JSON.stringify(path.identifier)}` : `${collection} > ${suffix}`;
      let node = nodes.get(suffix);
      if (node === undefined) {
        const hop: Hop | undefined = next === undefined ? undefined : hopBetween(collection, next.collection, path, i, context);
        if (next !== undefined && hop === undefined) break;
        node = {
          id: ordered.length,
          collection,
          name: collection,
          states: statesOf(context.root, collection),
          startsInAnyState: !usage.has(collection),
          fields: fieldsOf(collection, hop, next, identify, usage),
          up: next === undefined || hop === undefined ? [] : [{ hop, node: next }],
          identify: base ? identify : undefined,
        };
        nodes.set(suffix, node);
        ordered.push(node);
      }
      next = node;
    }
  }
  return ordered.reverse();
}

function identifyOf(path: PathDefinition, context: Context): IdentifyPlan {
  if (path.identifier.kind === 'function') return path.identifier;
  const base = path.path.at(-1) ?? '';
  const fields = Object.entries(path.identifier.fields).map(([key, field]) => ({ key, field }));
  for (const { key, field } of fields) checkField([field], base, below(path.place, 'identifier', key), context.facts, context.problems);
  return { kind: 'fields', fields };
}

function hopBetween(from: string, to: string, path: PathDefinition, index: number, context: Context): Hop | undefined {
  const place = below(path.place, 'path', index);
  if (!context.facts.has(from)) {
    context.problems.error(
      'UNKNOWN_COLLECTION',
      place,
      `Path ${path.path.join(' → ')} names ${from}, which is neither a projection nor a single view`,
      {
        name: from,
        among: context.facts.keys(),
      },
    );
    return undefined;
  }
  const steps: { relation: RelationDefinition; direction: 'forward' | 'backward' }[] = [];
  for (const relation of context.relations) {
    if (relation.source === from && relation.target === to) steps.push({ relation, direction: 'forward' });
    // A relation of a collection with itself is walked both ways.
    if (relation.source === to && relation.target === from) steps.push({ relation, direction: 'backward' });
  }
  if (steps.length === 0) {
    context.problems.error(
      'PATH_NOT_WALKABLE',
      place,
      `The ER schema has no condition between ${from} and ${to}, on path ${path.path.join(' → ')}`,
      {
        cure: 'Add a condition between them to the ER schema, or correct the path.',
      },
    );
    return undefined;
  }
  return planHop(from, to, steps, context.facts);
}

/** Fields that matter of each collection, over all its uses in the aggregation. */
function collectionUsage(root: BlockPlan | undefined): ReadonlyMap<string, Fields> {
  const usage = new Map<string, Fields>();
  if (root === undefined) return usage;
  const byDependency = fieldUsage(root);
  for (const dependency of dependenciesOf(root)) {
    const fields = byDependency.get(dependency) ?? new Set();
    for (const { collection } of dependency.alternatives) {
      const known = usage.get(collection);
      usage.set(collection, fields === 'all' || known === 'all' ? 'all' : new Set([...(known ?? []), ...fields]));
    }
  }
  return usage;
}

/** Of a collection that the aggregation does not read, only what the way itself reads is known: any change may matter. */
function fieldsOf(
  collection: string,
  hop: Hop | undefined,
  next: WalkNode | undefined,
  identify: IdentifyPlan,
  usage: ReadonlyMap<string, Fields>,
): ReadonlySet<string> | undefined {
  const used = usage.get(collection);
  if (used === undefined || used === 'all') return undefined;
  if (next === undefined)
    return identify.kind === 'function' ? undefined : new Set([...used, ...identify.fields.map(({ field }) => field)]);
  return new Set([...used, ...(hop === undefined ? [] : hopFields(hop).known)]);
}
