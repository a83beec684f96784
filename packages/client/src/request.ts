import type { SubscribeData } from '@millrace/protocol';
import { encodeValue } from './extended-json.ts';

/** A live query as it goes over the wire. */
export type Request = Pick<SubscribeData, 'group' | 'where' | 'sort' | 'limit' | 'select'>;

/** What a query says, without its types. */
export interface PlainQuery {
  readonly where?: unknown;
  readonly sort?: unknown;
  readonly limit?: number | undefined;
  readonly select?: unknown;
}

export function requestOf(collection: string, { where, sort, limit, select }: PlainQuery): Request {
  const fields = select as Readonly<Record<string, 0 | 1 | boolean>> | undefined;
  return {
    group: collection,
    ...(where === undefined ? {} : { where: sorted(encodeValue(where)) }),
    ...(sort === undefined ? {} : { sort: sort as Record<string, 1 | -1> }),
    ...(limit === undefined ? {} : { limit }),
    ...(fields === undefined ? {} : { select: selectOf(fields) }),
  };
}

/** The same text for two requests that are the same: they share one subscription. */
export function keyOf(request: Request): string {
  return JSON.stringify(request);
}

function selectOf(fields: Readonly<Record<string, 0 | 1 | boolean>>): Record<string, 0 | 1> {
  return Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, wanted]) => [field, wanted ? 1 : 0]),
  );
}

/** The order of conditions means nothing, at the top; deeper down it may be that of a literal. */
function sorted(where: unknown): unknown {
  if (typeof where !== 'object' || where === null || Array.isArray(where)) return where;
  return Object.fromEntries(Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1)));
}
