import type { ElementOf, FieldPath, IsUnknown, ValueAt } from './field-path.ts';

/**
 * A filter: conditions on fields (dotted paths go into objects and into the elements of arrays), all of which must hold, and `$and`,
 * `$or`, `$nor`. It is the filter language of MongoDB, with its meaning of null, missing fields and arrays.
 */
export type Where<Doc> = { readonly [Path in FieldPath<Doc> | '_id']?: Condition<Path extends '_id' ? string : ValueAt<Doc, Path>> } & {
  readonly $and?: readonly Where<Doc>[];
  readonly $or?: readonly Where<Doc>[];
  readonly $nor?: readonly Where<Doc>[];
};

/** A value that must be equal (an array also matches by its elements), or operators. */
export type Condition<T> = IsUnknown<T> extends true ? unknown : Comparable<T> | Operators<T> | (string extends Scalar<T> ? RegExp : never);

type Scalar<T> = ElementOf<Exclude<T, null | undefined>>;

/** A date may be given as ISO text, and a number of one type as one of another. */
type Widened<T> = T extends Date ? Date | string : T extends number | bigint ? number | bigint : T;

/** What a field can be compared with. */
type Comparable<T> = Widened<Scalar<T>> | Exclude<T, undefined> | null;

export interface Operators<T> {
  readonly $eq?: Comparable<T>;
  readonly $ne?: Comparable<T>;
  readonly $gt?: Widened<Scalar<T>>;
  readonly $gte?: Widened<Scalar<T>>;
  readonly $lt?: Widened<Scalar<T>>;
  readonly $lte?: Widened<Scalar<T>>;
  readonly $in?: readonly Comparable<T>[];
  readonly $nin?: readonly Comparable<T>[];
  readonly $exists?: boolean;
  readonly $not?: Operators<T>;
  /** Texts only: a pattern, with flags in `$options`. */
  readonly $regex?: string extends Scalar<T> ? string : never;
  readonly $options?: string;
  /** Arrays only. */
  readonly $size?: Exclude<T, null | undefined> extends readonly unknown[] ? number : never;
  readonly $all?: Exclude<T, null | undefined> extends readonly unknown[] ? readonly Comparable<T>[] : never;
  readonly $elemMatch?: Exclude<T, null | undefined> extends readonly (infer Item)[] ? Where<Item> | Operators<Item> : never;
}

/** Fields and directions, most significant first. */
export type Sort<Doc> = { readonly [Path in FieldPath<Doc> | '_id']?: 1 | -1 };

/** Fields wanted (`1`), or not wanted (`0`): not both. `_id` is always there. */
export type Select<Doc> = { readonly [Path in FieldPath<Doc>]?: 0 | 1 };

/** What a live query asks for. */
export interface Query<Doc, S extends Select<Doc> | undefined = Select<Doc> | undefined> {
  readonly where?: Where<Doc>;
  /** The result is then ordered. */
  readonly sort?: Sort<Doc>;
  /** The first so many of the order (that of `_id` without a sort). */
  readonly limit?: number;
  readonly select?: S;
}

/** What a query over HTTP asks for. */
export interface FindQuery<Doc, S extends Select<Doc> | undefined = Select<Doc> | undefined> extends Query<Doc, S> {
  /** Without the first so many. */
  readonly skip?: number;
}
