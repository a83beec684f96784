import { AppError } from '../core/errors.ts';
import type { Condition, Operand, RelationDefinition } from '../core/relation.ts';
import type { Place } from '../core/problem.ts';
import { isDecimal, isObjectId } from '../core/value.ts';
import type { Value } from '../core/value.ts';
import { joinClass, typeOfPath } from './collections.ts';
import type { CollectionFacts } from './collections.ts';
import { parseConstantFilter } from './condition-filter.ts';
import { Problems } from './problems.ts';

type Comparing = Extract<Condition, { kind: 'compare' }>;

/** Relations by name; a name may stand twice where one declares the reverse of the other. */
export type RelationsByName = ReadonlyMap<string, readonly RelationDefinition[]>;

/** Checks every relation against the collections that it joins. */
export function checkRelations(
  relations: readonly RelationDefinition[],
  facts: ReadonlyMap<string, CollectionFacts>,
  foreignCollections: boolean,
  problems: Problems,
): RelationsByName {
  const byName = new Map<string, RelationDefinition[]>();
  for (const relation of relations) {
    for (const collection of new Set([relation.source, relation.target]))
      checkCollection(collection, relation, facts, foreignCollections, problems);
    checkCondition(relation.condition, relation, facts, problems);
    const others = byName.get(relation.name) ?? [];
    const clash = others.find((other) => !(other.source === relation.target && other.target === relation.source));
    if (clash !== undefined) {
      problems.error(
        'CONDITION_NAME_CLASH',
        relation.place,
        `Condition ${relation.name} is declared for ${relation.source} and ${relation.target}, and for ${clash.source} and ${clash.target} in ${clash.place.file}`,
        {
          expected: 'a name that is unique over all conditions',
          cure: 'Rename one of them, and its uses in on.',
        },
      );
    }
    byName.set(relation.name, [...others, relation]);
  }
  return byName;
}

function checkCollection(
  collection: string,
  relation: RelationDefinition,
  facts: ReadonlyMap<string, CollectionFacts>,
  foreignCollections: boolean,
  problems: Problems,
): void {
  if (facts.has(collection)) return;
  const message = `Relation ${relation.name} names collection ${collection}, which is neither a projection nor a single view`;
  if (foreignCollections) {
    problems.warn('FOREIGN_COLLECTION', relation.place, message, { cure: 'It will be read, but its changes rebuild nothing.' });
  } else {
    problems.error('UNKNOWN_COLLECTION', relation.place, message, {
      name: collection,
      among: facts.keys(),
      cure: 'Define a projection of that name in a system, or remove the relation.',
    });
  }
}

function checkCondition(
  condition: Condition,
  relation: RelationDefinition,
  facts: ReadonlyMap<string, CollectionFacts>,
  problems: Problems,
): void {
  if (condition.kind !== 'compare' && condition.kind !== 'filter') {
    for (const part of condition.conditions) checkCondition(part, relation, facts, problems);
    return;
  }
  checkField(condition.field, relation.target, condition.place, facts, problems);
  if (condition.kind === 'filter') {
    checkFilter(condition, problems);
    return;
  }
  for (const operand of operands(condition.operand)) {
    if (operand.kind === 'field') checkField(operand.path, relation.source, condition.place, facts, problems);
    checkTypes(condition, operand, relation, facts, problems);
  }
}

function checkFilter(condition: Extract<Condition, { kind: 'filter' }>, problems: Problems): void {
  try {
    parseConstantFilter(condition);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    problems.error('CONFIG_VALUE', condition.place, error.message);
  }
}

function operands(operand: Operand): readonly Exclude<Operand, { kind: 'list' }>[] {
  return operand.kind === 'list' ? operand.items.flatMap(operands) : [operand];
}

export function checkField(
  path: readonly string[],
  collection: string,
  place: Place,
  facts: ReadonlyMap<string, CollectionFacts>,
  problems: Problems,
): boolean {
  const known = facts.get(collection);
  const field = path[0] ?? '';
  if (known === undefined || !isUnknown(known, path)) return true;
  problems.error('UNKNOWN_FIELD', place, `Field ${path.join('.')} does not exist in ${collection}`, {
    expected: `one of ${[...known.fields.keys()].join(', ')}`,
    name: field,
    among: known.fields.keys(),
    cure: `Add the field to ${known.kind === 'projection' ? 'the projection' : 'the mapping of the view'}, or correct the name.`,
  });
  return false;
}

/** No field of that name, where all names are known. */
function isUnknown(facts: CollectionFacts | undefined, path: readonly string[]): boolean {
  const field = path[0] ?? '';
  return facts?.closed === true && !facts.fields.has(field) && field !== '_id' && field !== '__STATE__';
}

function checkTypes(
  condition: Comparing,
  operand: Exclude<Operand, { kind: 'list' }>,
  relation: RelationDefinition,
  facts: ReadonlyMap<string, CollectionFacts>,
  problems: Problems,
): void {
  const target = facts.get(relation.target);
  if (isUnknown(target, condition.field)) return;
  const left = joinClass(typeOfPath(target, condition.field));
  if (operand.kind === 'constant') {
    const right = constantClass(operand.value);
    if (left !== undefined && right !== undefined && left !== right) {
      problems.error(
        'JOIN_TYPES',
        condition.place,
        `Field ${condition.field.join('.')} of ${relation.target} is a ${left}, and is compared with a constant ${right}: they are never equal`,
        {
          cure: 'Write the constant in the type of the field.',
        },
      );
    }
    return;
  }
  const source = facts.get(relation.source);
  if (isUnknown(source, operand.path)) return;
  const right = joinClass(typeOfPath(source, operand.path));
  if (left !== undefined && right !== undefined && left !== right) {
    problems.error(
      'JOIN_TYPES',
      condition.place,
      `Field ${condition.field.join('.')} of ${relation.target} is a ${left}, and field ${operand.path.join('.')} of ${relation.source} a ${right}: they are never equal`,
      { cure: 'Cast both to one type in their projections.' },
    );
  } else if ((left === undefined) !== (right === undefined) && (isOpen(target, condition.field) || isOpen(source, operand.path))) {
    const unknown =
      left === undefined ? `${condition.field.join('.')} of ${relation.target}` : `${operand.path.join('.')} of ${relation.source}`;
    problems.warn(
      'JOIN_TYPES_UNKNOWN',
      condition.place,
      `The type of ${unknown} is not known, so whether ${relation.name} can ever match is not checked`,
    );
  }
}

/** A field whose type nobody declared; a declared object or array joins by its own rules. */
function isOpen(facts: CollectionFacts | undefined, path: readonly string[]): boolean {
  return facts !== undefined && path.length === 1 && typeOfPath(facts, path) === undefined;
}

function constantClass(value: Value): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value;
  if (value instanceof Date) return 'date';
  if (isObjectId(value)) return 'objectId';
  return typeof value === 'number' || typeof value === 'bigint' || isDecimal(value) ? 'number' : undefined;
}
