import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';
import { countOf, filterOf, limitOf, sortOf } from './arguments.ts';
import type { DocumentSource, Reading } from './document-source.ts';
import { promoteLongs } from './promote-longs.ts';

/** All documents of a reading, as aggregations take them. */
export async function readAll(source: DocumentSource, reading: Reading): Promise<Document[]> {
  const found: Document[] = [];
  for await (const chunk of source.read(reading)) for (const document of chunk) found.push(promoteLongs(document));
  return found;
}

/** The part of a pipeline that a store can do while it reads. */
export function pushDown(pipeline: readonly Document[]): { readonly reading: Reading; readonly rest: readonly Document[] } {
  const filters: Document[] = [];
  let at = 0;
  for (; at < pipeline.length; at++) {
    const match = pipeline[at]?.['$match'];
    if (!isDocument(match) || hasExpression(match)) break;
    filters.push(match);
  }
  let reading: Reading = { filter: filterOf(filters.length === 0 ? {} : filters.length === 1 ? filters[0] : { $and: filters }) };
  const take = (name: string): Value | undefined => {
    const spec = pipeline[at]?.[name];
    if (spec !== undefined) at++;
    return spec;
  };
  const sort = take('$sort');
  if (sort !== undefined) reading = { ...reading, sort: sortOf(sort) };
  const skip = take('$skip');
  if (skip !== undefined) reading = { ...reading, skip: countOf('$skip', skip) };
  const limit = take('$limit');
  if (limit !== undefined) reading = { ...reading, limit: limitOf(limit) };
  return { reading, rest: pipeline.slice(at) };
}

/** `$expr` at the top, or in an `$and` there. Deeper ones are refused as operators that filters do not have. */
export function hasExpression(match: Document): boolean {
  const parts = match['$and'];
  return '$expr' in match || (Array.isArray(parts) && parts.some((part) => isDocument(part) && hasExpression(part)));
}
