/**
 * The distributed deployment, on servers that `scripts/services` brings up where they do not run: rates, freshness, and what they cost,
 * beside the bare cost of the broker and of the database in the same minutes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import { Servers } from '../scripts/local-services/servers.ts';
import { serviceOf } from '../scripts/local-services/services.ts';
import { Broker } from './prod/broker.ts';
import { costsBetween, readCosts } from './prod/costs.ts';
import type { Costs } from './prod/costs.ts';
import { quantile, spreadOf, spreadText } from './prod/figures.ts';
import type { Spread } from './prod/figures.ts';
import { HopWatch } from './prod/hops.ts';
import type { Hops } from './prod/hops.ts';
import { Arrivals, burst, steady } from './prod/load.ts';
import { LINES_PER_ORDER, courierChange, lineChange, orderDocument, orderMessages } from './prod/orders.ts';
import { Program } from './prod/program.ts';
import { rawUpserts } from './prod/raw-store.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    orders: { type: 'string' },
    repeat: { type: 'string' },
    seconds: { type: 'string' },
    processes: { type: 'string', default: '1,2' },
    /** Changes a second at which freshness is measured; half of the rate of the views when absent. */
    rate: { type: 'string' },
    /** Folder for CPU profiles of the processes. */
    profile: { type: 'string' },
    /** Only the bare costs. */
    raw: { type: 'boolean', default: false },
  },
});
const ORDERS = Number(values.orders ?? (values.quick ? 500 : 4_000));
const REPEAT = Number(values.repeat ?? (values.quick ? 1 : 3));
/** What says nothing for so long has nothing more to say. */
const QUIET_MS = 2_000;
const SECONDS = Number(values.seconds ?? (values.quick ? 3 : 10));

interface Result {
  readonly processes: number;
  readonly projectionsPerSecond: Spread;
  readonly viewsPerSecond: Spread;
  /** Of the raw upserts that were measured beside it. */
  readonly share: Spread;
  readonly freshnessMs: { readonly p50: Spread; readonly p99: Spread; readonly perSecond: number };
  /** Of the last repetition: from one hand-over to the next, ms. */
  readonly hopsMs: Hops | undefined;
  /** Of one view, when every view changes. */
  readonly perView: { readonly commands: Spread; readonly operations: Spread; readonly bytes: Spread };
  /** CPU seconds of 1,000 views. */
  readonly cpu: Readonly<Record<string, Spread>>;
}

const data = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));
const own = `bench-${process.pid}`;
await using servers = await Servers.up(['kafka', 'mongo'], (text) => console.info(text));
const brokers = servers.variables['MILLRACE_KAFKA_BROKERS'] ?? process.env['MILLRACE_KAFKA_BROKERS'] ?? '';
const url = servers.variables['MILLRACE_MONGODB_URL'] ?? process.env['MILLRACE_MONGODB_URL'] ?? '';
await using client = await new MongoClient(url).connect();
const documentBytes = Buffer.byteLength(JSON.stringify(orderDocument(ORDERS - 1, 100)));
console.info(`${ORDERS} orders, documents of ${documentBytes} bytes as JSON, ${REPEAT} repetitions, ${cpus().length} cores`);

try {
  const results: Result[] = [];
  for (const processes of values.raw ? [] : values.processes.split(',').map(Number)) results.push(await measure(processes));
  if (values.raw) console.info(`raw upserts ${spreadText(spreadOf(await rawRates(REPEAT)))} a second`);
  for (const result of results) print(result);
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  if (results.length > 0) {
    const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
    writeFileSync(path.join(folder, 'prod.json'), `${JSON.stringify({ orders: ORDERS, documentBytes, machine, results }, null, 2)}\n`);
  }
} finally {
  rmSync(data, { recursive: true, force: true });
}

async function rawRates(repeat: number): Promise<number[]> {
  const rates: number[] = [];
  // The first inserts; every other one replaces, as the views are replaced.
  for (let generation = 1; generation <= repeat + 1; generation++)
    rates.push(await rawUpserts(url, `${own}-raw`, { documents: ORDERS, generation }));
  await client.db(`${own}-raw`).dropDatabase();
  return rates.slice(1);
}

