import { unreachable } from '../assert.ts';
import { fieldOf, visitPath } from '../path.ts';
import type { Filter, Predicate } from '../query.ts';
import { isDocument } from '../value.ts';
import type { Document, Value } from '../value.ts';
import { compilePattern } from './pattern.ts';
import { equals, equalsAny, inRange } from './value-test.ts';
import type { ValueTest } from './value-test.ts';

/** On a document, or on an element of an array (`$elemMatch`). */
type Matcher = (value: Value) => boolean;

/**
 * A filter as a function: closures, no generated code. It never throws.
 *
 * Semantics are MongoDB's: a condition holds when any value that its path reaches satisfies it, where an array at the end of the path
 * stands for its elements and for itself; `$ne`, `$nin`, `$not`, `$nor` are plain negations; null equals null and absent; comparisons
 * stay within one type, numbers of all types being one.
 */
export function compileFilter(filter: Filter): Predicate {
  return compile(filter);
}

function compile(filter: Filter): Matcher {
  switch (filter.kind) {
    case 'true':
      return () => true;
    case 'and':
      return all(filter.filters.map(compile));
    case 'or':
      return any(filter.filters.map(compile));
    case 'nor':
      return negate(any(filter.filters.map(compile)));
    case 'not':
      return negate(compile(filter.filter));
    case 'compare':
      return compileComparison(filter);
    case 'in':
      return onPath(filter.path, equalsAny(filter.values));
    case 'nin':
      return negate(onPath(filter.path, equalsAny(filter.values)));
    case 'all':
      return filter.values.length === 0 ? () => false : all(filter.values.map((value) => onPath(filter.path, equals(value))));
    case 'exists': {
      const exists = onWhole(filter.path, (value) => value !== undefined);
      return filter.exists ? exists : negate(exists);
    }
    case 'size':
      return onWhole(filter.path, (value) => Array.isArray(value) && value.length === filter.size);
    case 'regex': {
      const pattern = compilePattern(filter.source, filter.flags);
      return onPath(filter.path, { test: (value) => typeof value === 'string' && pattern(value), missing: false });
    }
    case 'elemMatch': {
      const element = compile(filter.filter);
      const matches: Matcher = isOnElements(filter.filter)
        ? element
        : (value) =>
            isDocument(value) ? element(value) : Array.isArray(value) && element(Object.fromEntries(value.entries()) as Document);
      return onWhole(filter.path, (value) => Array.isArray(value) && value.some(matches));
    }
    default:
      return unreachable(filter);
  }
}

function compileComparison(filter: Extract<Filter, { kind: 'compare' }>): Matcher {
  const { path, operator, value } = filter;
  if (operator === '$eq') return onPath(path, equals(value));
  if (operator === '$ne') return negate(onPath(path, equals(value)));
  return onPath(path, inRange(operator, value));
}

/** Whether the filter of an `$elemMatch` speaks of the elements themselves, not of fields of theirs. */
export function isOnElements(filter: Filter): boolean {
  switch (filter.kind) {
    case 'true':
      return false;
    case 'and':
    case 'or':
    case 'nor':
      return filter.filters.length > 0 && filter.filters.every(isOnElements);
    case 'not':
      return isOnElements(filter.filter);
    default:
      return filter.path.length === 0;
  }
}

/** Tests the values at a path, and the elements of an array there. Element filters (empty path) take the value as it is. */
function onPath(path: readonly string[], { test, missing }: ValueTest): Matcher {
  if (path.length === 0) return test;
  const leaf = (value: Value | undefined): boolean => {
    if (value === undefined) return missing;
    return Array.isArray(value) ? value.some(test) || test(value) : test(value);
  };
  return onLeaf(path, leaf);
}

/** Tests the values at a path as they are, absent ones too. */
function onWhole(path: readonly string[], leaf: (value: Value | undefined) => boolean): Matcher {
  return path.length === 0 ? leaf : onLeaf(path, leaf);
}

function onLeaf(path: readonly string[], leaf: (value: Value | undefined) => boolean): Matcher {
  const field = path[0] as string;
  if (path.length === 1) {
    if (field in Object.prototype) return (value) => leaf(fieldOf(value as Document, field));
    return (value) => leaf((value as Document)[field]);
  }
  return (value) => visitPath(value, path, leaf);
}

function negate(matcher: Matcher): Matcher {
  return (value) => !matcher(value);
}

function all(matchers: readonly Matcher[]): Matcher {
  const [first, second] = matchers;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (matchers.length === 2) return (value) => first(value) && second(value);
  return (value) => {
    for (const matcher of matchers) if (!matcher(value)) return false;
    return true;
  };
}

function any(matchers: readonly Matcher[]): Matcher {
  const [first, second] = matchers;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (matchers.length === 2) return (value) => first(value) || second(value);
  return (value) => {
    for (const matcher of matchers) if (matcher(value)) return true;
    return false;
  };
}
