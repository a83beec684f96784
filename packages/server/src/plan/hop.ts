import type { Condition, Operand, RelationDefinition } from '../core/relation.ts';
import type { Value } from '../core/value.ts';
import { isScalar } from './collections.ts';
import type { CollectionFacts } from './collections.ts';
import type { Hop, HopBranch, HopKey } from './plan.ts';

type Direction = HopBranch['direction'];
type Atom = Exclude<Condition, { kind: 'and' | 'or' }>;
type Facts = ReadonlyMap<string, CollectionFacts>;

/** Beyond this many conjunctions a condition is looked up by what all of them share, and each pair is checked. */
const MAX_BRANCHES = 64;

/** Walks the given relations, each in its direction: the union of what they join. */
export function planHop(
  from: string,
  to: string,
  steps: readonly { relation: RelationDefinition; direction: Direction }[],
  facts: Facts,
): Hop {
  const branches = steps.flatMap(({ relation, direction }) =>
    conjunctions(relation.condition).map((atoms) => planBranch(atoms, direction, facts.get(from), facts.get(to))),
  );
  return { relations: [...new Set(steps.map(({ relation }) => relation.name))], from, to, branches };
}

/** The condition as a union of conjunctions (disjunctive normal form). */
function conjunctions(condition: Condition): Atom[][] {
  switch (condition.kind) {
    case 'compare':
    case 'filter':
      return [[condition]];
    case 'or':
      return condition.conditions.flatMap(conjunctions);
    case 'and': {
      let result: Atom[][] = [[]];
      for (const part of condition.conditions) {
        const alternatives = conjunctions(part);
        result = result.flatMap((left) => alternatives.map((right) => [...left, ...right]));
        if (result.length > MAX_BRANCHES) throw new RangeError(`a condition with more than ${MAX_BRANCHES} combinations of $or`);
      }
      return result;
    }
  }
}

function planBranch(atoms: Atom[], direction: Direction, from: CollectionFacts | undefined, to: CollectionFacts | undefined): HopBranch {
  const keys = new Map<string, HopKey>();
  let exact = true;
  for (const atom of atoms) {
    const key = direction === 'forward' ? forwardKey(atom) : backwardKey(atom, from);
    const path = key?.wanted.join('.');
    if (key === undefined || path === undefined || keys.has(path)) {
      exact = false;
      continue;
    }
    keys.set(path, key);
    // Backward, the pair is exact only where neither side can be an array: `{F: [1, 2]}` does not match F = 1.
    if (direction === 'backward' && !(isScalar(to, key.wanted) && (key.value.kind === 'constants' || isScalar(from, key.value.path))))
      exact = false;
  }
  const sorted = [...keys.keys()].sort().map((path) => keys.get(path) as HopKey);
  const byId = to?.kind === 'projection' && sameFields(sorted, to.key) && sorted.every((key) => isScalar(to, key.wanted));
  return { direction, keys: sorted, byId, residual: exact ? undefined : { kind: 'and', conditions: atoms } };
}

function sameFields(keys: readonly HopKey[], fields: readonly string[]): boolean {
  return keys.length === fields.length && keys.every((key) => key.wanted.length === 1 && fields.includes(key.wanted[0] as string));
}

/** The known document is the source: the wanted field is the condition's own. */
function forwardKey(atom: Atom): HopKey | undefined {
  if (atom.kind !== 'compare') return undefined;
  if (atom.operator === '$eq') {
    if (atom.operand.kind === 'field') return { wanted: atom.field, value: { kind: 'known', path: atom.operand.path, take: 'value' } };
    if (atom.operand.kind === 'constant' && atom.operand.value !== null) {
      return { wanted: atom.field, value: { kind: 'constants', values: [atom.operand.value] } };
    }
    return undefined;
  }
  if (atom.operator !== '$in') return undefined;
  if (atom.operand.kind === 'field') return { wanted: atom.field, value: { kind: 'known', path: atom.operand.path, take: 'elements' } };
  const values = constantsOf(atom.operand);
  return values === undefined ? undefined : { wanted: atom.field, value: { kind: 'constants', values } };
}

/** The known document is the target: the wanted field is the one that the operand names. */
function backwardKey(atom: Atom, from: CollectionFacts | undefined): HopKey | undefined {
  if (atom.kind !== 'compare' || atom.operand.kind !== 'field') return undefined;
  if (atom.operator !== '$eq' && atom.operator !== '$in') return undefined;
  return { wanted: atom.operand.path, value: { kind: 'known', path: atom.field, take: isScalar(from, atom.field) ? 'value' : 'reached' } };
}

function constantsOf(operand: Operand): Value[] | undefined {
  if (operand.kind === 'constant') return Array.isArray(operand.value) && !operand.value.includes(null) ? operand.value : undefined;
  if (operand.kind !== 'list') return undefined;
  const values: Value[] = [];
  for (const item of operand.items) {
    if (item.kind !== 'constant' || item.value === null) return undefined;
    values.push(item.value);
  }
  return values;
}
