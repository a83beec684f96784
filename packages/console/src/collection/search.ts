/** What the address of a collection's page holds: enough to show somebody else the same. */
export interface CollectionSearch {
  readonly filter?: Readonly<Record<string, unknown>>;
  /** A field; with `-` in front: descending. */
  readonly sort?: string;
  readonly limit?: number;
  /** Id of the open document. */
  readonly doc?: string;
}

export const LIMITS = [50, 200, 1_000, 5_000] as const;
export const DEFAULT_LIMIT = 200;

/** Whatever stands in an address that somebody wrote by hand. */
export function readSearch(search: Readonly<Record<string, unknown>>): CollectionSearch {
  const { filter, sort, limit, doc } = search;
  return {
    ...(typeof filter === 'object' && filter !== null && !Array.isArray(filter)
      ? { filter: filter as Readonly<Record<string, unknown>> }
      : {}),
    ...(typeof sort === 'string' && sort.replace('-', '') !== '' ? { sort } : {}),
    ...(LIMITS.some((known) => known === limit) && limit !== DEFAULT_LIMIT ? { limit: Number(limit) } : {}),
    ...(typeof doc === 'string' || typeof doc === 'number' ? { doc: String(doc) } : {}),
  };
}

export function sortOf(sort: string | undefined): Readonly<Record<string, 1 | -1>> | undefined {
  if (sort === undefined) return undefined;
  return sort.startsWith('-') ? { [sort.slice(1)]: -1 } : { [sort]: 1 };
}

/** Ascending, descending, none. */
export function nextSort(sort: string | undefined, field: string): string | undefined {
  if (sort === field) return `-${field}`;
  return sort === `-${field}` ? undefined : field;
}
