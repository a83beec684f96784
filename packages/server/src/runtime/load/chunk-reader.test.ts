import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOAD_START } from '../../flow/jobs/load/load-source.ts';
import type { LoadChunk, LoadFile, LoadPlan, LoadPosition } from '../../flow/jobs/load/load-source.ts';
import { ordersProjection } from './orders.test-support.ts';
import { ChunkReader } from './chunk-reader.ts';
import { inspectFile } from './inspect-file.ts';
import { ThreadedSource } from './threaded-source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-load-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<LoadFile> {
  await writeFile(path.join(folder, name), content);
  return inspectFile(name, { folder });
}

function planOf(files: readonly LoadFile[], delimiter = ','): LoadPlan {
  const compatibility = { missingFields: 'null', emptyObject: 'leaves', uncastable: 'deadLetter' } as const;
  return { files, projection: ordersProjection(), compatibility, delimiter, startedAt: 1_700_000_000_000, indexed: ['customerId'] };
}

async function chunksOf(plan: LoadPlan, from: LoadPosition = LOAD_START): Promise<LoadChunk[]> {
  await using reader = new ChunkReader(plan, from, null);
  const chunks: LoadChunk[] = [];
  for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) chunks.push(chunk);
  return chunks;
}

function textsOf(chunks: readonly LoadChunk[]): readonly string[] {
  return chunks.flatMap(({ texts }) => texts);
}

function refusedOf(chunks: readonly LoadChunk[]): readonly string[] {
  return chunks.flatMap(({ refused }) => refused.map(({ line, code, reason }) => `${line} ${code} ${reason}`));
}

const ROW = '{"id":7,"customer_id":"42","total":12.5,"placed":"2024-05-01T10:00:00Z","note":null}';
const DOCUMENT = '{"id":7,"customerId":42,"total":{"$decimal":"12.5"},"placedAt":{"$date":1714557600000},"note":null}';

test('rows are renamed and cast as the projection says', async () => {
  const [chunk] = await chunksOf(planOf([await file('a.ndjson', `${ROW}\n`)]));
  expect(chunk).toMatchObject({ ids: ['7'], texts: [DOCUMENT], indexed: ['{"customerId":42}'], lines: [1], refused: [] });
});

test('numbers keep their digits, and CSV gives the same documents as JSON', async () => {
  const csv = `id,customer_id,total,placed,note\r\n7,42,12.5,2024-05-01T10:00:00Z,\r\n8,42,0.30000000000000000001,,""\r\n`;
  const json = `${ROW}\n{"id":8,"customer_id":42,"total":0.30000000000000000001,"placed":null,"note":""}`;
  const texts = textsOf(await chunksOf(planOf([await file('a.csv', csv)])));
  expect(texts).toEqual(textsOf(await chunksOf(planOf([await file('a.ndjson', json)]))));
  expect(texts[1]).toContain('"total":{"$decimal":"0.30000000000000000001"}');
  expect(texts[1]).toContain('"note":""');
});

test('what a file is, is told by its content', async () => {
  const lines = `${ROW}\n`;
  const csv = `\uFEFFid;customer_id\n7;42\n`;
  expect(textsOf(await chunksOf(planOf([await file('rows.csv', gzipSync(lines))])))).toEqual([DOCUMENT]);
  expect(textsOf(await chunksOf(planOf([await file('rows.ndjson', gzipSync(csv))], ';')))).toEqual(['{"id":7,"customerId":42}']);
  await expect(file('array.json', '[{"id":1}]')).rejects.toMatchObject({
    code: 'UNREADABLE_INPUT',
    message: expect.stringContaining('expected one JSON object per line'),
  });
});

test('refused rows say where, what was found and what was expected, and the others are read', async () => {
  const rows = ['{"id":1}', '{"id":null}', '[2]', '{"id":3', '{"id":4,"customer_id":"x"}', '{"id":5,"other":1}', ''].join('\n');
  const chunks = await chunksOf(planOf([await file('a.ndjson', Buffer.concat([Buffer.from(rows), Buffer.from([0xff, 0x0a])]))]));
  expect(chunks.flatMap(({ ids }) => ids)).toEqual(['1', '5']);
  expect(refusedOf(chunks)).toEqual([
    '2 MISSING_KEY Primary-key field "id" of projection "orders" is null, expected a number in every row',
    '3 MALFORMED_ROW The row is [2], expected a JSON object',
    expect.stringMatching(/^4 MALFORMED_ROW The row is no JSON: /),
    '5 UNCASTABLE_FIELD Field "customerId" of projection "orders" (source field "customer_id") cannot be cast from "x", expected a value of type number',
    '7 MALFORMED_ROW The row is not UTF-8, expected UTF-8 text',
  ]);
  expect(chunks[0]?.fields).toMatchObject([
    { type: 'UNCASTABLE_FIELD', field: 'customer_id' },
    { type: 'UNKNOWN_FIELD', field: 'other', count: 1 },
  ]);
});

