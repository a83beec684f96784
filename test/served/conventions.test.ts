import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServedProject } from './served-project.ts';
import { ROWS, thingsWith } from './things.ts';

type Row = Readonly<Record<string, unknown>>;

let served: ServedProject;

beforeAll(async () => {
  served = await ServedProject.open(thingsWith({ maxLimit: 50 }));
  await served.process(...ROWS);
});
afterAll(() => served[Symbol.asyncDispose]());

async function ids(target: string, parameters: Row): Promise<unknown> {
  const answer = await served.query(target, parameters);
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
  return answer.json<Row[]>().map(({ _id }) => _id);
}

describe('documents of a query', () => {
  test.each<[string, Row, readonly string[]]>([
    ['all of them, by id', {}, ['1', '2', '3', '4']],
    ['_q', { _q: { age: 2 } }, ['3', '4']],
    ['_q with operators', { _q: { $or: [{ age: { $gte: 3 } }, { tags: 'brass' }] } }, ['1', '2']],
    ['_q with a date as text', { _q: { at: { $gte: '2024-05-01' } } }, ['2']],
    ['_q with an ObjectId as text', { _q: { ref: '65f0000000000000000000aa' } }, ['3']],
    ['_q with a long as text', { _q: { big: '9007199254740993' } }, ['1']],
    ['_q with extended JSON', { _q: { at: { $date: '2024-05-01T10:00:00Z' } } }, ['2']],
    ['_q on _id', { _q: { _id: { $in: ['2', '4', '9'] } } }, ['2', '4']],
    ['_q on an inner field', { _q: { 'address.city': 'Rize' } }, ['3']],
    ['a field', { age: '2' }, ['3', '4']],
    ['a boolean field', { flag: 'false' }, ['2']],
    ['a date field', { at: '2024-05-01T12:00:00+02:00' }, ['2']],
    ['a decimal field', { price: '12.5' }, ['1']],
    ['an element of an array', { tags: 'iron' }, ['1']],
    ['an inner field', { 'address.zip': '53' }, ['3']],
    ['_id as a field', { _id: '3' }, ['3']],
    ['several conditions', { age: '2', _q: { name: 'Drum' } }, ['4']],
    ['_s by name', { _s: 'name' }, ['1', '2', '4', '3']],
    ['_s with directions', { _s: '-age,name' }, ['1', '4', '3', '2']],
    ['_s as JSON', { _s: { age: 1, name: -1 } }, ['2', '3', '4', '1']],
    ['_l', { _l: 2 }, ['1', '2']],
    ['_sk', { _sk: 3 }, ['4']],
    ['_l, _sk and _s', { _s: '-_id', _l: 2, _sk: 1 }, ['3', '2']],
    ['_st', { _st: 'DELETED' }, ['5']],
    ['several states', { _st: 'PUBLIC,deleted', _q: { age: { $gt: 2 } } }, ['1', '5']],
  ])('%s', async (_, parameters, expected) => {
    expect(await ids('/things', parameters)).toEqual(expected);
    const { _l, _sk, _s, ...conditions } = parameters;
    const count = (await served.query('/things/count', conditions)).json();
    expect(count).toBe(_l === undefined && _sk === undefined ? expected.length : 4);
    const lines = (await served.query('/things/export', parameters)).text.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => (JSON.parse(line) as Row)['_id'])).toEqual(expected);
  });

  test('25 without a limit', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ topic: 'shop.owners.ingestion', key: { id: `p${i}` }, value: { id: `p${i}` } }));
    await served.process(...rows);
    expect(await ids('/owners', { _q: { _id: { $regex: '^p' } } })).toHaveLength(25);
    expect(await ids('/owners', { _q: { _id: { $regex: '^p' } }, _l: 50 })).toHaveLength(30);
  });

  test('of a single view', async () => {
    const [owner] = (await served.query('/sv_owners', { _q: { 'things.name': 'Bell' } })).json<Row[]>();
    expect(owner).toMatchObject({
      _id: 'o1',
      name: 'Ada',
      things: [
        { id: 1, name: 'Anvil' },
        { id: 2, name: 'Bell', at: '2024-05-01T10:00:00.000Z' },
      ],
      __STATE__: 'PUBLIC',
    });
  });
});

