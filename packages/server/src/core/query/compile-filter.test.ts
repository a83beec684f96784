import * as fc from 'fast-check';
import { default as siftModule } from 'sift';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import type { Filter } from '../query.ts';
import { ObjectId } from '../value.ts';
import type { Document, Value } from '../value.ts';
import { arbitraryDocument, arbitraryFilter } from './arbitraries.test-support.ts';
import { compileFilter } from './compile-filter.ts';
import { matchesNaively } from './naive-filter.test-support.ts';
import { parseFilter } from './parse-filter.ts';

/** Its types describe the module, not the function that it is. */
const sift = siftModule as unknown as (query: Record<string, unknown>) => (document: Document) => boolean;

/** Filter, documents that it matches, documents that it does not. */
const TABLE: readonly (readonly [Value, readonly Document[], readonly Document[]])[] = [
  [{ a: 1 }, [{ a: 1 }, { a: 1n }, { a: [0, 1] }], [{ a: '1' }, { a: true }, { a: [[1]] }, {}]],
  [{ a: null }, [{ a: null }, {}, { a: [null] }, { a: [1, null] }], [{ a: 0 }, { a: [] }, { a: '' }]],
  [{ a: { $ne: null } }, [{ a: 0 }, { a: [] }], [{ a: null }, {}, { a: [null, 1] }]],
  [{ a: { $gte: null } }, [{ a: null }, {}], [{ a: 0 }]],
  [{ a: { $gt: null } }, [], [{ a: null }, {}, { a: 0 }]],
  [{ 'a.b': null }, [{ a: {} }, {}, { a: 5 }, { a: [{ b: 1 }, {}] }, { a: [{ b: null }] }], [{ a: { b: 1 } }, { a: [] }, { a: [5] }]],
  [{ 'a.b': { $exists: false } }, [{ a: [] }, { a: [5] }, {}, { a: 5 }], [{ a: { b: null } }, { a: [{}, { b: 1 }] }]],
  [{ 'a.b': 1 }, [{ a: { b: 1 } }, { a: [{ b: 1 }] }, { a: { b: [1] } }, { a: [{ b: [2, 1] }] }], [{ a: [[{ b: 1 }]] }, { 'a.b': 1 }]],
  [{ 'a.0': 1 }, [{ a: [1, 2] }, { a: { '0': 1 } }, { a: [{ '0': 1 }] }], [{ a: [2, 1] }, { a: 1 }, { a: [] }]],
  [{ 'a.1.b': 1 }, [{ a: [{ b: 2 }, { b: 1 }] }], [{ a: [{ b: 1 }, { b: 2 }] }, { a: [1, 1] }]],
  // An element that is an object is also asked for a field `0`, which it lacks.
  [{ 'a.0.b': null }, [{ a: [{}] }, {}, { a: [{ b: 1 }] }], [{ a: [5] }, { a: [] }]],
  [{ a: [1, 2] }, [{ a: [1, 2] }, { a: [[1, 2], 3] }], [{ a: [2, 1] }, { a: [1] }]],
  [{ a: { $gt: 1, $lt: 5 } }, [{ a: 3 }, { a: [0, 10] }], [{ a: 1 }, { a: [5, 6] }, { a: '3' }]],
  [{ a: { $gt: '' } }, [{ a: 'a' }], [{ a: '' }, { a: 1 }, { a: null }]],
  [{ a: { $lt: true } }, [{ a: false }], [{ a: true }, { a: 0 }, {}]],
  [{ a: { $gt: { $date: '2024-01-01T00:00:00Z' } } }, [{ a: new Date('2024-01-02') }], [{ a: '2025-01-01' }, { a: 9e15 }]],
  [{ a: { $gt: [1] } }, [{ a: [2] }, { a: [[1, 0]] }], [{ a: 2 }, { a: [1] }, { a: [0, 5] }]],
  [{ a: NaN }, [{ a: NaN }], [{ a: 0 }, {}]],
  [{ a: { $lt: 5 } }, [{ a: 4 }], [{ a: NaN }]],
  [{ a: { $gte: NaN } }, [{ a: NaN }], [{ a: 1 }]],
  [{ a: { $in: [] } }, [], [{}, { a: null }, { a: [] }]],
  [{ a: { $in: [null, 'x'] } }, [{}, { a: 'x' }, { a: ['x'] }], [{ a: 'y' }]],
  [{ a: { $nin: [1, 2] } }, [{}, { a: 3 }], [{ a: [3, 1] }]],
  [{ a: { $all: [] } }, [], [{ a: [] }, {}]],
  [{ a: { $all: [1, 2] } }, [{ a: [2, 3, 1] }], [{ a: 1 }, { a: [1] }]],
  [{ a: { $all: [1] } }, [{ a: 1 }], [{}]],
  [{ a: { $size: 0 } }, [{ a: [] }], [{}, { a: '' }, { a: [[]] }]],
  [{ a: { $elemMatch: { $gt: 1, $lt: 5 } } }, [{ a: [0, 3] }], [{ a: [0, 10] }, { a: 3 }, { a: [[3]] }]],
  [{ a: { $elemMatch: { b: 1, c: 2 } } }, [{ a: [{ b: 1, c: 2 }] }], [{ a: [{ b: 1 }, { c: 2 }] }, { a: { b: 1, c: 2 } }, { a: [1] }]],
  [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, [{ a: [{ b: 2 }] }], [{ a: [{ b: 3 }] }]],
  [{ a: { $elemMatch: {} } }, [{ a: [{}] }], [{ a: [] }, { a: [1] }]],
  [{ a: { $elemMatch: { $not: { $gt: 5 } } } }, [{ a: [6, 5] }], [{ a: [6, 7] }, { a: [] }]],
  [{ a: { $not: { $gt: 5 } } }, [{ a: 5 }, {}, { a: 'x' }], [{ a: [1, 6] }]],
  [{ $nor: [{ a: 1 }, { b: 1 }] }, [{}, { a: 2 }], [{ a: 1 }, { a: 2, b: 1 }]],
  [{ a: { $regex: '^x.z$', $options: 'i' } }, [{ a: 'XYZ' }, { a: [1, 'xyz'] }, { a: 'x😀z' }], [{ a: 'axyz' }, { a: 1 }]],
  [{ constructor: null }, [{}], [Object.fromEntries([['constructor', 1]]) as Document]],
  [{ 'a.toString': { $exists: true } }, [{ a: { toString: 1 } as unknown as Document }], [{ a: {} }]],
  [{ a: {} }, [{ a: {} }], [{ a: { b: 1 } }, {}]],
  [{ a: { b: 1, c: 2 } }, [{ a: { b: 1n, c: 2 } }], [{ a: { c: 2, b: 1 } }]],
];

