import { describe, expect, test } from 'vitest';
import type { FieldType } from '../../core/projection.ts';
import type { CollectionPlan, Plan } from '../../plan/plan.ts';
import { parseRequest } from './parse-request.ts';
import type { GetOptions } from './parse-request.ts';

function collection(
  name: string,
  key: readonly string[],
  fields: Readonly<Record<string, FieldType>>,
  kind: 'projection' | 'view' = 'projection',
): CollectionPlan {
  return { name, kind, key, fields: new Map(Object.entries(fields)), closed: true, indexes: [] };
}

const plan: Plan = {
  collections: new Map(
    [
      collection('orders', ['id'], { id: 'number', placedAt: 'date' }),
      collection('codes', ['code'], { code: 'string' }),
      collection('ledger', ['entry'], { entry: 'long' }),
      collection('links', ['a', 'b'], { a: 'string', b: 'date' }),
      collection('sv_any', [], {}, 'view'),
    ].map((each) => [each.name, each]),
  ),
  views: [],
};

const request = (name: string, key?: string, options: GetOptions = {}) => parseRequest(plan, { collection: name, key, options });

describe('a key', () => {
  test.each([
    ['orders', '42', '42'],
    ['orders', '42.0', '42'],
    ['orders', '{"id":42}', '42'],
    ['codes', '42', '42'],
    ['codes', '{"odd": 1}', '{"odd": 1}'],
    ['ledger', '9007199254740993', '9007199254740993'],
    ['links', '{"b":"2024-05-01T00:00:00Z","a":"x=y"}', 'a=x%3Dy&b=2024-05-01T00%3A00%3A00.000Z'],
    ['sv_any', '{"k":1}', '1'],
  ])('of %s given as %s is the document %s', (name, key, id) => {
    expect(request(name, key)).toMatchObject({ collection: name, id, states: ['PUBLIC'] });
  });

  test.each([
    ['links', 'x', 'The key is not JSON'],
    ['links', '{"a":1}', 'The key of links has a, expected a, b'],
    ['links', '[1]', 'The key is [1], expected a JSON object with a, b'],
  ])('of %s given as %s is refused', (name, key, message) => {
    expect(() => request(name, key)).toThrow(expect.objectContaining({ code: 'WRONG_USAGE', message: expect.stringContaining(message) }));
  });
});

describe('options', () => {
  test('a filter takes the types of the fields', () => {
    expect(
      request('orders', undefined, {
        query: '{"placedAt":{"$gt":"2024-05-01"}}',
        sort: '{"id":-1}',
        limit: '2',
        skip: '1',
        state: 'draft,DELETED',
      }),
    ).toMatchObject({
      query: {
        filter: { operator: '$gt', value: new Date('2024-05-01T00:00:00Z') },
        sort: [{ path: ['id'], direction: -1 }],
        limit: 2,
        skip: 1,
        states: ['DRAFT', 'DELETED'],
      },
    });
  });

  test.each<[GetOptions, string, string]>([
    [{ query: '{' }, 'WRONG_USAGE', 'The query is not JSON'],
    [{ query: '{"a":{"$near":1}}' }, 'INVALID_QUERY', '$near'],
    [{ limit: '-1' }, 'WRONG_USAGE', '--limit is "-1"'],
    [{ state: 'GONE' }, 'WRONG_USAGE', '--state names "GONE"'],
  ])('%j is refused', (options, code, message) => {
    expect(() => request('orders', undefined, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test('a key excludes a filter', () => {
    expect(() => request('orders', '1', { query: '{}' })).toThrow('--query and a key exclude each other');
  });

  test('a collection that there is not is refused with a suggestion', () => {
    expect(() => request('order')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COLLECTION', message: expect.stringContaining('did you mean "orders"') }),
    );
  });
});
