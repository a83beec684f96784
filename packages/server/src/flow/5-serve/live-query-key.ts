import type { Filter } from '../../core/query.ts';
import type { FieldProjection } from '../../core/query/projection.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { LiveQuerySpec } from './live.ts';

/** Live queries of one key are the same, and share one evaluation: whatever the order of their conditions and selected fields. */
export function liveQueryKey({ collection, filter, sort = [], limit, select }: LiveQuerySpec): string {
  return JSON.stringify([
    collection,
    filterKey(filter),
    sort.map(({ path, direction }) => [path, direction]),
    limit ?? null,
    selectKey(select),
  ]);
}

/** Null where everything is selected. */
export function selectKey(select: FieldProjection | undefined): string | null {
  return select === undefined ? null : JSON.stringify([select.mode, treeKey(select.fields)]);
}

function treeKey(tree: FieldProjection['fields']): unknown {
  const names = Object.keys(tree).sort();
  return names.map((name) => {
    const inner = tree[name];
    return inner === undefined || inner === true ? name : [name, treeKey(inner)];
  });
}

/** Literals are told apart by value and type: 1 and the text "1" are two, and so are 1 and the long 1. */
function filterKey(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return `${filter.kind}(${[...new Set(filter.filters.map(filterKey))].sort().join()})`;
    case 'not':
      return `not(${filterKey(filter.filter)})`;
    case 'elemMatch':
      return `elemMatch(${JSON.stringify(filter.path)},${filterKey(filter.filter)})`;
    default:
      return encode(filter as unknown as Document);
  }
}
