import { METADATA_FIELDS, kindOfRecord, withMetadata } from '../metadata.ts';
import type { Filter, Query } from '../query.ts';
import type { StoredRecord } from '../record.ts';
import { compileFilter } from './compile-filter.ts';

/**
 * Filters on records, as people see them: with `_id` and the other fields that are ours (`createdAt`, `updatedAt`, `__STATE__` …).
 * A filter that names none of them, the usual case, is evaluated on the document alone.
 */
export function compileRecordFilter(filter: Filter): (record: StoredRecord) => boolean {
  const matches = compileFilter(filter);
  if (!pathsOf(filter).some(isMetadata)) return (record) => matches(record.document);
  return (record) => matches(withMetadata(record, kindOfRecord(record)));
}

/** Whether a query needs more of a record than its document. */
export function needsMetadata({ filter, sort }: Pick<Query, 'filter' | 'sort'>): boolean {
  return pathsOf(filter).some(isMetadata) || (sort?.some(({ path }) => isMetadata(path)) ?? false);
}

/** All paths that a filter looks at, from the root of the document. */
export function pathsOf(filter: Filter): readonly (readonly string[])[] {
  switch (filter.kind) {
    case 'true':
      return [];
    case 'and':
    case 'or':
    case 'nor':
      return filter.filters.flatMap(pathsOf);
    case 'not':
      return pathsOf(filter.filter);
    default:
      return [filter.path];
  }
}

function isMetadata([first]: readonly string[]): boolean {
  return first !== undefined && METADATA_FIELDS.has(first);
}