async function measure(processes: number): Promise<Result> {
  const database = `${own}-${processes}`;
  const prefix = `${own}-${processes}.`;
  const environment = {
    MILLRACE_LOG_USE: 'kafka',
    MILLRACE_STORE_USE: 'mongo',
    MILLRACE_KAFKA_BROKERS: brokers,
    MILLRACE_KAFKA_TOPIC_PREFIX: prefix,
    MILLRACE_MONGODB_URL: url,
    MILLRACE_MONGODB_DATABASE: database,
  };
  await using broker = new Broker(brokers, prefix);
  await using programs = new AsyncDisposableStack();
  const pids: number[] = [];
  for (let i = 0; i < processes; i++) {
    const program = programs.use(await Program.start({ environment, data: path.join(data, String(i)), profile: values.profile }));
    pids.push(program.pid);
  }
  const watched = { ours: pids, kafka: pidsOf('kafka'), mongo: pidsOf('mongo') };
  const orders = new Arrivals();
  const couriers = new Arrivals();
  await using _ = await broker.watch(await broker.topicEnding('.sv_orders.sv-update'), orders.take);
  await using __ = await broker.watch(await broker.topicEnding('.couriers.pr-update'), couriers.take);
  const ids = Array.from({ length: ORDERS }, (___, id) => id);
  let generation = 0;
  const changesOf = (): Map<number, ReturnType<typeof lineChange>> => {
    generation++;
    return new Map(ids.map((id) => [id, lineChange(id, generation)]));
  };

  const begin = performance.now();
  await broker.send(ids.flatMap(orderMessages));
  await complete(database, orders);
  console.info(`${processes} processes: ${ORDERS} orders were there after ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  // All is warm from the second time on.
  await burst(broker, orders, changesOf());

  const rates: number[] = [];
  const shares: number[] = [];
  const costs: Costs[] = [];
  const projections: number[] = [];
  for (let i = 0; i < REPEAT; i++) {
    const [raw = 1] = await rawRates(1);
    const before = await readCosts(client, watched);
    const rate = await burst(broker, orders, changesOf());
    costs.push(costsBetween(before, await readCosts(client, watched)));
    rates.push(rate);
    shares.push(rate / raw);
    generation++;
    projections.push(await burst(broker, couriers, new Map(ids.map((id) => [id, courierChange(id, generation)]))));
    console.info(`  views ${rate.toFixed(0)}/s, raw upserts ${raw.toFixed(0)}/s, projections ${(projections.at(-1) ?? 0).toFixed(0)}/s`);
  }
  const { records, bytes, ms } = await broker.readAll('lines');
  console.info(`  consuming alone: ${((records / ms) * 1_000).toFixed(0)} records/s of ${Math.round(bytes / records)} bytes`);

  const perSecond = Number(values.rate ?? Math.max(1, Math.floor(spreadOf(rates).median / 2)));
  const [p50, p99]: [number[], number[]] = [[], []];
  let hopsMs: Hops | undefined;
  for (let i = 0; i < REPEAT; i++) {
    generation++;
    const change = (n: number) => {
      const id = n % ORDERS;
      return [id, lineChange(id, generation + Math.floor(n / ORDERS))] as const;
    };
    const hops = await HopWatch.start(broker, {
      'pr-update': '.lines.pr-update',
      'sv-trigger': '.sv_orders.sv-trigger',
      'sv-update': '.sv_orders.sv-update',
    });
    const latencies = await steady(broker, orders, { perSecond, seconds: SECONDS, change });
    generation += Math.ceil((perSecond * SECONDS) / ORDERS);
    p50.push(quantile(latencies, 0.5));
    p99.push(quantile(latencies, 0.99));
    hopsMs = await hops.read();
  }
  const ended = programs.move();
  await ended.disposeAsync();
  await client.db(database).dropDatabase();
  await broker.clear();
  const each = (valueOf: (cost: Costs) => number): Spread => spreadOf(costs.map((cost) => valueOf(cost) / ORDERS));
  return {
    processes,
    projectionsPerSecond: spreadOf(projections),
    viewsPerSecond: spreadOf(rates),
    share: spreadOf(shares),
    freshnessMs: { p50: spreadOf(p50), p99: spreadOf(p99), perSecond },
    hopsMs,
    perView: {
      commands: each(({ commands }) => commands),
      operations: each(({ operations }) => operations),
      bytes: each((cost) => cost.bytes),
    },
    cpu: Object.fromEntries(Object.keys(watched).map((name) => [name, each(({ cpu }) => (cpu[name] ?? 0) * 1_000)])),
  };
}

/** Every document has its lines, and nothing more is announced. */
async function complete(database: string, orders: Arrivals): Promise<void> {
  const collection = client.db(database).collection('sv_orders');
  const lastLine = `lines.${LINES_PER_ORDER - 1}`;
  while ((await collection.countDocuments({ [lastLine]: { $exists: true } })) < ORDERS) await sleep(500);
  while (performance.now() - orders.lastAt < QUIET_MS) await sleep(QUIET_MS);
}

function pidsOf(name: 'kafka' | 'mongo'): number[] {
  const { pid } = serviceOf(name);
  return pid === undefined ? [] : [pid];
}

function print({ processes, projectionsPerSecond, viewsPerSecond, share, freshnessMs, hopsMs, perView, cpu }: Result): void {
  console.info(`\n${processes} ${processes === 1 ? 'process' : 'processes'}: median (lowest to highest)`);
  console.info(`  projections/s       ${spreadText(projectionsPerSecond)}`);
  console.info(`  views/s             ${spreadText(viewsPerSecond)}`);
  console.info(`  of raw upserts      ${spreadText(share, 2)}`);
  console.info(
    `  freshness at ${freshnessMs.perSecond}/s  p50 ${spreadText(freshnessMs.p50, 1)} ms, p99 ${spreadText(freshnessMs.p99, 1)} ms`,
  );
  for (const [hop, { p50, p99 }] of Object.entries(hopsMs ?? {})) console.info(`    until ${hop.padEnd(12)} p50 ${p50} ms, p99 ${p99} ms`);
  console.info(
    `  of a view           ${spreadText(perView.commands, 3)} commands, ${spreadText(perView.operations, 2)} operations, ${spreadText(perView.bytes)} bytes`,
  );
  for (const [name, seconds] of Object.entries(cpu)) console.info(`  CPU s of 1,000      ${name} ${spreadText(seconds, 2)}`);
}
