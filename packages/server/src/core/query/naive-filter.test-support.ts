/** The filter language as slowly and plainly as it can be said, sharing nothing with what it checks but the order of values. */
import type { Filter } from '../query.ts';
import { compareValues, kindOf } from '../value-order.ts';
import { isDocument } from '../value.ts';
import type { Value } from '../value.ts';

/** What a path leads to; `undefined` stands for "absent", which may be one of several. */
type Candidates = readonly (Value | undefined)[];

export function matchesNaively(filter: Filter, subject: Value): boolean {
  switch (filter.kind) {
    case 'true':
      return true;
    case 'and':
      return !filter.filters.some((part) => !matchesNaively(part, subject));
    case 'or':
      return filter.filters.some((part) => matchesNaively(part, subject));
    case 'nor':
      return !filter.filters.some((part) => matchesNaively(part, subject));
    case 'not':
      return !matchesNaively(filter.filter, subject);
    case 'compare':
      if (filter.operator === '$ne') return !matchesNaively({ ...filter, operator: '$eq' }, subject);
      return withElements(subject, filter.path).some((value) => compares(value, filter.operator, filter.value));
    case 'in':
      return filter.values.some((value) => matchesNaively({ kind: 'compare', path: filter.path, operator: '$eq', value }, subject));
    case 'nin':
      return !matchesNaively({ ...filter, kind: 'in' }, subject);
    case 'all':
      if (filter.values.length === 0) return false;
      return filter.values.every((value) => matchesNaively({ kind: 'compare', path: filter.path, operator: '$eq', value }, subject));
    case 'exists':
      return candidates(subject, filter.path).some((value) => value !== undefined) === filter.exists;
    case 'size':
      return candidates(subject, filter.path).some((value) => Array.isArray(value) && value.length === filter.size);
    case 'regex': {
      const regex = new RegExp(filter.source, `${filter.flags}u`);
      return withElements(subject, filter.path).some((value) => typeof value === 'string' && regex.test(value));
    }
    case 'elemMatch':
      return candidates(subject, filter.path).some(
        (value) => Array.isArray(value) && value.some((element) => elementMatches(filter.filter, element)),
      );
    default:
      return filter;
  }
}

function elementMatches(filter: Filter, element: Value): boolean {
  if (speaksOfElement(filter)) return matchesNaively(filter, element);
  if (Array.isArray(element)) return matchesNaively(filter, Object.fromEntries(element.map((item, i) => [String(i), item])));
  return isDocument(element) && matchesNaively(filter, element);
}

function speaksOfElement(filter: Filter): boolean {
  if (filter.kind === 'true') return false;
  if (filter.kind === 'not') return speaksOfElement(filter.filter);
  if ('filters' in filter) return filter.filters.every(speaksOfElement);
  return filter.path.length === 0;
}

function candidates(subject: Value, path: readonly string[]): Candidates {
  const [field, ...rest] = path;
  if (field === undefined) return [subject];
  if (isDocument(subject)) {
    const inner = Object.entries(subject).find(([name, value]) => name === field && value !== undefined)?.[1];
    return inner === undefined ? [undefined] : inDepth(inner, rest);
  }
  return [undefined];
}

/** The rest of a path within a value: arrays are gone through once, or entered at a position. */
function inDepth(value: Value, path: readonly string[]): Candidates {
  const [field, ...rest] = path;
  if (field === undefined) return [value];
  if (!Array.isArray(value)) return candidates(value, path);
  const through = value.filter(isDocument).flatMap((element) => candidates(element, path));
  const at = /^(?:0|[1-9]\d*)$/.test(field) ? value[Number(field)] : undefined;
  const isScalar = !Array.isArray(at) && !isDocument(at);
  if (at === undefined || (isScalar && rest.length > 0)) return through;
  return [...through, ...inDepth(at, rest)];
}

/** Conditions look at a value and, where it is an array, at each of its elements; within `$elemMatch` at the element alone. */
function withElements(subject: Value, path: readonly string[]): Candidates {
  if (path.length === 0) return [subject];
  return candidates(subject, path).flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]));
}

function compares(found: Value | undefined, operator: string, wanted: Value): boolean {
  const value = found ?? null;
  if (kindOf(value) !== kindOf(wanted)) return false;
  const order = compareValues(value, wanted);
  const isOrdered = compareValues(value, Number.NaN) !== 0 && compareValues(wanted, Number.NaN) !== 0;
  if (order === 0) return operator === '$eq' || operator === '$gte' || operator === '$lte';
  if (!isOrdered) return false;
  return order < 0 ? operator === '$lt' || operator === '$lte' : operator === '$gt' || operator === '$gte';
}
