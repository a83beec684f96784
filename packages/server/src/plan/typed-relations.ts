import type { Condition, Operand, RelationDefinition } from '../core/relation.ts';
import type { FieldType } from '../core/projection.ts';
import { parseLiteral } from '../core/query/literal.ts';
import { typeOfPath } from './collections.ts';
import type { CollectionFacts } from './collections.ts';

/**
 * Relations whose constants have the types of the fields that they are compared with, as literals of every filter do: ISO text beside a
 * date is a date, hexadecimal text beside an ObjectId an ObjectId.
 */
export function typedRelations(
  relations: readonly RelationDefinition[],
  facts: ReadonlyMap<string, CollectionFacts>,
): readonly RelationDefinition[] {
  return relations.map((relation) => ({ ...relation, condition: typedCondition(relation.condition, facts.get(relation.target)) }));
}

function typedCondition(condition: Condition, target: CollectionFacts | undefined): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { kind: condition.kind, conditions: condition.conditions.map((part) => typedCondition(part, target)) };
    case 'compare':
      return { ...condition, operand: typedOperand(condition.operand, condition.field, typeOfPath(target, condition.field)) };
    case 'filter':
      return { ...condition, type: typeOfPath(target, condition.field) };
  }
}

function typedOperand(operand: Operand, field: readonly string[], type: FieldType | undefined): Operand {
  switch (operand.kind) {
    case 'field':
      return operand;
    case 'constant':
      return { kind: 'constant', value: parseLiteral(operand.value, field, type) };
    case 'list':
      return { kind: 'list', items: operand.items.map((item) => typedOperand(item, field, type)) };
  }
}
