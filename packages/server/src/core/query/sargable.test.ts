import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { anyScalar } from '../arbitrary-values.test-support.ts';
import { visitPath } from '../path.ts';
import { compareValues, kindOf, orderText } from '../value-order.ts';
import type { Document, Value } from '../value.ts';
import { arbitraryDocument, arbitraryFilter } from './arbitraries.test-support.ts';
import { compileFilter } from './compile-filter.ts';
import { parseFilter } from './parse-filter.ts';
import { rangeTexts, sargables } from './sargable.ts';
import type { Sargable } from './sargable.ts';

/** Order texts under which an index with the elements of arrays keeps a document. */
function keysOf(document: Document, path: readonly string[]): ReadonlySet<string> {
  const keys = new Set<string>();
  const add = (value: Value | undefined): void => {
    if (value !== undefined && value !== null) keys.add(orderText(value));
  };
  visitPath(document, path, (value) => {
    add(value);
    if (Array.isArray(value)) value.forEach(add);
    return false;
  });
  return keys;
}

function isWithin(text: string, { from, to, includesTo }: ReturnType<typeof rangeTexts>): boolean {
  const [at, low, high] = [text, from, to].map((part) => Buffer.from(part)) as [Buffer, Buffer, Buffer];
  return Buffer.compare(at, low) >= 0 && Buffer.compare(at, high) < (includesTo ? 1 : 0);
}

function finds(atom: Sargable, document: Document): boolean {
  const keys = keysOf(document, atom.path);
  if ('equals' in atom) return atom.equals.some((value) => keys.has(orderText(value)));
  const range = rangeTexts(atom.range);
  return [...keys].some((key) => isWithin(key, range));
}

describe('what an index can use of a filter', () => {
  test('an index finds at least every document that the filter matches', () => {
    fc.assert(
      fc.property(arbitraryFilter, fc.array(arbitraryDocument, { minLength: 1, maxLength: 8 }), (filter, documents) => {
        const atoms = sargables(filter);
        const matching = documents.filter(compileFilter(filter));
        for (const atom of atoms) expect(matching.filter((document) => !finds(atom, document))).toEqual([]);
      }),
      propertyOptions(5_000),
    );
  });

  test('a range of order texts holds the values of the type that it asks for, and none of another', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, fc.constantFrom('$gt', '$gte', '$lt', '$lte'), (bound, value, operator) => {
        const within = isWithin(orderText(value), rangeTexts({ operator, value: bound }));
        const order = compareValues(value, bound);
        const isUp = operator === '$gt' || operator === '$gte';
        expect(within).toBe(kindOf(value) === kindOf(bound) && (isUp ? order >= 0 : order <= 0));
      }),
      propertyOptions(2_000),
    );
  });

  test.for<[Value, readonly Sargable[]]>([
    [{ a: 1 }, [{ path: ['a'], equals: [1] }]],
    [{ a: null }, []],
    [{ a: { $ne: 1 } }, []],
    [{ a: { $in: [1, 2] }, 'b.c': { $gt: 5 } }, [{ path: ['a'], equals: [1, 2] }, { path: ['b', 'c'], range: { operator: '$gt', value: 5 } }]], // prettier-ignore
    [{ a: { $in: [1, null] } }, []],
    [{ a: { $all: [1, null, 2] } }, [{ path: ['a'], equals: [1] }, { path: ['a'], equals: [2] }]], // prettier-ignore
    [{ a: { $elemMatch: { b: 1 } } }, [{ path: ['a', 'b'], equals: [1] }]],
    [{ a: { $elemMatch: { $gt: 1 } } }, [{ path: ['a'], range: { operator: '$gt', value: 1 } }]],
    [{ $or: [{ a: 1, b: 1 }, { a: { $in: [2, 3] } }] }, [{ path: ['a'], equals: [1, 2, 3] }]],
    [{ $or: [{ a: 1 }, { b: 1 }] }, []],
    [{ a: { $elemMatch: { $elemMatch: { $lt: 1 } } } }, []],
    [{ $nor: [{ a: 1 }] }, []],
    [{ a: { $in: [] } }, [{ path: ['a'], equals: [] }]],
  ])('%j', ([json, expected]) => {
    expect(sargables(parseFilter(json))).toEqual(expected);
  });
});
