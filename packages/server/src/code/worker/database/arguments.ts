import { AppError } from '../../../core/errors.ts';
import { parseFilter } from '../../../core/query/parse-filter.ts';
import { parseSort } from '../../../core/query/parse-sort.ts';
import type { Sort } from '../../../core/query/sort.ts';
import type { Filter } from '../../../core/query.ts';
import { isDocument } from '../../../core/value.ts';
import type { Value } from '../../../core/value.ts';
import { toValue } from '../to-value.ts';

/** Arguments as the driver takes them. */

/** Undefined becomes null, as the driver sends it. */
export function valueOf(given: unknown): Value {
  return toValue(given ?? {}, 'query');
}

export function filterOf(given: unknown): Filter {
  const value = valueOf(given);
  refuseInnerPatterns(value, '', '');
  return parseFilter(value);
}

export function sortOf(given: unknown, direction?: unknown): Sort {
  return parseSort(Object.fromEntries(sortTerms(given, direction)) as Value);
}

function sortTerms(given: unknown, direction: unknown): [string, number][] {
  if (typeof given === 'string') return [[given, directionOf(direction ?? 1)]];
  if (given instanceof Map) return Array.from(given as Map<string, unknown>, ([name, value]) => [name, directionOf(value)]);
  if (Array.isArray(given)) {
    if (given.every((item) => typeof item === 'string')) {
      // `['name', 'desc']` is one field with its direction, as in the driver.
      if (given.length === 2 && isDirection(given[1])) return [[given[0] as string, directionOf(given[1])]];
      return given.map((name) => [name as string, 1]);
    }
    return given.map((item) => [String((item as unknown[])[0]), directionOf((item as unknown[])[1])]);
  }
  return Object.entries((given ?? {}) as object).map(([name, value]) => [name, directionOf(value)]);
}

function isDirection(given: unknown): boolean {
  return ['1', '-1', 'asc', 'ascending', 'desc', 'descending'].includes(String(given).toLowerCase());
}

function directionOf(given: unknown): number {
  const text = String(given).toLowerCase();
  if (text === 'asc' || text === 'ascending') return 1;
  if (text === 'desc' || text === 'descending') return -1;
  // Anything else is refused where the sort is parsed.
  return Number(given);
}

export function countOf(what: string, given: unknown): number {
  const count = Number(given);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new AppError('INVALID_QUERY', `${what} has ${String(given)}: expected a count from 0`);
}

/** A negative limit is its amount; 0 is none. */
export function limitOf(given: unknown): number | undefined {
  const limit = countOf('limit', Math.abs(Number(given)));
  return limit === 0 ? undefined : limit;
}

/** A regular expression is a condition of its own, or stands in `$not` or `$regex`: elsewhere it would be compared as a value. */
function refuseInnerPatterns(value: Value, operator: string, path: string): void {
  const given: unknown = value;
  if (given instanceof RegExp) {
    if (operator === '' || operator === '$not' || operator === '$regex') return;
    throw new AppError('INVALID_QUERY', `${operator} on "${path}" has the regular expression ${String(given)}: expected values there`);
  }
  if (Array.isArray(value)) for (const item of value) refuseInnerPatterns(item, operator, path);
  else if (isDocument(value)) {
    for (const [field, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const isOperator = field.startsWith('$');
      refuseInnerPatterns(item, isOperator ? field : '', isOperator ? path : field);
    }
  }
}
