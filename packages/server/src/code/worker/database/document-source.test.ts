import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileFilter } from '../../../core/query/compile-filter.ts';
import { sortRecords } from '../../../core/query/sort.ts';
import type { Filter } from '../../../core/query.ts';
import { STATES } from '../../../core/record.ts';
import type { Document, Value } from '../../../core/value.ts';
import { propertyOptions } from '../../../testing/property.ts';
import { foodStore } from '../food-store.test-support.ts';
import { DocumentSource } from './document-source.ts';
import type { Reading } from './document-source.ts';

const FIELDS = ['_id', '__STATE__', 'updatedAt', 'price', 'name', 'tags'] as const;

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom('1', '2', '5', '6', 'soup', 'cake', 'warm', ...STATES),
  fc.constantFrom(2, 5, 20, null),
  fc.constantFrom(1, 3, 5).map((ms) => new Date(Date.UTC(2024, 0, 1) + ms)),
);
const path = fc.constantFrom(...FIELDS).map((field) => [field]);
const atom: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    path,
    operator: fc.constantFrom('$eq' as const, '$ne' as const, '$gt' as const, '$lte' as const),
    value,
  }),
  fc.record({ kind: fc.constantFrom('in' as const, 'nin' as const), path, values: fc.array(value, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('exists' as const), path, exists: fc.boolean() }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    atom,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const, 'nor' as const),
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ),
}));
const reading: fc.Arbitrary<Reading> = fc.record(
  {
    filter,
    sort: fc.uniqueArray(fc.record({ path, direction: fc.constantFrom(1 as const, -1 as const) }), {
      maxLength: 2,
      selector: (term) => term.path[0],
    }),
    skip: fc.nat(2),
    limit: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['filter'] },
);

async function all(source: DocumentSource, wanted: Reading): Promise<Document[]> {
  const found: Document[] = [];
  for await (const chunk of source.read(wanted)) found.push(...chunk);
  return found;
}

test('what the store does and what is done here are together the filter on documents with metadata', async () => {
  const store = await foodStore();
  const source = new DocumentSource('pr_dishes', 'projection', async () => store);
  const everything = await all(source, { filter: { kind: 'true' } });
  expect(everything).toHaveLength(5);
  await fc.assert(
    fc.asyncProperty(reading, async (wanted) => {
      const { sort = [], skip = 0, limit = Number.POSITIVE_INFINITY } = wanted;
      const matching = everything.filter(compileFilter(wanted.filter)).map((document) => ({ id: document['_id'] as string, document }));
      const expected = sortRecords(matching, sort).map(({ document }) => document);
      expect(await all(source, wanted)).toEqual(expected.slice(skip, skip + limit));
      expect(await source.count({ filter: wanted.filter })).toBe(expected.length);
    }),
    propertyOptions(500, 20_000),
  );
});
