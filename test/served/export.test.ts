import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { put } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';
import { ROWS, thingsWith } from './things.ts';

type Row = Readonly<Record<string, unknown>>;

let served: ServedProject;

beforeAll(async () => {
  served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
});
afterAll(() => served[Symbol.asyncDispose]());

describe('an export', () => {
  test.each([
    [{}, 'application/x-ndjson'],
    [{ accept: '*/*' }, 'application/x-ndjson'],
    [{ accept: 'application/json' }, 'application/json'],
    [{ accept: 'text/csv' }, 'text/csv'],
    [{ accept: 'text/html, text/csv;q=0.5' }, 'text/csv'],
  ])('for %j is of type %s', async (headers, type) => {
    const answer = await served.ask('/things/export', { headers });
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
  });

  test('that nobody accepts is refused', async () => {
    expect((await served.ask('/things/export', { headers: { accept: 'image/png' } })).status).toBe(406);
  });

  test('says the same in all formats', async () => {
    const lines = (await served.ask('/things/export')).text.trimEnd().split('\n');
    const documents = lines.map((line) => JSON.parse(line) as Row);
    expect((await served.ask('/things/export?_format=json')).json()).toEqual(documents);
    expect((await served.ask('/things?_l=100')).json()).toEqual(documents);
    const csv = await served.ask('/things/export?_format=csv');
    const rows = parse(csv.text, { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row['_id'])).toEqual(documents.map((document) => document['_id']));
    for (const [i, row] of rows.entries()) {
      for (const [field, cell] of Object.entries(row)) {
        const value = documents[i]?.[field] ?? '';
        expect([field, cell]).toEqual([field, typeof value === 'string' ? value : JSON.stringify(value)]);
      }
    }
    expect(csv.headers['content-disposition']).toBe('attachment; filename="things.csv"');
  });

  test('has the columns that are asked for', async () => {
    expect((await served.ask('/things/export?_format=csv&_p=name,age')).text.split('\r\n')[0]).toBe('_id,name,age');
    expect((await served.ask('/things/export?_format=csv&_q=%7B%22age%22%3A99%7D&_p=name')).text).toBe('_id,name\r\n');
  });

  test('keeps types in extended JSON', async () => {
    const answer = await served.ask('/things/export?_q=%7B%22id%22%3A1%7D', { headers: { accept: 'application/ejson+json' } });
    expect(answer.json()).toMatchObject({ big: { $numberLong: '9007199254740993' } });
  });

  test('is compressed for those who can read that', async () => {
    const plain = await served.ask('/things/export');
    const zipped = await served.ask('/things/export', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body).toString()).toBe(plain.text);
    const refused = await served.ask('/things/export', { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(refused.headers).not.toHaveProperty('content-encoding');
  });

  test('fails with a status when it cannot begin', async () => {
    const answer = await served.ask('/things/export?_q=%7B');
    expect([answer.status, answer.headers['content-disposition']]).toEqual([400, undefined]);
  });

  test('that clients leave open keeps out others for so long only', async () => {
    const { hostname, port } = new URL(served.url);
    await served.process(...Array.from({ length: 20_000 }, (_, i) => put('links', { a: 'many', b: i, note: 'x'.repeat(500) }, ['a', 'b'])));
    const open = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        request({ hostname, port, path: '/links/export', agent: false }, resolve).on('error', reject).end();
      });
    const stalled = await Promise.all(Array.from({ length: 8 }, open));
    expect((await served.ask('/links/export?_l=1')).json()).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    expect((await served.ask('/links/count')).json()).toBe(20_002);
    for (const response of stalled) response.destroy();
    await expect.poll(async () => (await served.ask('/links/export?_l=1')).status, { timeout: 10_000 }).toBe(200);
  });
});
