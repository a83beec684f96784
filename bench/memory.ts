import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { NewLogRecord } from '../packages/server/src/core/log-record.ts';
import { Shop } from './nested-customer.ts';
import { openBench } from './open-bench.ts';

const PROGRAM = resolve(import.meta.dirname, '../packages/server/bin/millrace.js');
const SAMPLE_EVERY_MS = 200;
const LEAF_CHANGES = 20_000;
const APPEND_CHUNK = 10_000;
/** Log, store and their indexes together, of one row. */
const DISK_BYTES_PER_ROW = 2_500;

const { values: options } = parseArgs({ options: { customers: { type: 'string', default: '20000' } } });
for (const customers of options.customers.split(',').map(Number)) await measure(customers);

/** The real program, in a process of its own, whose memory is read from outside: while it loads, and while it takes leaf updates. */
async function measure(customers: number): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'millrace-memory-'));
  const shop = new Shop(customers, { allergens: false });
  try {
    await checkRoom(data, shop.items);
    const rows = await append(data, shop.everything());
    const load = await peakMemory(data);
    await append(
      data,
      Array.from({ length: LEAF_CHANGES }, () => shop.leaf()),
    );
    const leaf = await peakMemory(data);
    console.info(
      JSON.stringify({ customers, rows, loadPeakMb: load.mb, loadSeconds: load.seconds, leafPeakMb: leaf.mb, leafSeconds: leaf.seconds }),
    );
  } finally {
    await rm(data, { recursive: true });
  }
}

async function checkRoom(folder: string, items: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const needed = items * 1.5 * DISK_BYTES_PER_ROW;
  if (bavail * bsize < needed) throw new Error(`${folder} has room for ${bavail * bsize} bytes, expected ${needed}`);
}

async function append(data: string, records: Iterable<NewLogRecord>): Promise<number> {
  await using engine = await openBench('nested', { data, durability: 'process', batchRecords: 500 });
  let rows = 0;
  let chunk: NewLogRecord[] = [];
  const flush = async (): Promise<void> => {
    await engine.log.append(chunk);
    rows += chunk.length;
    chunk = [];
  };
  for (const record of records) if (chunk.push(record) === APPEND_CHUNK) await flush();
  await flush();
  return rows;
}

async function peakMemory(data: string): Promise<{ mb: number; seconds: number }> {
  const project = join(import.meta.dirname, 'project/nested');
  const start = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'start', '--until-idle', '--project', project, '--data', data], { stdio: 'ignore' });
  const samples = setInterval(() => void sample(), SAMPLE_EVERY_MS);
  let mb = 0;
  const sample = async (): Promise<void> => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    mb = Math.max(mb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024));
  };
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(samples);
  if (code !== 0) throw new Error(`The engine ended with code ${code}`);
  return { mb, seconds: Math.round((performance.now() - start) / 100) / 10 };
}
