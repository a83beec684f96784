import type { FieldType } from '../../packages/server/src/core/projection.ts';
import type { Comparison, Condition, Operand, RelationDefinition } from '../../packages/server/src/core/relation.ts';
import type { Value } from '../../packages/server/src/core/value.ts';
import type { RelationBlueprint } from './blueprint.ts';
import { NOWHERE } from './build-projections.ts';
import type { Column, Table } from './build-projections.ts';

/** What a relation may point to: a table, or a view whose key is among its fields. */
export interface Endpoint {
  readonly name: string;
  readonly key: readonly Column[];
  /** Columns that conditions may compare. */
  readonly columns: readonly Column[];
}

/** The relations that a blueprint stands for; the source table gets the foreign key. */
export function relationsOf(blueprint: RelationBlueprint, index: number, from: Table, to: Endpoint): RelationDefinition[] {
  const name = `r${index}`;
  const byKey = (): Condition => foreignKey(blueprint, index, from, to);
  const condition = conditionOf(blueprint.kind, byKey, to);
  const forward = { name, source: from.name, target: to.name, condition, oneToMany: blueprint.oneToMany, place: NOWHERE };
  const mirror = mirrored(condition);
  if (mirror === undefined || blueprint.declared % 3 === 0) return [forward];
  const toItself = from.name === to.name;
  const backward = { ...forward, name: toItself ? `${name}_back` : name, source: to.name, target: from.name, condition: mirror };
  return blueprint.declared % 3 === 1 && !toItself ? [backward] : [forward, backward];
}

function foreignKey(blueprint: RelationBlueprint, index: number, from: Table, to: Endpoint): Condition {
  const parts = to.key.map((column) => {
    const name = `f${index}_${column.name}`;
    from.columns.push({ name, type: foreignType(column.type, blueprint.oneToMany) });
    return compare(column.name, '$eq', field(name));
  });
  return parts.length === 1 ? (parts[0] as Condition) : { kind: 'and', conditions: parts };
}

/** Numbers join numbers of the other type. */
function foreignType(type: FieldType, other: boolean): FieldType {
  if (!other) return type;
  return type === 'long' ? 'number' : type === 'number' ? 'long' : type;
}

function conditionOf(kind: number, byKey: () => Condition, to: Endpoint): Condition {
  const has = (name: string): boolean => to.columns.some((column) => column.name === name);
  const and = (...more: readonly Condition[]): Condition => ({ kind: 'and', conditions: [byKey(), ...more] });
  if (!['s', 'n', 'm', 'g', 'o'].every(has)) return byKey();
  switch (kind) {
    case 1:
      return compare('s', '$eq', field('s'));
    case 2:
      return and(compare('s', '$eq', constant('a')));
    case 3:
      return and(compare('n', '$gte', field('n')));
    case 4:
      return and(compare('s', '$in', constant(['a', 'b'])));
    case 5:
      return { kind: 'or', conditions: [byKey(), compare('s', '$eq', field('m'))] };
    case 6:
      return to.key.length === 1 && to.key[0]?.type === 'string' ? compare(to.key[0].name, '$in', field('g')) : byKey();
    case 7:
      return compare('g', '$eq', field('s'));
    case 8:
      return and(compare('m', '$eq', constant(null)));
    case 9:
      return and(compare('n', '$ne', field('n')));
    case 10:
      return and(compare('s', '$nin', list('a', 'b')));
    case 11:
      return and(compare('n', '$lt', constant(2)));
    case 12:
      return and({ kind: 'filter', field: ['g'], filter: { $size: 1 }, place: NOWHERE });
    case 13:
      return compare('n', '$gt', field('n'));
    case 14:
      return compare('o.x', '$eq', field('s'));
    case 15:
      return compare('s', '$eq', field('o.x'));
    case 16:
      return { kind: 'or', conditions: [and(compare('m', '$eq', field('m'))), compare('s', '$eq', constant('c'))] };
    case 17:
      return compare('g', '$in', field('g'));
    case 18:
      return and({ kind: 'filter', field: ['m'], filter: { $exists: true }, place: NOWHERE });
    default:
      return byKey();
  }
}

const MIRROR: Partial<Record<Comparison, Comparison>> = { $eq: '$eq', $gte: '$lte', $gt: '$lt', $lte: '$gte', $lt: '$gt' };

/** The same pairs, declared from the other end; undefined where the other end cannot say it. */
function mirrored(condition: Condition): Condition | undefined {
  if (condition.kind === 'filter') return undefined;
  if (condition.kind !== 'compare') {
    const parts = condition.conditions.map(mirrored).filter((part) => part !== undefined);
    return parts.length < condition.conditions.length ? undefined : { kind: condition.kind, conditions: parts };
  }
  const { operand } = condition;
  const operator = MIRROR[condition.operator];
  if (operand.kind !== 'field' || operator === undefined) return undefined;
  // A text in an array, seen from the text: it is one of the array's. The other way round is left to the engine.
  const swapped = condition.field[0] === 'g' ? '$in' : operator;
  return operand.path[0] === 'g' ? undefined : compare(operand.path.join('.'), swapped, { kind: 'field', path: condition.field });
}

function compare(name: string, operator: Comparison, operand: Operand): Condition {
  return { kind: 'compare', field: name.split('.'), operator, operand, place: NOWHERE };
}

function field(name: string): Operand {
  return { kind: 'field', path: name.split('.') };
}

function constant(value: Value): Operand {
  return { kind: 'constant', value };
}

function list(...values: readonly Value[]): Operand {
  return { kind: 'list', items: values.map(constant) };
}
