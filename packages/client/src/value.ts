/**
 * Values of documents, as this client gives and takes them.
 *
 * | in the collection  | here                                                   | in a `where`                     |
 * |--------------------|--------------------------------------------------------|----------------------------------|
 * | string, boolean    | the same                                               | the same                         |
 * | number             | number, also `NaN`, infinities and `-0`                | number                           |
 * | long (64 bits)     | number where that is exact, beyond 2^53 `bigint`       | number or `bigint`               |
 * | decimal            | string: `"12.50"`                                      | string                           |
 * | date               | `Date`                                                 | `Date`, or ISO text              |
 * | ObjectId           | string of 24 hexadecimal digits                        | string                           |
 * | binary             | `Uint8Array`                                           | `Uint8Array`                     |
 * | null, array, object| the same                                               | the same                         |
 *
 * The server gives a text in a `where` the type of the field that it is compared with, so decimals and ObjectIds match as texts.
 */
export type Value = null | boolean | number | bigint | string | Date | Uint8Array | readonly Value[] | { readonly [field: string]: Value };

/** A document of which nothing more is known. */
export interface AnyDocument {
  readonly [field: string]: unknown;
}
