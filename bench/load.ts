import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineRows, writeRows } from './load/row-files.ts';
import { runLoads } from './load/run-loads.ts';
import { openBench } from './open-bench.ts';

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, repeat: { type: 'string', default: '3' } },
});
const folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const file = join(folder, 'lines.ndjson');
const written = await writeRows(file, lineRows(Number(options.rows)));
console.info(written, written.bytes / written.rows);
for (let i = 0; i < Number(options.repeat); i++) {
  const data = join(folder, `data-${i}`);
  await using engine = await openBench('wide', { data, durability: 'process', batchRecords: 500 });
  const run = await runLoads(engine, { lines: file });
  console.info(run, run.rows / run.loadSeconds, run.rss / 1e6);
  await rm(data, { recursive: true, force: true });
}
await rm(folder, { recursive: true });
