import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { NewLogRecord } from '../packages/server/src/core/log-record.ts';
import { STAGES } from '../packages/server/src/flow/stats.ts';
import type { PipelineStats } from '../packages/server/src/flow/stats.ts';
import type { Engine } from '../packages/server/src/runtime/engine.ts';
import { measureBaseline } from './baseline.ts';
import { Shop } from './nested-customer.ts';
import { openBench } from './open-bench.ts';
import { differencesFromRecomputation } from './recompute.ts';
import { printTable } from './table.ts';
import type { Measurement } from './table.ts';

const WORKS = ['leaf', 'move', 'hot', 'churn'] as const;
type Work = (typeof WORKS)[number];
const APPEND_CHUNK = 5_000;

const { values: options } = parseArgs({
  options: {
    customers: { type: 'string', default: '2000' },
    variant: { type: 'string', default: 'nested' },
    work: { type: 'string', default: WORKS.join() },
    batch: { type: 'string', default: '500,1' },
    durability: { type: 'string', default: 'powerLoss' },
    repeat: { type: 'string', default: '5' },
    changes: { type: 'string', default: '' },
  },
});

const results: Measurement[] = [];
for (const customers of numbers(options.customers)) for (const variant of options.variant.split(',')) await runOne(customers, variant);
await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
const host = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
const file = join(import.meta.dirname, 'results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
await writeFile(file, JSON.stringify({ host, options, results }, null, 2));
printTable(results);
console.info(`\n${host.cores} × ${host.cpu}, Node ${host.node}; written to ${file}`);
console.info('What else is measured: npm run bench:live, bench:dispatch, bench:rest, bench:lanes, bench:load, bench:memory');

/** One size: load, each work at each batch size, the baseline on the same store, and the comparison with the recomputation. */
async function runOne(customers: number, variant: string): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const allergens = variant === 'allergens';
  const shop = new Shop(customers, { allergens });
  const common = { customers, variant, durability: options.durability };
  const open = (batchRecords: number): ReturnType<typeof openBench> =>
    openBench(variant, { data, durability: options.durability === 'process' ? 'process' : 'powerLoss', batchRecords });
  try {
    results.push({ ...common, ...(await load(shop, open)) });
    for (const batch of numbers(options.batch)) {
      for (const work of options.work.split(',') as Work[]) {
        // One engine for all repetitions: the first has cold caches, and is shown apart.
        const runs: Run[] = [];
        await using engine = await open(batch);
        for (let i = 0; i < Number(options.repeat); i++) runs.push(await measure(shop, work, batch, engine));
        results.push({ ...common, ...summary(work, batch, runs) });
      }
    }
    await using engine = await open(500);
    const differences = await differencesFromRecomputation(engine.store, allergens);
    if (differences.length > 0)
      throw new Error(`${differences.length} views differ from the recomputation: ${differences.slice(0, 3).join('; ')}`);
    console.info(`${customers} customers (${variant}): every view equals its recomputation`);
    for (const batch of numbers(options.batch)) {
      const rows = batch === 1 ? Math.min(2_000, shop.items) : Math.min(50_000, shop.items);
      const rates: number[] = [];
      for (let i = 0; i < Number(options.repeat); i++) rates.push(await measureBaseline(engine.store, { items: shop.items, rows, batch }));
      results.push({ ...common, work: 'baseline', batch, changes: rows, views: 0, ...spread(rates), stageMs: {} });
    }
  } finally {
    await rm(data, { recursive: true });
  }
}

interface Run {
  readonly changes: number;
  readonly seconds: number;
  readonly stats: Pick<PipelineStats, 'viewsWritten' | 'stageMs'>;
}

async function load(
  shop: Shop,
  open: (batch: number) => ReturnType<typeof openBench>,
): Promise<Omit<Measurement, 'customers' | 'variant' | 'durability'>> {
  await using engine = await open(2_000);
  let changes = 0;
  let ms = 0;
  for (const part of chunks(shop.everything(), APPEND_CHUNK)) {
    await engine.log.append(part);
    changes += part.length;
    const start = performance.now();
    await engine.runUntilIdle();
    ms += performance.now() - start;
  }
  const stats = engine.stats();
  const views = await engine.store.count('sv_customers', { filter: { kind: 'true' } });
  if (views !== shop.customers)
    throw new Error(`${views} views after the load, expected ${shop.customers}: ${JSON.stringify(await engine.errorCounts())}`);
  return { work: 'load', batch: 2_000, changes, views: stats.viewsWritten, ...spread([(changes / ms) * 1000]), stageMs: stats.stageMs };
}

async function measure(shop: Shop, work: Work, batch: number, engine: Engine): Promise<Run> {
  const changes = countOf(work, batch);
  const records: NewLogRecord[] = Array.from({ length: changes }, () => shop[work]());
  for (let from = 0; from < records.length; from += APPEND_CHUNK) await engine.log.append(records.slice(from, from + APPEND_CHUNK));
  const before = engine.stats();
  const start = performance.now();
  await engine.runUntilIdle();
  return { changes, seconds: (performance.now() - start) / 1000, stats: since(before, engine.stats()) };
}

/** What the stages did between two looks. */
function since(before: PipelineStats, after: PipelineStats): Pick<PipelineStats, 'viewsWritten' | 'stageMs'> {
  const stageMs = Object.fromEntries(STAGES.map((stage) => [stage, after.stageMs[stage] - before.stageMs[stage]]));
  return { viewsWritten: after.viewsWritten - before.viewsWritten, stageMs: stageMs as PipelineStats['stageMs'] };
}

function countOf(work: Work, batch: number): number {
  if (options.changes !== '') return Number(options.changes);
  if (work === 'hot') return batch === 1 ? 5 : 10;
  return batch === 1 ? 1_000 : 20_000;
}

function summary(work: Work, batch: number, runs: readonly Run[]): Omit<Measurement, 'customers' | 'variant' | 'durability'> {
  const rates = runs.map(({ changes, seconds }) => changes / seconds);
  const last = runs.at(-1) as Run;
  return {
    work,
    batch,
    changes: last.changes,
    views: last.stats.viewsWritten,
    cold: rates[0] ?? 0,
    ...spread(rates),
    stageMs: last.stats.stageMs,
  };
}

function spread(rates: readonly number[]): { perSecond: number; lowest: number; highest: number } {
  const sorted = [...rates].sort((a, b) => a - b);
  return { perSecond: sorted[Math.floor(sorted.length / 2)] ?? 0, lowest: sorted[0] ?? 0, highest: sorted.at(-1) ?? 0 };
}

function* chunks<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function numbers(text: string): number[] {
  return text.split(',').map(Number);
}
