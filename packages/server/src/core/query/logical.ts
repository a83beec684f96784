import type { Filter } from '../query.ts';

export const LOGICAL: ReadonlyMap<string, 'and' | 'or' | 'nor'> = new Map([
  ['$and', 'and'],
  ['$or', 'or'],
  ['$nor', 'nor'],
]);

/** All of several filters. */
export function conjunction(filters: readonly Filter[]): Filter {
  const [first, second] = filters;
  if (first === undefined) return { kind: 'true' };
  return second === undefined ? first : { kind: 'and', filters };
}
