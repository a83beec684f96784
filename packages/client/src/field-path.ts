/** Types of dotted paths, through objects and, as filters see them, through the elements of arrays. */

/** What is not gone into. */
type Leaf = string | number | bigint | boolean | Date | Uint8Array | null | undefined;

/** How deep paths are offered; deeper ones need a cast. */
type Deeper = { 5: 4; 4: 3; 3: 2; 2: 1; 1: 0; 0: 0 };
type Depth = keyof Deeper;

/** Nothing is known of such a type, so that everything may be in it. */
export type IsUnknown<T> = unknown extends T ? true : false;

/** The elements of an array, or the thing itself. */
export type ElementOf<T> = T extends readonly (infer Item)[] ? Item : T;

/** `name`, `address.city`, `orders.lines.quantity`. Any text where the fields are not known. */
export type FieldPath<Doc, D extends Depth = 5> =
  IsUnknown<Doc> extends true
    ? string
    : D extends 0
      ? never
      : Doc extends Leaf
        ? never
        : Doc extends readonly (infer Item)[]
          ? FieldPath<Item, D>
          : { [F in keyof Doc & string]: F | InnerPath<F, Exclude<Doc[F], null | undefined>, Deeper[D]> }[keyof Doc & string];

type InnerPath<F extends string, T, D extends Depth> = IsUnknown<T> extends true ? `${F}.${string}` : `${F}.${FieldPath<T, D>}`;

/** What stands at a path; an array on the way gives what its elements hold. */
export type ValueAt<Doc, Path extends string> =
  IsUnknown<Doc> extends true
    ? unknown
    : Doc extends readonly (infer Item)[]
      ? ValueAt<Item, Path>
      : Doc extends Leaf
        ? never
        : Path extends keyof Doc
          ? Doc[Path]
          : Path extends `${infer First}.${infer Rest}`
            ? First extends keyof Doc
              ? ValueAt<Exclude<Doc[First], null | undefined>, Rest>
              : never
            : never;
