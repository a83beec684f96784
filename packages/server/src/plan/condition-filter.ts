import { reachPath, readPath } from '../core/path.ts';
import { compileFilter } from '../core/query/compile-filter.ts';
import { parseFilter } from '../core/query/parse-filter.ts';
import type { Filter, Predicate } from '../core/query.ts';
import type { Comparison, Condition, Operand } from '../core/relation.ts';
import type { Document, Value } from '../core/value.ts';
import type { HopBranch } from './plan.ts';

/**
 * The filter on TARGET that a condition becomes for one document of SOURCE; null where it can match nothing, because a source field is
 * null or absent: null never joins. Inside `or` only that branch falls away.
 */
export function conditionFilter(condition: Condition, source: Document): Filter | null {
  switch (condition.kind) {
    case 'filter':
      return parsedFilter(condition);
    case 'compare': {
      const value = operandValue(condition.operand, source, condition.operator);
      return value === undefined ? null : comparison(condition.field, condition.operator, value);
    }
    case 'and': {
      const filters = condition.conditions.map((part) => conditionFilter(part, source));
      return filters.includes(null) ? null : { kind: 'and', filters: filters as Filter[] };
    }
    case 'or': {
      const filters = condition.conditions.map((part) => conditionFilter(part, source)).filter((filter) => filter !== null);
      return filters.length === 0 ? null : { kind: 'or', filters };
    }
  }
}

export function conditionPredicate(condition: Condition, source: Document): Predicate | null {
  const filter = conditionFilter(condition, source);
  return filter === null ? null : compileFilter(filter);
}

/**
 * The filter on SOURCE that holds for every source joined to a target, and perhaps for more: what can be read backwards of it,
 * operators mirrored. Null where the target itself fails a constant of the condition.
 */
export function mirroredFilter(condition: Condition, target: Document): Filter | null {
  switch (condition.kind) {
    case 'filter':
      return compileFilter(parsedFilter(condition))(target) ? { kind: 'true' } : null;
    case 'compare': {
      if (condition.operand.kind !== 'field') {
        const filter = conditionFilter(condition, {});
        if (condition.operand.kind === 'list' && condition.operand.items.some((item) => item.kind === 'field')) return { kind: 'true' };
        return filter !== null && compileFilter(filter)(target) ? { kind: 'true' } : null;
      }
      return mirrored(condition.operand.path, condition.operator, reachPath(target, condition.field));
    }
    case 'and': {
      const filters = condition.conditions.map((part) => mirroredFilter(part, target));
      return filters.includes(null) ? null : { kind: 'and', filters: filters as Filter[] };
    }
    case 'or': {
      const filters = condition.conditions.map((part) => mirroredFilter(part, target)).filter((filter) => filter !== null);
      return filters.length === 0 ? null : { kind: 'or', filters };
    }
  }
}

const MIRROR = { $gt: '$lt', $gte: '$lte', $lt: '$gt', $lte: '$gte' } as const;

function mirrored(path: readonly string[], operator: Comparison, reached: readonly Value[]): Filter | null {
  const present: Filter = { kind: 'exists', path, exists: true };
  const values = reached.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value])).filter((value) => value !== null);
  switch (operator) {
    case '$ne':
    case '$nin':
      return present;
    case '$eq':
    case '$in':
      return values.length === 0 ? null : { kind: 'in', path, values };
    default:
      if (values.length === 0) return null;
      return { kind: 'or', filters: values.map((value) => ({ kind: 'compare', path, operator: MIRROR[operator], value })) };
  }
}

/** Whether a target found from a source, or a source found from a target, truly belongs to it. */
export function pairPredicate(branch: HopBranch, known: Document): Predicate | null {
  const { residual } = branch;
  if (residual === undefined) return () => true;
  if (branch.direction === 'forward') return conditionPredicate(residual, known);
  return (source) => conditionPredicate(residual, source)?.(known) ?? false;
}

const parsed = new WeakMap<Condition, Filter>();

/** The filter on TARGET that needs nothing of SOURCE. Throws INVALID_QUERY. */
export function parseConstantFilter({ field, filter, type }: Extract<Condition, { kind: 'filter' }>): Filter {
  const path = field.join('.');
  return parseFilter({ [path]: filter }, { typeOf: (at) => (at.join('.') === path ? type : undefined) });
}

function parsedFilter(condition: Extract<Condition, { kind: 'filter' }>): Filter {
  const known = parsed.get(condition);
  if (known !== undefined) return known;
  const filter = parseConstantFilter(condition);
  parsed.set(condition, filter);
  return filter;
}

/** Undefined where a field that it names is null or absent. */
function operandValue(operand: Operand, source: Document, operator: Comparison): Value | undefined {
  const list = operator === '$in' || operator === '$nin';
  switch (operand.kind) {
    case 'constant':
      return operand.value;
    case 'field': {
      const value = readPath(source, operand.path);
      if (value === null || value === undefined) return undefined;
      return list && !Array.isArray(value) ? [value] : value;
    }
    case 'list': {
      const values = operand.items.map((item) => operandValue(item, source, '$eq'));
      if (operator === '$nin' && values.includes(undefined)) return undefined;
      const present = values.filter((value) => value !== undefined);
      return present.length === 0 && values.length > 0 ? undefined : present;
    }
  }
}

function comparison(path: readonly string[], operator: Comparison, value: Value): Filter {
  if (operator === '$in' || operator === '$nin') {
    return {
      kind: operator === '$in' ? 'in' : 'nin',
      path,
      values: Array.isArray(value) ? value.filter((item) => item !== null || operator === '$nin') : [value],
    };
  }
  return { kind: 'compare', path, operator, value };
}
