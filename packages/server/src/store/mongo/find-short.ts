import type { Query } from '../../core/query.ts';
import { findMatching } from './find.ts';
import type { MongoCollection } from './mongo-collection.ts';
import type { MongoRecord } from './mongo-record.ts';
import type { MongoSource } from './mongo-source.ts';

const MOST_ROWS = 200;

/** The same as `findMatching` where the database goes along the ids and stops soon: documents by their ids, or a page in their order. */
export async function findShort(source: MongoSource, of: MongoCollection, query: Query): Promise<readonly MongoRecord[] | undefined> {
  const { filter, sort = [], skip = 0, limit = Number.POSITIVE_INFINITY } = query;
  if (limit <= 0) return [];
  const isPage = filter.kind === 'true' && sort.length === 0 && skip + limit <= MOST_ROWS;
  return isPage || isById(query) ? findMatching(source, of, query) : undefined;
}

function isById({ filter, sort = [] }: Query): boolean {
  if (sort.length > 0 || !('path' in filter) || filter.path.length !== 1 || filter.path[0] !== '_id') return false;
  if (filter.kind === 'compare') return filter.operator === '$eq';
  return filter.kind === 'in' && filter.values.length <= MOST_ROWS;
}
