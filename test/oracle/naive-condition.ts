import type { Comparison, Condition, Operand } from '../../packages/server/src/core/relation.ts';
import { compareValues } from '../../packages/server/src/core/value-order.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';

/** Whether a document of TARGET belongs to one of SOURCE. A source field that is null or absent makes its comparison fail. */
export function holds(condition: Condition, source: Document, target: Document): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((one) => holds(one, source, target));
    case 'or':
      return condition.conditions.some((one) => holds(one, source, target));
    case 'filter': {
      const value = read(target, condition.field);
      const { $size: size, $exists: exists } = condition.filter as Document;
      return size === undefined ? (value !== undefined) === exists : Array.isArray(value) && value.length === size;
    }
    case 'compare': {
      const operand = operandValue(condition.operand, source);
      return operand !== undefined && compares(read(target, condition.field), condition.operator, operand);
    }
  }
}

function operandValue(operand: Operand, source: Document): Value | undefined {
  if (operand.kind === 'constant') return operand.value;
  if (operand.kind === 'field') return read(source, operand.path) ?? undefined;
  return operand.items.map((item) => operandValue(item, source) ?? null);
}

function compares(value: Value | undefined, operator: Comparison, operand: Value): boolean {
  // An array is compared as a whole and by its elements; absent counts as null.
  const reached = Array.isArray(value) ? [value, ...value] : [value ?? null];
  const equals = (wanted: Value): boolean => reached.some((one) => compareValues(one, wanted) === 0);
  const ordered = (accept: (order: number) => boolean): boolean =>
    reached.some((one) => kindOf(one) === kindOf(operand) && accept(compareValues(one, operand)));
  const items = Array.isArray(operand) ? operand : [operand];
  switch (operator) {
    case '$eq':
      return equals(operand);
    case '$ne':
      return !equals(operand);
    case '$in':
      return items.some(equals);
    case '$nin':
      return !items.some(equals);
    case '$gt':
      return ordered((order) => order > 0);
    case '$gte':
      return ordered((order) => order >= 0);
    case '$lt':
      return ordered((order) => order < 0);
    case '$lte':
      return ordered((order) => order <= 0);
  }
}

export function read(document: Document | undefined, path: readonly string[]): Value | undefined {
  let value: Value | undefined = document;
  for (const field of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return undefined;
    value = (value as Document)[field];
  }
  return value;
}

/** Numbers of both types are of one kind; nothing else compares across kinds. */
export function kindOf(value: Value): string {
  if (typeof value === 'bigint') return 'number';
  if (value instanceof Date) return 'date';
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
