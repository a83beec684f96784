import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus } from '../../packages/server/src/flow/jobs/job.ts';
import { toJson } from '../../packages/server/src/flow/jobs/load/load-progress.ts';
import type { Engine } from '../../packages/server/src/runtime/engine.ts';
import { inspectFile } from '../../packages/server/src/runtime/load/inspect-file.ts';

export interface LoadRun {
  readonly rows: number;
  /** Until the projections were whole, with their indexes. */
  readonly loadSeconds: number;
  /** Of that, the time that indexes were being built. */
  readonly indexSeconds: number;
  /** From then until the views were built. */
  readonly viewSeconds: number;
  /** Of all threads, in the time of `loadSeconds`. */
  readonly cpuSeconds: number;
  /** The greatest that was seen: bytes. */
  readonly rss: number;
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
  const cpu = process.cpuUsage();
  await ask(engine, files);
  const other = beside(stop.signal);
  const seen = { rss: 0, indexing: 0, loaded: 0, cpuSeconds: 0, rows: 0 };
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    seen.rss = Math.max(seen.rss, process.memoryUsage.rss());
    const jobs = await readJobs(engine.store);
    const failed = jobs.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(`${failed.id} failed: ${failed.error?.message}`);
    const loads = jobs.filter(({ type }) => type === 'load');
    if (seen.indexing === 0 && loads.some(({ phase }) => phase === 'indexes')) seen.indexing = performance.now();
    if (!loads.every(isDone)) continue;
    if (seen.loaded === 0) {
      seen.loaded = performance.now();
      const { user, system } = process.cpuUsage(cpu);
      seen.cpuSeconds = (user + system) / 1e6;
      seen.rows = loads.reduce((sum, { result }) => sum + ((result?.['rows'] as number | undefined) ?? 0), 0);
    }
    if (jobs.every(isDone) && (await engine.store.queued()).length === 0) break;
  }
  const end = performance.now();
  stop.abort();
  await Promise.all([running, other]);
  const { loaded, indexing, rss, cpuSeconds, rows } = seen;
  return {
    rows,
    loadSeconds: (loaded - start) / 1000,
    indexSeconds: (loaded - (indexing === 0 ? loaded : indexing)) / 1000,
    viewSeconds: (end - loaded) / 1000,
    cpuSeconds,
    rss,
  };
}

function isDone({ state }: JobStatus): boolean {
  return state === 'done';
}

async function ask(engine: Engine, files: Readonly<Record<string, string>>): Promise<void> {
  const startedAt = Date.now();
  await engine.store.transact(async (writer) => {
    for (const [projection, name] of Object.entries(files)) {
      const file = await inspectFile(name, { folder: '/' });
      const request = toJson({ files: [file], delimiter: ',', startedAt, maxRefused: 0, isSpooled: false, from: null });
      await enqueueJob(writer, `load-${projection}`, { type: 'load', scope: projection, request }, startedAt);
    }
  });
}
