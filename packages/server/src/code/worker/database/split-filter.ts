import { METADATA_FIELDS } from '../../../core/metadata.ts';
import { compileFilter } from '../../../core/query/compile-filter.ts';
import type { Filter } from '../../../core/query.ts';
import { STATES } from '../../../core/record.ts';
import type { State } from '../../../core/record.ts';
import { pathsOf } from '../../../core/query/record-query.ts';

/** A filter on documents with metadata, as what a store can do of it and what remains. */
export interface SplitFilter {
  /** Only these ids can match. */
  readonly ids: readonly string[] | undefined;
  readonly states: readonly State[];
  /** On the documents' own fields. */
  readonly pushed: Filter;
  /** On the document with its metadata. */
  readonly residual: Filter | undefined;
}

export function splitFilter(filter: Filter): SplitFilter {
  let ids: readonly string[] | undefined;
  let states: readonly State[] = STATES;
  const pushed: Filter[] = [];
  const residual: Filter[] = [];
  for (const part of conjuncts(filter)) {
    const fields = new Set(fieldsOf(part));
    const wanted = fields.size === 1 && fields.has('_id') ? idsOf(part) : undefined;
    if (wanted !== undefined) {
      const before = ids;
      ids = before === undefined ? wanted : before.filter((id) => wanted.includes(id));
    } else if (fields.size === 1 && fields.has('__STATE__')) {
      const predicate = compileFilter(part);
      states = states.filter((state) => predicate({ __STATE__: state }));
    } else if ([...fields].some((field) => METADATA_FIELDS.has(field))) residual.push(part);
    else pushed.push(part);
  }
  return { ids, states, pushed: and(pushed), residual: residual.length === 0 ? undefined : and(residual) };
}

function conjuncts(filter: Filter): Filter[] {
  if (filter.kind === 'true') return [];
  return filter.kind === 'and' ? filter.filters.flatMap(conjuncts) : [filter];
}

function and(filters: readonly Filter[]): Filter {
  const [first] = filters;
  if (first === undefined) return { kind: 'true' };
  return filters.length === 1 ? first : { kind: 'and', filters };
}

/** First steps of all paths. */
function fieldsOf(filter: Filter): string[] {
  return pathsOf(filter).map(([first]) => first ?? '');
}

/** Ids are texts: any other value matches none. */
function idsOf(filter: Filter): string[] | undefined {
  if (filter.kind === 'compare' && filter.operator === '$eq' && filter.path.length === 1) return [filter.value].filter(isText);
  if (filter.kind === 'in' && filter.path.length === 1) return filter.values.filter(isText);
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
