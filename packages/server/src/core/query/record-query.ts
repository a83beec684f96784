import { METADATA_FIELDS, kindOfRecord, withMetadata } from '../metadata.ts';
import type { Filter } from '../query.ts';
import type { StoredRecord } from '../record.ts';
import type { Document } from '../value.ts';
import { compileFilter } from './compile-filter.ts';
import { compareSorted, sortTexts } from './sort.ts';
import type { Sort } from './sort.ts';

/**
 * Filters on records, as people see them: with `_id` and the other fields that are ours (`createdAt`, `updatedAt`, `__STATE__` …).
 * A filter that names none of them, the usual case, is evaluated on the document alone.
 */
export function compileRecordFilter(filter: Filter): (record: StoredRecord) => boolean {
  const matches = compileFilter(filter);
  const shown = shownFor(pathsOf(filter));
  return (record) => matches(shown(record));
}

/** What records are sorted by, the fields that are ours included: the texts that `compareSorted` compares. */
export function compileRecordSort(sort: Sort): (record: StoredRecord) => readonly string[] {
  if (sort.length === 0) return () => NO_TEXTS;
  const shown = shownFor(sort.map(({ path }) => path));
  return (record) => sortTexts(shown(record), sort);
}

const NO_TEXTS: readonly string[] = [];

/** The records in the order of a query; without a sort, in order of their ids. */
export function sortRecordsBy(records: readonly StoredRecord[], sort: Sort = []): StoredRecord[] {
  const textsOf = compileRecordSort(sort);
  return records
    .map((record) => ({ record, id: record.id, texts: textsOf(record) }))
    .sort((a, b) => compareSorted(a, b, sort))
    .map(({ record }) => record);
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

/** As much of a record as paths can reach. */
function shownFor(paths: readonly (readonly string[])[]): (record: StoredRecord) => Document {
  const ours = paths.filter(isMetadata);
  if (ours.length === 0) return (record) => record.document;
  // The metadata are a text of their own, which need not be read for these.
  if (ours.every(([first]) => first === '_id' || first === '__STATE__'))
    return (record) => ({ ...record.document, _id: record.id, __STATE__: record.state });
  return (record) => withMetadata(record, kindOfRecord(record));
}

function isMetadata([first]: readonly string[]): boolean {
  return first !== undefined && METADATA_FIELDS.has(first);
}
