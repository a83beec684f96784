import type { CodeReference } from './code-reference.ts';
import type { Place } from './problem.ts';
import type { State } from './record.ts';
import type { Value } from './value.ts';

/** `aggregation.json` as it was read: shapes are right, names are not yet resolved (that is `plan/`'s work). */
export interface AggregationDefinition {
  readonly version: string;
  /** The root block, `SV_CONFIG`. */
  readonly root: BlockDefinition;
  /** All other blocks, by name. */
  readonly blocks: ReadonlyMap<string, BlockDefinition>;
  readonly place: Place;
}

export interface BlockDefinition {
  readonly name: string;
  /** Name of the dependency of this block whose documents it is repeated for: the block's result is then an array. */
  readonly joinDependency: string | undefined;
  readonly dependencyOrder: readonly string[] | undefined;
  /** In the order of declaration. */
  readonly dependencies: readonly DependencyDefinition[];
  readonly mapping: MappingDefinition;
  readonly place: Place;
}

export type DependencyDefinition =
  | { readonly kind: 'config'; readonly name: string; readonly place: Place }
  | { readonly kind: 'projection'; readonly name: string; readonly body: DependencyBody; readonly place: Place }
  /** The first option whose `when` holds, else the default, else nothing is found. */
  | {
      readonly kind: 'select';
      readonly name: string;
      readonly options: readonly { readonly when: WhenDefinition; readonly body: DependencyBody }[];
      readonly otherwise: DependencyBody | undefined;
      readonly place: Place;
    };

export interface DependencyBody {
  /** `aliasOf`, else the dependency's name. */
  readonly collection: string;
  readonly on: { readonly kind: 'identifier' } | { readonly kind: 'condition'; readonly name: string };
  readonly useAlias: string | undefined;
  /** Base field → key of the identifier (or a constant). */
  readonly identifierQueryMapping: Readonly<Record<string, IdentifierOperand>> | undefined;
  readonly onStates: readonly State[];
  readonly place: Place;
}

export type IdentifierOperand =
  | { readonly kind: 'identifier'; readonly key: string }
  | { readonly kind: 'constant'; readonly value: Value };

export interface WhenDefinition {
  readonly operator: '==' | '!=' | '>' | '<' | '>=' | '<=';
  readonly left: WhenOperand;
  readonly right: WhenOperand;
  readonly place: Place;
}

export type WhenOperand =
  | { readonly kind: 'reference'; readonly dependency: string; readonly path: readonly string[] }
  | { readonly kind: 'constant'; readonly value: Value }
  /** Called with (logger, db). */
  | { readonly kind: 'function'; readonly code: CodeReference };

export type MappingDefinition =
  | {
      readonly kind: 'object';
      readonly fields: readonly { readonly name: string; readonly value: MappingDefinition }[];
      readonly place: Place;
    }
  /** `DEP.field`; with an empty path, the result of a config block. */
  | { readonly kind: 'reference'; readonly dependency: string; readonly path: readonly string[]; readonly place: Place }
  | { readonly kind: 'constant'; readonly value: Value; readonly place: Place }
  /** Called with (logger, db, dependenciesMap). */
  | { readonly kind: 'function'; readonly code: CodeReference; readonly place: Place }
  | {
      readonly kind: 'select';
      readonly options: readonly { readonly when: WhenDefinition; readonly value: MappingDefinition }[];
      readonly otherwise: MappingDefinition | undefined;
      readonly place: Place;
    };

/** How a view's document comes to be: from an aggregation, or from the user's `pipeline.js` and `mapper.js`. */
export type ViewSource =
  | { readonly kind: 'aggregation'; readonly aggregation: AggregationDefinition }
  | { readonly kind: 'manual'; readonly pipeline: CodeReference; readonly mapper: CodeReference };

/** `singleViewKey.json` maps fields of the view to keys of the identifier; a function gives a query. */
export type ViewKeyDefinition =
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>>; readonly place: Place }
  | { readonly kind: 'function'; readonly code: CodeReference; readonly place: Place };

/** One path of `projectionChangesSchema.json`, from an initial projection to the base projection. */
export interface PathDefinition {
  readonly path: readonly string[];
  /** Identifier key → field of the base projection, or a function that is given each base document. */
  readonly identifier:
    | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>> }
    | { readonly kind: 'function'; readonly code: CodeReference };
  readonly place: Place;
}

export type StrategyReference = { readonly kind: 'automatic' } | { readonly kind: 'function'; readonly code: CodeReference };

export interface ViewDefinition {
  readonly name: string;
  readonly source: ViewSource;
  readonly key: ViewKeyDefinition | undefined;
  readonly paths: readonly PathDefinition[] | undefined;
  /** By projection, from `kafkaProjectionUpdates.json`. */
  readonly strategies: ReadonlyMap<string, { readonly strategy: StrategyReference; readonly place: Place }> | undefined;
  readonly validator: CodeReference | undefined;
  readonly onInvalid: 'delete' | 'keep';
  readonly upsertStrategy: { readonly kind: 'replace' | 'update' } | { readonly kind: 'function'; readonly code: CodeReference };
  readonly deleteStrategy: { readonly kind: 'delete' | 'virtualDelete' } | { readonly kind: 'function'; readonly code: CodeReference };
  readonly maxProcessingMs: number;
  readonly retry: { readonly attempts: number; readonly delayMs: number };
  /** Collections that functions of the view read through `db`, whose changes rebuild all of it … declared, since they cannot be seen. */
  readonly dependsOn: readonly string[];
  readonly place: Place;
}
