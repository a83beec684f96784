/** Random documents and filters over few fields and few values, so that they meet. */
import * as fc from 'fast-check';
import type { Filter } from '../query.ts';
import { Binary, Decimal128, ObjectId } from '../value.ts';
import type { Document, Value } from '../value.ts';

const FIELDS = ['a', 'b', 'c'] as const;

const SCALARS: readonly Value[] = [
  null, 0, -0, 1, 2, 1.5, -1, 1n, 2n, 9_007_199_254_740_993n, 9_007_199_254_740_992, Number.NaN, Number.POSITIVE_INFINITY,
  Decimal128.fromString('1'), Decimal128.fromString('1.50'), Decimal128.fromString('NaN'), '', 'a', 'A', 'ab', 'b', '1', 'é', '😀', '\uffff',
  true, false, new Date(0), new Date(1), new Date('2024-05-01'), ObjectId.createFromHexString('65f0000000000000000000aa'),
  ObjectId.createFromHexString('65f0000000000000000000ab'), new Binary(Buffer.from([1]), 0),
]; // prettier-ignore

export const arbitraryScalar: fc.Arbitrary<Value> = fc.constantFrom(...SCALARS);

export const { value: arbitraryValue, document: arbitraryDocument } = fc.letrec<{ value: Value; document: Document }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { arbitrary: arbitraryScalar, weight: 5 },
    { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 2 },
    { arbitrary: tie('document'), weight: 2 },
  ),
  document: fc
    .array(fc.tuple(fc.constantFrom(...FIELDS, '0'), tie('value')), { maxLength: 3 })
    .map((fields) => Object.fromEntries(fields) as Document),
}));

const arbitraryPath: fc.Arbitrary<readonly string[]> = fc.oneof(
  { arbitrary: fc.constantFrom(...FIELDS).map((field) => [field]), weight: 4 },
  { arbitrary: fc.array(fc.constantFrom(...FIELDS, '0', '1'), { minLength: 2, maxLength: 3 }), weight: 2 },
);

const arbitraryPattern = fc.constantFrom('^a', 'b$', 'a.*b', '^$', '[a-z]', '1|é', '.');

/** Conditions on a path; on the elements themselves where it is empty. */
function conditions(path: fc.Arbitrary<readonly string[]>, inner: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  const values = fc.array(arbitraryValue, { maxLength: 6 });
  return fc.oneof(
    {
      arbitrary: fc.record({
        kind: fc.constant('compare' as const),
        path,
        operator: fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'),
        value: arbitraryValue,
      }),
      weight: 6,
    },
    { arbitrary: fc.record({ kind: fc.constantFrom('in', 'nin', 'all'), path, values }), weight: 3 },
    fc.record({ kind: fc.constant('exists' as const), path, exists: fc.boolean() }),
    fc.record({ kind: fc.constant('size' as const), path, size: fc.nat(3) }),
    fc.record({ kind: fc.constant('regex' as const), path, source: arbitraryPattern, flags: fc.constantFrom('', 'i') }),
    fc.record({ kind: fc.constant('elemMatch' as const), path, filter: inner }),
    fc.record({
      kind: fc.constant('not' as const),
      filter: fc.record({ kind: fc.constant('compare' as const), path, operator: fc.constantFrom('$eq', '$gt'), value: arbitraryValue }),
    }),
  );
}

const { filter, element } = fc.letrec<{ filter: Filter; element: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { arbitrary: conditions(arbitraryPath, fc.oneof(tie('filter'), tie('element'))), weight: 6 },
    { arbitrary: fc.constant<Filter>({ kind: 'true' }), weight: 1 },
    {
      arbitrary: fc.record({ kind: fc.constantFrom('and', 'or', 'nor'), filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
      weight: 3,
    },
    { arbitrary: fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }), weight: 1 },
  ),
  element: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    { arbitrary: conditions(fc.constant([]), tie('element')), weight: 4 },
    {
      arbitrary: fc.record({ kind: fc.constant('and' as const), filters: fc.array(tie('element'), { minLength: 2, maxLength: 2 }) }),
      weight: 1,
    },
  ),
}));

/** Filters as parsing gives them: those of `$elemMatch` speak of elements or of their fields, never of both. */
export const arbitraryFilter: fc.Arbitrary<Filter> = filter;
export const arbitraryElementFilter: fc.Arbitrary<Filter> = element;
