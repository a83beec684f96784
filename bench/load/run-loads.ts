import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus } from '../../packages/server/src/flow/jobs/job.ts';
import { toJson } from '../../packages/server/src/flow/jobs/load/load-progress.ts';
import type { LoadCounts } from '../../packages/server/src/flow/jobs/load/load-progress.ts';
import type { Engine } from '../../packages/server/src/runtime/engine.ts';
import { inspectFile } from '../../packages/server/src/runtime/load/inspect-file.ts';

export interface LoadRun {
  /** Until the projections were whole, with their indexes. */
  readonly loadSeconds: number;
  /** From then until the views were built. */
  readonly viewSeconds: number;
  readonly rows: number;
  /** The greatest that was seen: bytes. */
  readonly rss: number;
  /** Longest time in which the event loop had no turn: ms. */
  readonly counts: readonly LoadCounts[];
}

const LOOK_EVERY_MS = 20;

/** Loads files into projections, all asked for at once, in an engine that is at work; ends when all views are built. */
export async function runLoads(
  engine: Engine,
  files: Readonly<Record<string, string>>,
  beside: (signal: AbortSignal) => Promise<void> = async () => undefined,
): Promise<LoadRun> {
  const stop = new AbortController();
  const running = engine.run(stop.signal);
  const start = performance.now();
  const startedAt = Date.now();
  await engine.store.transact(async (writer) => {
    for (const [projection, name] of Object.entries(files)) {
      const file = await inspectFile(name, { folder: '/' });
      const request = toJson({ files: [file], delimiter: ',', startedAt, maxRefused: 0, isSpooled: false, from: null });
      await enqueueJob(writer, `load-${projection}`, { type: 'load', scope: projection, request }, startedAt);
    }
  });
  const other = beside(stop.signal);
  let rss = 0;
  let loaded = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    rss = Math.max(rss, process.memoryUsage.rss());
    const jobs = await readJobs(engine.store);
    const failed = jobs.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(`${failed.id} failed: ${failed.error?.message}`);
    const loads = jobs.filter(({ type }) => type === 'load');
    const isDone = ({ state }: JobStatus): boolean => state === 'done';
    if (!loads.every(isDone)) continue;
    if (loaded === 0) loaded = performance.now();
    if (jobs.every(isDone) && (await engine.store.queued()).length === 0) break;
  }
  const end = performance.now();
  stop.abort();
  await Promise.all([running, other]);
  const results = (await readJobs(engine.store))
    .filter(({ type }) => type === 'load')
    .map(({ result }) => result as unknown as LoadCounts & { rows: number });
  const rows = results.reduce((sum, result) => sum + result.rows, 0);
  return { loadSeconds: (loaded - start) / 1000, viewSeconds: (end - loaded) / 1000, rows, rss, counts: results };
}