describe('one document', () => {
  test('in plain JSON', async () => {
    const answer = await served.ask('/things/1');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json()).toEqual({
      _id: '1',
      id: 1,
      name: 'Anvil',
      age: 3,
      big: '9007199254740993',
      price: '12.50',
      flag: true,
      tags: ['iron', 'heavy'],
      owner: 'o1',
      __STATE__: 'PUBLIC',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test('in extended JSON', async () => {
    const answer = await served.ask('/things/1', { headers: { accept: 'application/ejson+json' } });
    expect(answer.headers['content-type']).toBe('application/ejson+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ big: { $numberLong: '9007199254740993' }, price: { $numberDecimal: '12.50' } });
    const [bell] = (await served.query('/things', { name: 'Bell' }, { headers: { accept: 'application/ejson+json' } })).json<Row[]>();
    expect(bell).toMatchObject({ at: { $date: '2024-05-01T10:00:00.000Z' } });
  });

  test('of a compound key', async () => {
    expect((await served.ask(`/links/${encodeURIComponent('a=x%3Dy&b=7')}`)).json()).toMatchObject({ a: 'x=y', b: 7, note: 'compound' });
  });

  test('has a tag, with which it is not sent twice', async () => {
    const { headers } = await served.ask('/things/2');
    const known = await served.ask('/things/2', { headers: { 'if-none-match': headers.etag ?? '' } });
    expect([known.status, known.text]).toEqual([304, '']);
    expect((await served.ask('/things/3', { headers: { 'if-none-match': headers.etag ?? '' } })).status).toBe(200);
  });

  test('in another state is shown to those who name the state', async () => {
    expect((await served.ask('/things/5')).status).toBe(404);
    expect((await served.ask('/things/5?_st=DELETED')).json()).toMatchObject({ __STATE__: 'DELETED' });
  });

  test.each<[string, readonly string[]]>([
    ['_p=name,age', ['_id', 'name', 'age']],
    ['_p=name,-_id', ['name']],
    ['_rawp={"name":1,"_id":0}', ['name']],
    ['_rawp={"address":0,"tags":0}', ['_id', 'id', 'name', 'age', 'ref', 'owner', '__STATE__', 'createdAt', 'updatedAt']],
    ['_p=__STATE__,__internal__counterType', ['_id', '__STATE__', '__internal__counterType']],
    ['_rawp={"address.city":1}', ['_id', 'address']],
  ])('with %s has the fields %j', async (search, fields) => {
    const document = (await served.ask(`/things/3?${encodeURI(search)}`)).json<Row>();
    expect(Object.keys(document).sort()).toEqual([...fields].sort());
  });

  test('HEAD says what GET would, without the body', async () => {
    const [get, head] = [await served.ask('/things/1'), await served.ask('/things/1', { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers.etag).toBe(get.headers.etag);
    expect((await served.ask('/things/export', { method: 'HEAD' })).headers['content-type']).toContain('x-ndjson');
  });
});

const WRONG: readonly (readonly [target: string, status: number, code: string, detail: string])[] = [
  ['/thinks', 404, 'UNKNOWN_COLLECTION', 'did you mean "things"'],
  ['/things/99', 404, 'UNKNOWN_DOCUMENT', 'no document "99" in state PUBLIC'],
  ['/a/b/c', 404, 'UNKNOWN_ROUTE', 'nothing at this address'],
  ['/-/nothing', 404, 'UNKNOWN_ROUTE', 'openapi'],
  ['/things?nmae=x', 400, 'UNKNOWN_PARAMETER', 'did you mean name'],
  ['/things?$where=1', 400, 'UNKNOWN_PARAMETER', '"$where" means nothing here'],
  ['/things/1?_l=1', 400, 'UNKNOWN_PARAMETER', '_l'],
  ['/things/count?_s=name', 400, 'UNKNOWN_PARAMETER', '_s'],
  ['/things?_q={', 400, 'INVALID_PARAMETER', '_q is not JSON'],
  ['/things?_q=[]', 400, 'INVALID_QUERY', 'expected an object'],
  ['/things?_q={"$where":"1"}', 400, 'INVALID_QUERY', '$where is not supported'],
  ['/things?_q={"name":{"$function":1}}', 400, 'INVALID_QUERY', '$function'],
  ['/things?_q={"nmae":1}', 400, 'UNKNOWN_FIELD', 'did you mean "name"'],
  ['/things?_q={"at":{"$date":"x"}}', 400, 'INVALID_EXTENDED_JSON', '$date'],
  [`/things?_q=${'['.repeat(200)}`, 400, 'INVALID_PARAMETER', 'nested too deep'],
  ['/things?_s=nmae', 400, 'UNKNOWN_FIELD', 'The sort names "nmae"'],
  ['/things?_p=nmae', 400, 'UNKNOWN_FIELD', 'The projection names "nmae"'],
  ['/things?_p=name&_rawp={}', 400, 'INVALID_PARAMETER', '_p and _rawp'],
  ['/things?_rawp={"name":1,"age":0}', 400, 'INVALID_QUERY', 'not both'],
  ['/things?_l=51', 400, 'INVALID_PARAMETER', 'from 1 to 50'],
  ['/things?_l=0', 400, 'INVALID_PARAMETER', '_l is "0"'],
  ['/things?_l=1&_l=2', 400, 'INVALID_PARAMETER', '2 times'],
  ['/things?_sk=-1', 400, 'INVALID_PARAMETER', '_sk is "-1"'],
  ['/things?_sk=100001', 400, 'INVALID_PARAMETER', 'to 100000'],
  ['/things?_st=GONE', 400, 'INVALID_PARAMETER', 'PUBLIC, DRAFT, TRASH, DELETED'],
  ['/things?age=old', 400, 'INVALID_PARAMETER', 'age is "old": expected a number'],
  ['/things?flag=yes', 400, 'INVALID_PARAMETER', 'true or false'],
  ['/things?at=yesterday', 400, 'INVALID_PARAMETER', 'ISO 8601'],
  ['/things?ref=1', 400, 'INVALID_PARAMETER', '24 hexadecimal digits'],
  ['/things?address=x', 400, 'INVALID_PARAMETER', 'a condition on it in _q'],
  ['/things/export?_format=xlsx', 400, 'INVALID_PARAMETER', 'ndjson, json, csv'],
  [`/things?name=${'x'.repeat(40_000)}`, 414, 'URL_TOO_LONG', '32768'],
  ['/%ff/%zz', 400, 'MALFORMED_REQUEST', 'not a valid url'],
];

describe('what is wrong is said precisely', () => {
  test.each(WRONG.map((row) => [row[0].slice(0, 50), ...row] as const))('%s', async (_, target, status, code, detail) => {
    const answer = await served.ask(target.replace(/[{}"[\]]/g, encodeURIComponent));
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      status,
      code,
      type: `urn:millrace:error:${code}`,
      title: expect.any(String),
      cure: expect.any(String),
      detail: expect.stringContaining(detail),
    });
    expect(answer.status).toBe(status);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is refused: collections are read only', async (method) => {
    const answer = await served.ask('/things', { method });
    expect([answer.status, answer.headers.allow, answer.json<{ code: string }>().code]).toEqual([405, 'GET, HEAD', 'METHOD_NOT_ALLOWED']);
  });
});

describe('descriptions', () => {
  test('the schema of a collection describes its documents', async () => {
    const schema = (await served.ask('/things/schema')).json<{ properties: Row; required: string[]; additionalProperties: boolean }>();
    const document = (await served.ask('/things/1')).json<Row>();
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(document)));
    expect(Object.keys(document)).toEqual(expect.arrayContaining(schema.required));
    expect(schema).toMatchObject({ additionalProperties: false, properties: { at: { format: 'date-time' }, id: { type: 'number' } } });
    expect((await served.ask('/-/schemas')).json()).toMatchObject({ things: schema });
  });

  test('the OpenAPI document names every collection and every parameter that is taken', async () => {
    const api = (await served.ask('/-/openapi.json')).json<{
      openapi: string;
      paths: Record<string, { get: { parameters: { name: string }[] } }>;
    }>();
    expect(api.openapi).toBe('3.1.0');
    for (const name of ['things', 'links', 'owners', 'sv_owners']) expect(api.paths).toHaveProperty([`/${name}/export`]);
    for (const { name } of api.paths['/things']?.get.parameters ?? []) {
      const value = (await served.query('/things', { [name]: 'x' })).json<{ code?: string }>();
      expect([name, value.code]).not.toEqual([name, 'UNKNOWN_PARAMETER']);
    }
  });
});
