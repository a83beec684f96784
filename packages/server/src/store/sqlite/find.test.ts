import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryDocument, arbitraryFilter } from '../../core/query/arbitraries.test-support.ts';
import { compileFilter } from '../../core/query/compile-filter.ts';
import type { Filter } from '../../core/query.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { propertyOptions } from '../../testing/property.ts';
import type { CollectionDefinition, IndexDefinition } from '../store.ts';
import { indexCondition } from './filter-index.ts';
import { jsonCondition } from './filter-json.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';
import { SqliteStore } from './sqlite-store.ts';

const collection = (name: string, ...indexes: IndexDefinition[]): CollectionDefinition => ({
  name,
  kind: 'projection',
  key: ['id'],
  indexes,
});
const single = (...fields: string[]): IndexDefinition => ({ fields, multi: false });
const multi = (...fields: string[]): IndexDefinition => ({ fields, multi: true });

async function fill(store: SqliteStore, name: string, documents: readonly Document[]): Promise<void> {
  await store.transact(async (writer) => {
    await writer.write(
      name,
      documents.map((document, i) => ({
        id: String(i),
        previous: null,
        next: new StoredRecord(String(i), encode(document), 'PUBLIC', '{}'),
      })),
    );
  });
}

describe('candidates that SQL chooses', () => {
  const definitions = [
    collection('plain'),
    collection('columns', single('a'), single('b'), single('a', 'b')),
    collection('tables', multi('a'), multi('b', 'c'), multi('a.b')),
  ];

  test('hold every document that the filter matches, by index and by JSON', async () => {
    await using folder = await DataFolder.make();
    await using file = openEmbedded({ folder: folder.path });
    const store = new SqliteStore(file);
    const catalog = new SqliteCatalog(file.reader);
    let offered = 0;
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryDocument, { minLength: 1, maxLength: 12 }),
        fc.array(arbitraryFilter, { minLength: 10, maxLength: 10 }),
        async (documents, filters) => {
          for (const { name } of definitions) await store.drop(name);
          await store.define(definitions);
          catalog.reload();
          for (const definition of definitions) {
            await fill(store, definition.name, documents);
            const of = catalog.get(definition.name);
            if (of === undefined) throw new Error('It was defined');
            for (const filter of filters) {
              const predicate = compileFilter(filter);
              const expected = documents.flatMap((document, i) => (predicate(document) ? [String(i)] : [])).sort();
              for (const condition of [indexCondition(of, filter), jsonCondition(filter)]) {
                if (condition === undefined) continue;
                const sql = `SELECT t.id FROM ${of.table} t WHERE ${condition.sql}`;
                const candidates = new Set(file.reader.all<[string]>(sql, ...condition.parameters).map(([id]) => id));
                expect(expected.filter((id) => !candidates.has(id))).toEqual([]);
                offered += candidates.size;
                matched += expected.length;
              }
              const found = await store.find(definition.name, { filter });
              expect(found.map(({ id }) => id)).toEqual(expected);
              expect(await store.count(definition.name, { filter })).toBe(expected.length);
            }
          }
        },
      ),
      propertyOptions(60, 2000),
    );
    // Otherwise SQL would not choose at all.
    expect(matched).toBeGreaterThan(0);
    expect(offered).toBeLessThan(matched * 10);
  });
});

describe('an index', () => {
  const equals = (field: string, value: number): Filter => ({ kind: 'compare', path: [field], operator: '$eq', value });
  test.each<[string, IndexDefinition, Filter]>([
    ['equality', single('a'), equals('a', 7)],
    ['several fields', single('a', 'b'), { kind: 'and', filters: [equals('b', 7), equals('a', 7)] }],
    ['a list', single('a'), { kind: 'in', path: ['a'], values: [7, 8] }],
    ['a range', single('a'), { kind: 'compare', path: ['a'], operator: '$gte', value: 100 }],
    ['elements of arrays', multi('a'), equals('a', 7)],
  ])('is used for %s', async (_, index, filter) => {
    await using folder = await DataFolder.make();
    await using file = openEmbedded({ folder: folder.path });
    const store = new SqliteStore(file);
    await store.define([collection('indexed', index)]);
    const of = new SqliteCatalog(file.reader).get('indexed');
    const condition = of === undefined ? undefined : indexCondition(of, filter);
    const sql = `EXPLAIN QUERY PLAN ${of?.scanSql} AND ${condition?.sql} ORDER BY +t.id`;
    const plan = file.reader.all<[number, number, number, string]>(sql, 1, ...(condition?.parameters ?? [])).map((row) => row[3]);
    expect(plan[0]).toMatch(/^SEARCH t USING INTEGER PRIMARY KEY/);
    expect(plan.filter((step) => /^SCAN (?!json_each)/.test(step))).toEqual([]);
  });
});

test('documents nested deeper than SQL can follow are found all the same', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const store = new SqliteStore(file);
  await store.define([collection('deep')]);
  let nested: Document = { a: 1 };
  for (let depth = 0; depth < 1500; depth++) nested = { nested };
  await fill(store, 'deep', [{ a: 1 }, { a: 1, nested }, { a: 2, nested }]);
  const filter: Filter = { kind: 'compare', path: ['a'], operator: '$eq', value: 1 };
  expect((await store.find('deep', { filter })).map(({ id }) => id)).toEqual(['0', '1']);
});
