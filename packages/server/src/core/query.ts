import type { State } from './record.ts';
import type { Document, Value } from './value.ts';

/**
 * A parsed filter of the one filter language (REST `_q`, live queries, `--query`, ER conditions). Parsing has checked every operator
 * and converted literals; evaluating one never throws. Semantics are MongoDB's for null, missing, arrays, dotted paths and type brackets.
 */
export type Filter =
  | { readonly kind: 'true' }
  | { readonly kind: 'and' | 'or' | 'nor'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'compare';
      readonly path: readonly string[];
      readonly operator: '$eq' | '$ne' | '$gt' | '$gte' | '$lt' | '$lte';
      readonly value: Value;
    }
  | { readonly kind: 'in' | 'nin' | 'all'; readonly path: readonly string[]; readonly values: readonly Value[] }
  | { readonly kind: 'exists'; readonly path: readonly string[]; readonly exists: boolean }
  | { readonly kind: 'size'; readonly path: readonly string[]; readonly size: number }
  | { readonly kind: 'regex'; readonly path: readonly string[]; readonly source: string; readonly flags: string }
  /** `elements`: a filter on each element as a document, or (with empty paths) on the element itself. */
  | { readonly kind: 'elemMatch'; readonly path: readonly string[]; readonly filter: Filter };

export interface Query {
  readonly filter: Filter;
  /** By the one order of values; the collection's id breaks ties. */
  readonly sort?: readonly { readonly path: readonly string[]; readonly direction: 1 | -1 }[] | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
  /** Only documents after this one in the order of ids: without a sort, one can so go through all of them page by page. */
  readonly afterId?: string | undefined;
  /** PUBLIC when absent. */
  readonly states?: readonly State[] | undefined;
}

export type Predicate = (document: Document) => boolean;
