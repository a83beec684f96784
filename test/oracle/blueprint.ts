import * as fc from 'fast-check';

/**
 * A random project before its names and links are worked out: lists of small numbers, each taken modulo what there is to choose from.
 * So every blueprint gives a valid project, and a shorter list or a smaller number gives a simpler one, which is what shrinking needs.
 */
export interface ProjectBlueprint {
  readonly projections: readonly ProjectionBlueprint[];
  readonly relations: readonly RelationBlueprint[];
  readonly views: readonly ViewBlueprint[];
  /** Soft-deleted records may be read by views: then their content must not depend on the order of arrival. */
  readonly readsDeleted: boolean;
  readonly missingFields: 'null' | 'omit';
  readonly emptyObject: 'leaves' | 'null';
}

export interface ProjectionBlueprint {
  readonly format: number;
  readonly key: number;
  readonly hard: boolean;
  readonly renamed: boolean;
  readonly partitions: number;
  readonly topics: number;
}

export interface RelationBlueprint {
  readonly from: number;
  readonly to: number;
  readonly toView: boolean;
  readonly kind: number;
  readonly declared: number;
  readonly oneToMany: boolean;
}

export interface ViewBlueprint {
  readonly base: number;
  readonly identifier: number;
  readonly key: number;
  readonly paths: boolean;
  readonly states: number;
  readonly dependencies: readonly DependencyBlueprint[];
  readonly extras: readonly ExtraBlueprint[];
  readonly mapsKey: boolean;
  readonly declaredOrder: boolean;
  readonly upsert: boolean;
  readonly virtualDelete: boolean;
}

export interface DependencyBlueprint {
  readonly block: number;
  readonly place: number;
  readonly from: number;
  readonly relation: number;
  readonly alias: boolean;
  readonly useAlias: boolean;
  readonly select: number;
  readonly states: number;
  readonly fields: readonly number[];
}

export interface ExtraBlueprint {
  readonly block: number;
  readonly kind: number;
  readonly dependency: number;
  readonly field: number;
}

const choice = fc.nat(11);
/** Mostly the plain case. */
const rarely = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(7) });
const seldom = fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

const projection: fc.Arbitrary<ProjectionBlueprint> = fc.record({
  format: fc.nat(5),
  key: choice,
  hard: fc.boolean(),
  renamed: fc.boolean(),
  partitions: fc.nat(2),
  topics: rarely,
});

const relation: fc.Arbitrary<RelationBlueprint> = fc.record({
  from: choice,
  to: choice,
  toView: seldom,
  kind: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.nat(18) }),
  declared: fc.nat(2),
  oneToMany: fc.boolean(),
});

const dependency: fc.Arbitrary<DependencyBlueprint> = fc.record({
  block: fc.nat(5),
  place: fc.nat(5),
  from: choice,
  relation: choice,
  alias: seldom,
  useAlias: seldom,
  select: rarely,
  states: rarely,
  fields: fc.array(choice, { maxLength: 3 }),
});

const view: fc.Arbitrary<ViewBlueprint> = fc.record({
  base: choice,
  identifier: rarely,
  key: fc.nat(3),
  paths: seldom,
  states: rarely,
  dependencies: fc.array(dependency, { maxLength: 7, size: 'max' }),
  extras: fc.array(fc.record({ block: fc.nat(5), kind: fc.nat(9), dependency: choice, field: choice }), { maxLength: 4 }),
  mapsKey: fc.boolean().map((odd) => !odd),
  declaredOrder: seldom,
  upsert: seldom,
  virtualDelete: seldom,
});

export const projectBlueprint: fc.Arbitrary<ProjectBlueprint> = fc.record({
  projections: fc.array(projection, { minLength: 1, maxLength: 5, size: 'max' }),
  relations: fc.array(relation, { minLength: 1, maxLength: 7, size: 'max' }),
  views: fc.array(view, { minLength: 1, maxLength: 3, size: 'max' }),
  readsDeleted: seldom,
  missingFields: fc.constantFrom('null', 'omit'),
  emptyObject: fc.constantFrom('leaves', 'null'),
});
