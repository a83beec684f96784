import type { Filter } from '../query.ts';
import { equalValues, orderText } from '../value-order.ts';
import type { Value } from '../value.ts';

/**
 * A condition that an index can answer. Every document that the filter matches has, among the keys of `path`, one of `equals` or one
 * in the range. It is a superset: the filter itself is still to be evaluated on what an index finds.
 *
 * Keys of a path are those of a `multi` index: the values it reaches, and the elements of arrays there. Two ranges of one path may be
 * met by two elements of an array, so they are intersected only where no array can be.
 */
export type Sargable =
  | { readonly path: readonly string[]; readonly equals: readonly Value[] }
  | { readonly path: readonly string[]; readonly range: Range };

export interface Range {
  readonly operator: '$gt' | '$gte' | '$lt' | '$lte';
  readonly value: Value;
}

/** What indexes can use of a filter: each alone bounds the result. Null and absent are in no index. */
export function sargables(filter: Filter): readonly Sargable[] {
  switch (filter.kind) {
    case 'and':
      return filter.filters.flatMap(sargables);
    case 'or':
      return commonEqualities(filter.filters.map(sargables));
    case 'compare':
      return filter.operator === '$ne' ? [] : comparison(filter.path, filter.operator, filter.value);
    case 'in':
      return filter.values.includes(null) ? [] : [{ path: filter.path, equals: filter.values }];
    case 'all':
      if (filter.values.length === 0) return [{ path: filter.path, equals: [] }];
      return filter.values.filter((value) => value !== null).map((value) => ({ path: filter.path, equals: [value] }));
    case 'elemMatch':
      // An element of an element is no key of any index.
      if (filter.path.length === 0) return [];
      // An element that is itself an array is matched by its positions, which no index key says.
      return sargables(filter.filter)
        .filter(({ path }) => !path.some((field) => /^\d+$/.test(field)))
        .map((inner) => ({ ...inner, path: [...filter.path, ...inner.path] }));
    default:
      return [];
  }
}

function comparison(path: readonly string[], operator: '$eq' | Range['operator'], value: Value): Sargable[] {
  if (value === null) return operator === '$gt' || operator === '$lt' ? [{ path, equals: [] }] : [];
  if (operator === '$eq') return [{ path, equals: [value] }];
  if (!equalValues(value, Number.NaN)) return [{ path, range: { operator, value } }];
  return [{ path, equals: operator === '$gte' || operator === '$lte' ? [value] : [] }];
}

/** Paths on which every branch asks for equality: their union. */
function commonEqualities(branches: readonly (readonly Sargable[])[]): Sargable[] {
  const [first, ...others] = branches;
  const common: Sargable[] = [];
  for (const candidate of first ?? []) {
    if (!('equals' in candidate)) continue;
    const same = others.map((branch) => branch.find((atom) => 'equals' in atom && isSamePath(atom.path, candidate.path)));
    if (same.includes(undefined)) continue;
    const equals = same.flatMap((atom) => (atom !== undefined && 'equals' in atom ? atom.equals : []));
    common.push({ path: candidate.path, equals: [...candidate.equals, ...equals] });
  }
  return common;
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field, i) => field === b[i]);
}

/** Where order texts of a range lie, by bytes: from `from` (included) up to `to` (included or not). A superset by the bound itself. */
export function rangeTexts({ operator, value }: Range): { readonly from: string; readonly to: string; readonly includesTo: boolean } {
  const text = orderText(value);
  const rank = text.charAt(0);
  if (operator === '$lt' || operator === '$lte') return { from: rank, to: text, includesTo: true };
  return { from: text, to: String.fromCharCode(rank.charCodeAt(0) + 1), includesTo: false };
}
