/**
 * Requests per second over HTTP: a document by its key, and a query of 25 rows, each against a bare fastify route that answers the same
 * bytes. Clients are a process of their own (autocannon). The windows alternate, so that both see the same minute.
 *
 *     npm run bench:rest -- --customers 2000 --seconds 4 --repeat 5
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fastify from 'fastify';
import { systemClock } from '../packages/server/src/core/clock.ts';
import type { NewLogRecord } from '../packages/server/src/core/log-record.ts';
import { silentLogger } from '../packages/server/src/core/logger.ts';
import { serve } from '../packages/server/src/runtime/server.ts';
import { Shop } from './nested-customer.ts';
import { openBenchProject } from './open-bench.ts';
import type { Load, LoadResult } from './rest-client.ts';

const APPEND_CHUNK = 5_000;
const { values: options } = parseArgs({
  options: {
    customers: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '4' },
    repeat: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
  },
});

interface Rate {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const UNITS = { perSecond: 'requests/s', cpuMicros: 'CPU µs a request' } as const;

const data = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
try {
  await measureAll();
} finally {
  await rm(data, { recursive: true });
}

async function measureAll(): Promise<void> {
  const { project, engine: opened } = await openBenchProject('nested', { data, durability: 'process', batchRecords: 2_000 });
  await using engine = opened;
  let part: NewLogRecord[] = [];
  for (const record of new Shop(Number(options.customers), { allergens: false }).everything()) {
    part.push(record);
    if (part.length < APPEND_CHUNK) continue;
    await engine.log.append(part);
    part = [];
  }
  await engine.log.append(part);
  await engine.runUntilIdle();
  await using server = await serve(engine, project, { clock: systemClock, logger: silentLogger });
  const query = encodeURIComponent(JSON.stringify({ orderId: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } }));
  const targets = {
    'view by key (3.7 KB)': '/sv_customers/1',
    'record by key': '/items/1',
    '25 rows by id': '/items?_l=25',
    '25 rows of an indexed field': `/items?_l=25&_q=${query}`,
  };
  for (const [name, target] of Object.entries(targets)) await compare(name, server.url, target);
}

async function compare(name: string, url: string, target: string): Promise<void> {
  const answer = await fetch(url + target);
  const body = await answer.text();
  const bare = fastify();
  const type = answer.headers.get('content-type') ?? '';
  bare.get('/*', async (_, reply) => reply.header('Content-Type', type).send(body));
  const bareUrl = await bare.listen({ port: 0, host: '127.0.0.1' });
  const ours: Rate[] = [];
  const theirs: Rate[] = [];
  for (let i = 0; i < Number(options.repeat); i++) {
    ours.push(await load(url + target));
    theirs.push(await load(bareUrl + target));
  }
  await bare.close();
  const rows = body.startsWith('[') ? `, ${(JSON.parse(body) as unknown[]).length} rows` : '';
  console.info(`${name} (${body.length} bytes${rows})`);
  for (const key of ['perSecond', 'cpuMicros'] as const) {
    const [own, bares] = [ours.map((rate) => rate[key]), theirs.map((rate) => rate[key])];
    const ratios = own.map((value, i) => (value / (bares[i] ?? 1)) * 100);
    console.info(`  ${UNITS[key]}: ${shown(own)}, bare ${shown(bares)}, ratio ${shown(ratios)} %`);
  }
}

/** The client is a process of its own; CPU time is of all threads of this one, the serving one. */
async function load(url: string): Promise<Rate> {
  const child = fork(join(import.meta.dirname, 'rest-client.ts'));
  const cpu = process.cpuUsage();
  const order: Load = { url, seconds: Number(options.seconds), connections: Number(options.connections) };
  child.send(order);
  const [result] = (await once(child, 'message')) as [LoadResult];
  await once(child, 'exit');
  if (result.failed > 0) throw new Error(`${result.failed} requests of ${url} failed`);
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: result.perSecond, cpuMicros: (user + system) / result.requests };
}

/** The median, and in brackets the lowest and the highest. */
function shown(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b).map((value) => Math.round(value).toLocaleString('en'));
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} – ${sorted.at(-1)})`;
}
