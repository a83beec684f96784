import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectionsOverview, PipelineOverview } from '../../packages/protocol/src/overview.ts';
import { METRICS } from '../../packages/server/src/runtime/metrics/metric-table.ts';
import { remove } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';
import { ROWS, thing, thingsWith } from './things.ts';

const stop = new AbortController();
let served: ServedProject;

beforeAll(async () => {
  served = await ServedProject.open(thingsWith(), { signal: stop.signal });
});
afterAll(() => served[Symbol.asyncDispose]());

async function collections(): Promise<Map<string, CollectionsOverview['collections'][number]>> {
  const { collections: list } = (await served.ask('/-/collections')).json<CollectionsOverview>();
  return new Map(list.map((each) => [each.name, each]));
}

async function metric(name: string): Promise<number | undefined> {
  const line = (await served.ask('/-/metrics')).text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('whether it works', () => {
  test('is no until the pipeline does, yes then, and no when it stops', async () => {
    expect((await served.ask('/-/healthz')).json()).toMatchObject({ status: 'OK', name: 'project' });
    const before = await served.ask('/-/ready');
    expect([before.status, before.json()]).toMatchObject([503, { status: 'KO', reason: 'The pipeline has not begun to work yet' }]);
    await served.process(...ROWS);
    expect((await served.ask('/-/ready')).status).toBe(200);
    expect((await served.ask('/-/check-up')).json()).toMatchObject({
      status: 'OK',
      checks: [
        { name: 'pipeline', ok: true },
        { name: 'lines', ok: true, detail: expect.stringMatching(/^\d wait for records, 0 work$/) },
        { name: 'log', ok: true },
        { name: 'store', ok: true },
        { name: 'reader', ok: true },
      ],
    });
  });
});

describe('the collections', () => {
  test('are counted, and the counts follow the commits', async () => {
    const before = await collections();
    expect(before.get('things')).toMatchObject({ kind: 'projection', system: 'shop', key: ['id'], count: 4, errors: 0, liveQueries: 0 });
    expect(before.get('links')).toMatchObject({ count: 2, key: ['a', 'b'] });
    expect(before.get('sv_owners')).toMatchObject({ kind: 'view', key: ['id'], count: 2 });
    expect(before.get('sv_owners')).not.toHaveProperty('system');
    const { fields } = before.get('things') ?? { fields: [] };
    expect(fields).toContainEqual({ name: 'at', type: 'date' });
    await served.process(thing(6, {}), thing(7, {}), thing(1, { age: 4 }), remove('things', 2));
    await expect.poll(async () => (await collections()).get('things')?.count, { timeout: 5_000 }).toBe(5);
    expect(await served.engine.store.count('things', { filter: { kind: 'true' } })).toBe(5);
    const things = (await collections()).get('things');
    expect(things?.changes).toBeGreaterThanOrEqual(4);
    expect(things?.changesPerSecond).toBeGreaterThan(0);
  });
});

describe('the pipeline', () => {
  test('tells what passed its stages', async () => {
    await served.process(thing(8, { owner: 'o1' }));
    const overview = (await served.ask('/-/pipeline')).json<PipelineOverview>();
    expect(overview.stages.map(({ name }) => name)).toEqual(['ingest', 'project', 'strategy', 'aggregate', 'serve']);
    for (const { total, busy } of overview.stages.slice(0, 4)) {
      expect(total).toBeGreaterThan(0);
      expect(busy).toBeLessThanOrEqual(1);
    }
    expect(overview.lag).toContainEqual({ topic: 'shop.things.ingestion', records: 0 });
    expect(overview).toMatchObject({ project: 'project', queued: [], jobs: [], live: { clients: 0, subscriptions: 0, queries: 0 } });
  });
});

describe('metrics', () => {
  test('all of the table are there, each with its help, and no other of ours', async () => {
    const { text, headers } = await served.ask('/-/metrics');
    expect(headers['content-type']).toContain('text/plain');
    const found = new Map([...text.matchAll(/^# HELP (millrace_\w+) (.*)$/gm)].map((match) => [match[1], match[2]]));
    expect(found).toEqual(new Map(Object.entries(METRICS).map(([name, { help }]) => [name, help])));
    const types = new Map([...text.matchAll(/^# TYPE (millrace_\w+) (.*)$/gm)].map((match) => [match[1], match[2]]));
    expect(types).toEqual(new Map(Object.entries(METRICS).map(([name, { type }]) => [name, type])));
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('say what happened', async () => {
    const before = (await metric('millrace_records_total')) ?? 0;
    await served.process(thing(9, {}), thing(10, {}));
    expect(await metric('millrace_records_total')).toBe(before + 2);
    expect(await metric('millrace_documents{collection="links"}')).toBe(2);
    await served.ask('/things/9');
    await expect.poll(() => metric('millrace_http_requests_total{method="GET",route="/:collection/:id",status="200"}')).toBe(1);
    expect((await served.ask('/-/metrics')).text).not.toMatch(/things\/9/);
  });
});

test('a server that is told to stop is no longer ready, and still answers', async () => {
  stop.abort();
  expect((await served.ask('/-/ready')).json()).toMatchObject({ reason: 'The server is stopping' });
  expect((await served.ask('/-/healthz')).status).toBe(200);
});