test('a CSV row with too few or too many fields, or quotes where none may be, is refused', async () => {
  const chunks = await chunksOf(planOf([await file('a.csv', 'id,note\n1\n2,a,b\n3,a"b\n4,ok\n')]));
  expect(refusedOf(chunks)).toEqual([
    '2 MALFORMED_ROW The row has 1 field, expected 2 as in the header',
    '3 MALFORMED_ROW The row has 3 fields, expected 2 as in the header',
    '4 MALFORMED_ROW A quote is opened and never closed, expected a quote before a delimiter or the end of the line',
  ]);
  expect(chunks.flatMap(({ ids }) => ids)).toEqual(['4']);
});

test.each([
  ['id,,note\n', 'Column 2 of a.csv has no name'],
  ['id,id\n', 'has the name "id" twice'],
])('the header %j is refused as a whole', async (content, message) => {
  await expect(chunksOf(planOf([await file('a.csv', content)]))).rejects.toMatchObject({
    code: 'UNREADABLE_INPUT',
    message: expect.stringContaining(message),
  });
});

test('gzip that ends too early, or is damaged, is told after the rows before it', async () => {
  const packed = gzipSync(Array.from({ length: 50_000 }, (_, i) => `{"id":${i},"note":"${Math.sin(i)}"}\n`).join(''));
  const short = planOf([await file('short.gz', packed.subarray(0, packed.length - 1_000))]);
  await expect(chunksOf(short)).rejects.toMatchObject({
    code: 'UNREADABLE_INPUT',
    message: 'The file short.gz cannot be read: its gzip data end too early, expected a whole file',
  });
  const damaged = Buffer.from(packed);
  damaged.fill(0xff, damaged.length - 20_000, damaged.length - 10_000);
  await expect(chunksOf(planOf([await file('damaged.gz', damaged)]))).rejects.toMatchObject({
    code: 'UNREADABLE_INPUT',
    message: expect.stringContaining('damaged'),
  });
});

test('from the end of any chunk on, in any file, the rest is the same', async () => {
  const rows = (from: number): string =>
    Array.from({ length: 5_000 }, (_, i) => `{"id":${from + i},"note":"é${'x'.repeat(i % 50)}"}\n`).join('');
  const csv = `id,note\n${Array.from({ length: 3_000 }, (_, i) => `${20_000 + i},"two\nlines"\n`).join('')}`;
  const plan = planOf([
    await file('a', rows(0)),
    await file('empty', ''),
    await file('b', gzipSync(rows(10_000))),
    await file('c', gzipSync(csv)),
  ]);
  const all = await chunksOf(plan);
  expect(all.flatMap(({ ids }) => ids)).toHaveLength(13_000);
  expect(all.at(-1)?.bytesRead).toBe(plan.files.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const [i, { end }] of all.entries())
    expect(await chunksOf(plan, end)).toEqual(all.slice(i + 1).map((chunk) => ({ ...chunk, bytesRead: expect.any(Number) })));
});

test('a file that is no longer what it was is refused', async () => {
  const before = await file('a.ndjson', `${ROW}\n`);
  await writeFile(path.join(folder, 'a.ndjson'), `${ROW}\n${ROW}\n`);
  await expect(chunksOf(planOf([before]))).rejects.toMatchObject({ code: 'LOAD_FILE_CHANGED' });
  await file('a.ndjson', `${ROW}\n`);
  await utimes(path.join(folder, 'a.ndjson'), new Date(), new Date(before.modifiedMs + 5_000));
  await expect(chunksOf(planOf([before]))).rejects.toMatchObject({ code: 'LOAD_FILE_CHANGED' });
  await rm(path.join(folder, 'a.ndjson'));
  await expect(chunksOf(planOf([before]))).rejects.toMatchObject({ code: 'UNREADABLE_INPUT' });
});

test('a thread gives the same chunks, and its errors', async () => {
  const rows = Array.from({ length: 7_000 }, (_, i) => `{"id":${i}}\n`).join('');
  const plan = planOf([await file('a', rows)]);
  await using source = new ThreadedSource({ plan, from: LOAD_START });
  const chunks: LoadChunk[] = [];
  for (let next = await source.next(); next !== null; next = await source.next()) if (next !== 'later') chunks.push(next);
  expect(textsOf(chunks)).toEqual(textsOf(await chunksOf(plan)));
  await rm(path.join(folder, 'a'));
  await using failing = new ThreadedSource({ plan, from: LOAD_START });
  const first = async (): Promise<unknown> => {
    for (;;) {
      const next = await failing.next();
      if (next !== 'later') return next;
    }
  };
  await expect(first()).rejects.toMatchObject({ code: 'UNREADABLE_INPUT' });
});
