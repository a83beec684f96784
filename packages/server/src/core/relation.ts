import type { Place } from './problem.ts';
import type { FieldType } from './projection.ts';
import type { Value } from './value.ts';

/** A side of a comparison that is not the wanted document's field. */
export type Operand =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Operand[] };

export const COMPARISONS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/**
 * The condition of a relation: which documents of TARGET belong to a document of SOURCE. `field` is a field of TARGET, a field operand
 * one of SOURCE. `filter` is any other operator of the filter language with a constant (`{"tags": {"$size": 2}}`), on TARGET.
 */
export type Condition =
  | {
      readonly kind: 'compare';
      readonly field: readonly string[];
      readonly operator: Comparison;
      readonly operand: Operand;
      readonly place: Place;
    }
  | {
      readonly kind: 'filter';
      readonly field: readonly string[];
      readonly filter: Value;
      /** Of the field, where it is known: literals take it. */
      readonly type?: FieldType | undefined;
      readonly place: Place;
    }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] };

/** One named condition of the ER schema. */
export interface RelationDefinition {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly condition: Condition;
  readonly oneToMany: boolean;
  readonly place: Place;
}
