import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { insertBare } from './load/bare-inserts.ts';
import type { BareRun } from './load/bare-inserts.ts';
import { InteractiveChanges } from './load/interactive.ts';
import type { Latencies } from './load/interactive.ts';
import { lineRows, rowsOf, writeRows } from './load/row-files.ts';
import { runLoads } from './load/run-loads.ts';
import type { LoadRun } from './load/run-loads.ts';
import { Shop } from './nested-customer.ts';
import { openBench } from './open-bench.ts';

/** Changes beside no load, to compare with: ms. */
const ALONE_MS = 5_000;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    repeat: { type: 'string', default: '3' },
    customers: { type: 'string', default: '20000' },
    part: { type: 'string', default: 'rows,interactive,nested' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const results: Record<string, unknown> = {
  host: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() },
  options,
};
const parts = options.part.split(',');
try {
  if (parts.includes('rows')) await measureRows();
  if (parts.includes('interactive')) await measureInteractive();
  if (parts.includes('nested')) await measureNested();
} finally {
  await rm(folder, { recursive: true });
}
await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
const file = join(import.meta.dirname, 'results', `load-${new Date().toISOString().replaceAll(':', '-')}.json`);
await writeFile(file, JSON.stringify(results, null, 2));
console.info(`written to ${file}; load average ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores`);

/** Rows into an empty projection with two indexes, and the same texts put by the driver alone. */
async function measureRows(): Promise<void> {
  const file = join(folder, 'lines.ndjson');
  const { rows, bytes } = await writeRows(file, lineRows(Number(options.rows)));
  console.info(`${rows} rows of ${Math.round(bytes / rows)} bytes`);
  const runs: LoadRun[] = [];
  const bare: BareRun[] = [];
  for (let i = 0; i < Number(options.repeat); i++) {
    await withData(async (data) => {
      runs.push(await loadInto('wide', data, { lines: file }));
      bare.push(insertBare(join(data, 'millrace.db'), data));
    });
  }
  const ours = spread(runs.map((run) => run.rows / run.loadSeconds));
  const theirs = spread(bare.map((run) => run.rows / run.seconds));
  console.info(
    `load            ${text(ours)} rows/s; per CPU second ${text(spread(runs.map((run) => run.rows / run.cpuSeconds)))}; RSS ${Math.round(Math.max(...runs.map(({ rss }) => rss)) / 1e6)} MB; indexes ${runs.map(({ indexSeconds }) => indexSeconds.toFixed(1)).join(', ')} s`,
  );
  console.info(`bare inserts    ${text(theirs)} rows/s; per CPU second ${text(spread(bare.map((run) => run.rows / run.cpuSeconds)))}`);
  console.info(`of bare inserts ${((ours.median / theirs.median) * 100).toFixed(0)} %`);
  results['rows'] = { runs, bare };
}

/** Changes of another projection, alone and beside a load. */
async function measureInteractive(): Promise<void> {
  const file = join(folder, 'lines-beside.ndjson');
  await writeRows(file, lineRows(Number(options.rows) / 2));
  await withData(async (data) => {
    await using engine = await openBench('wide', { data, durability: 'process', batchRecords: 500 });
    const change = (n: number) => ({
      topic: 'orders',
      key: JSON.stringify({ id: n }),
      value: JSON.stringify({ before: null, after: { id: n, customer: 'x', total: n }, op: 'c', ts_ms: 1, source: {} }),
    });
    const alone = new InteractiveChanges(engine, 'orders', change);
    const stop = new AbortController();
    await Promise.all([engine.run(stop.signal), alone.run(stop.signal), passed(ALONE_MS).then(() => stop.abort())]);
    const beside = new InteractiveChanges(engine, 'orders', change, alone.next);
    const run = await runLoads(engine, { lines: file }, (signal) => beside.run(signal));
    show('changes alone', alone.latencies());
    show('changes beside', beside.latencies());
    results['interactive'] = { alone: alone.latencies(), beside: beside.latencies(), run };
  });
}

/** The tables of the nested customer, asked for at once, until every document is complete. */
async function measureNested(): Promise<void> {
  const shop = new Shop(Number(options.customers), { allergens: false });
  const files: Record<string, string> = {};
  let total = 0;
  for (const table of ['dishes', 'customers', 'orders', 'items']) {
    files[table] = join(folder, `${table}.ndjson`);
    total += (await writeRows(files[table], rowsOf(table, shop.everything()))).rows;
  }
  await withData(async (data) => {
    const run = await loadInto('nested', data, files);
    const seconds = run.loadSeconds + run.viewSeconds;
    console.info(
      `nested          ${total} rows until ${shop.customers} documents are complete: ${seconds.toFixed(1)} s, ${Math.round(total / seconds)} rows/s (rows ${run.loadSeconds.toFixed(1)} s, views ${run.viewSeconds.toFixed(1)} s), RSS ${Math.round(run.rss / 1e6)} MB`,
    );
    results['nested'] = run;
  });
}

async function loadInto(variant: string, data: string, files: Readonly<Record<string, string>>): Promise<LoadRun> {
  await using engine = await openBench(variant, { data, durability: 'process', batchRecords: 500 });
  return await runLoads(engine, files);
}

async function withData(work: (data: string) => Promise<void>): Promise<void> {
  const data = join(folder, 'data');
  await work(data);
  await rm(data, { recursive: true, force: true });
}

interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

function spread(rates: readonly number[]): Spread {
  const sorted = [...rates].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, lowest: sorted[0] ?? 0, highest: sorted.at(-1) ?? 0 };
}

function text({ median, lowest, highest }: Spread): string {
  return `${Math.round(median)} (${Math.round(lowest)} to ${Math.round(highest)})`;
}

function show(name: string, { p50, p99, longest, changes }: Latencies): void {
  console.info(
    `${name.padEnd(15)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(0)} ms (${changes} changes)`,
  );
}
