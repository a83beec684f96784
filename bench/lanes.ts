import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { enqueueJob } from '../packages/server/src/flow/jobs/job-rows.ts';
import { JOB_FACTS, isFinished } from '../packages/server/src/flow/jobs/job.ts';
import type { JobStatus } from '../packages/server/src/flow/jobs/job.ts';
import type { NewLogRecord } from '../packages/server/src/core/log-record.ts';
import type { Engine } from '../packages/server/src/runtime/engine.ts';
import { Shop } from './nested-customer.ts';
import { openBench } from './open-bench.ts';

/**
 * The two lanes: how long fresh changes take from the log to the view while nothing else is to be done, and while all views are built
 * anew; and how long that takes with them and without.
 */
const { values: options } = parseArgs({
  options: {
    customers: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
  },
});

const VIEW = 'sv_customers';
const APPEND_CHUNK = 5_000;

const data = await mkdtemp(join(tmpdir(), 'millrace-lanes-'));
try {
  const customers = Number(options.customers);
  const shop = new Shop(customers, { allergens: false });
  await using engine = await openBench('nested', { data, durability: 'powerLoss', batchRecords: 500 });
  await load(engine, shop);
  const stop = new AbortController();
  const running = engine.run(stop.signal);
  const alone = await refresh(engine, 'alone');
  const quiet = await latencies(engine, shop, () => passed(Number(options.seconds) * 1_000));
  let beside = 0;
  const busy = await latencies(engine, shop, async () => void (beside = await refresh(engine, 'beside')));
  stop.abort();
  await running;
  console.info(`${customers.toLocaleString('en')} views, ${options.rate} changes/s, latency from the append to the commit of the view`);
  console.table({
    'nothing else': { ...quiet, 'refresh, s': null },
    'during a refresh': { ...busy, 'refresh, s': round(beside / 1_000) },
    'refresh without changes': { 'refresh, s': round(alone / 1_000) },
  });
} finally {
  await rm(data, { recursive: true });
}

async function load(engine: Engine, shop: Shop): Promise<void> {
  const { log } = engine;
  let chunk: NewLogRecord[] = [];
  for (const record of shop.everything()) {
    chunk.push(record);
    if (chunk.length < APPEND_CHUNK) continue;
    await log.append(chunk);
    chunk = [];
  }
  await log.append(chunk);
  await engine.runUntilIdle();
}

/** Gives ms. */
async function refresh({ store }: Engine, id: string): Promise<number> {
  const start = performance.now();
  await store.transact((writer) => enqueueJob(writer, id, { type: 'refresh', scope: VIEW, request: {} }, Date.now()));
  for (;;) {
    const status = JSON.parse((await store.fact(`${JOB_FACTS}${id}`)) ?? '{}') as JobStatus;
    if (isFinished(status)) return performance.now() - start;
    await passed(20);
  }
}

/** Of changes at a steady rate, as long as `work` takes. */
async function latencies(engine: Engine, shop: Shop, work: () => Promise<void>): Promise<Record<string, number>> {
  const begun = new Map<number, number>();
  const found: number[] = [];
  const end = engine.store.onCommit(({ deltas }) => {
    const now = performance.now();
    for (const { collection, position } of deltas) {
      const start = collection === VIEW && position !== null ? begun.get(position.offset) : undefined;
      if (start === undefined || position === null) continue;
      found.push(now - start);
      begun.delete(position.offset);
    }
  });
  let offset = (await engine.log.topics()).find(({ topic }) => topic.includes('items'))?.partitions[0]?.end ?? 0;
  let isOver = false;
  const worked = work().then(() => (isOver = true));
  const everyMs = 1_000 / Number(options.rate);
  for (let next = performance.now(); !isOver; next += everyMs) {
    const wait = next - performance.now();
    if (wait > 1) await passed(wait);
    // Every change is one of `items`, which nobody else appends to: its offset is known before it is there.
    begun.set(offset++, performance.now());
    await engine.log.append([shop.leaf()]);
  }
  await worked;
  await passed(1_000);
  end();
  found.sort((a, b) => a - b);
  const at = (share: number): number => round(found[Math.floor(found.length * share)] ?? 0);
  return { changes: found.length, 'p50, ms': at(0.5), 'p99, ms': at(0.99), 'most, ms': round(found.at(-1) ?? 0) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