/** A document as JavaScript values that sift understands, a filter as MongoDB writes it. */
function written(filter: Filter): Record<string, unknown> {
  switch (filter.kind) {
    case 'true':
      return {};
    case 'and':
    case 'or':
    case 'nor':
      return { [`$${filter.kind}`]: filter.filters.map(written) };
    case 'not':
      return { $nor: [written(filter.filter)] };
    case 'compare':
      return { [filter.path.join('.')]: { [filter.operator]: filter.value } };
    case 'in':
    case 'nin':
    case 'all':
      return { [filter.path.join('.')]: { [`$${filter.kind}`]: filter.values } };
    case 'exists':
      return { [filter.path.join('.')]: { $exists: filter.exists } };
    case 'size':
      return { [filter.path.join('.')]: { $size: filter.size } };
    case 'regex':
      return { [filter.path.join('.')]: { $regex: filter.source, $options: `${filter.flags}u` } };
    case 'elemMatch':
      return { [filter.path.join('.')]: { $elemMatch: written(filter.filter) } };
    default:
      return filter;
  }
}

describe('compiled filters', () => {
  test.for(TABLE)('%j', ([json, matching, others]) => {
    const predicate = compileFilter(parseFilter(json));
    expect(matching.filter((document) => !predicate(document))).toEqual([]);
    expect(others.filter(predicate)).toEqual([]);
  });

  test('a compiled filter matches what the plain reading of the language says', () => {
    fc.assert(
      fc.property(arbitraryFilter, fc.array(arbitraryDocument, { minLength: 1, maxLength: 8 }), (filter, documents) => {
        const predicate = compileFilter(filter);
        for (const document of documents) expect(predicate(document)).toBe(matchesNaively(filter, document));
      }),
      propertyOptions(5_000),
    );
  });

  /**
   * sift differs where it follows JavaScript: numbers of other types are not numbers, NaN equals nothing, a date is above a number, texts
   * are in UTF-16 order, the order of an object's fields does not matter; and it goes through arrays of arrays (`a.b`, `$size`,
   * `$elemMatch`), takes a scalar in an array for an absent field, and lets `$all` of nothing match. So it is asked only about plain
   * integers and texts, in arrays of one level.
   */
  test('sift agrees on documents of plain integers, texts and arrays of them', () => {
    const scalar = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b', 'ab'));
    const field = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }));
    const inner = fc.record({ x: scalar, y: scalar });
    const document = fc.record({ a: field, b: field, c: inner, d: fc.array(inner, { minLength: 1, maxLength: 3 }) });
    const path = fc.constantFrom(['a'], ['b'], ['c', 'x'], ['d', 'x'], ['d', 'y']);
    const compare = fc.record({
      kind: fc.constant('compare' as const),
      path,
      operator: fc.constantFrom('$eq', '$ne'),
      value: scalar,
    });
    const list = fc.record({ kind: fc.constantFrom('in', 'nin', 'all'), path, values: fc.array(scalar, { minLength: 1, maxLength: 3 }) });
    const range = fc.record({
      kind: fc.constant('compare' as const),
      path: fc.constant(['n']),
      operator: fc.constantFrom('$gt', '$gte', '$lt', '$lte'),
      value: fc.integer({ min: 0, max: 3 }),
    });
    const size = fc.record({ kind: fc.constant('size' as const), path: fc.constant(['d']), size: fc.nat(3) });
    const onInner = fc.record({
      kind: fc.constant('compare' as const),
      path: fc.constantFrom(['x'], ['y']),
      operator: fc.constant('$eq'),
      value: scalar,
    });
    const elements = fc.record({
      kind: fc.constant('elemMatch' as const),
      path: fc.constant(['d']),
      filter: fc.record({ kind: fc.constant('and' as const), filters: fc.array(onInner, { minLength: 1, maxLength: 2 }) }),
    });
    const atom = fc.oneof(compare, list, range, size, elements) as fc.Arbitrary<Filter>;
    const group = fc.record({ kind: fc.constantFrom('and', 'or', 'nor'), filters: fc.array(atom, { minLength: 1, maxLength: 3 }) });
    fc.assert(
      fc.property(fc.oneof(atom, group), document, fc.integer({ min: 0, max: 3 }), (filter, plain, n) => {
        const subject: Document = { ...plain, n };
        expect(compileFilter(filter)(subject)).toBe(sift(written(filter))(subject));
      }),
      propertyOptions(3_000),
    );
  });

  test('ObjectIds of another copy of the driver are equal to ours', () => {
    const foreign = { _bsontype: 'ObjectId', toHexString: () => '65f0000000000000000000aa' } as unknown as ObjectId;
    expect(compileFilter(parseFilter({ a: { $oid: '65f0000000000000000000aa' } }))({ a: foreign })).toBe(true);
  });
});
