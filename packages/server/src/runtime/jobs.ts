import { randomBytes } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { enqueueJob, readJob, readJobs } from '../flow/jobs/job-rows.ts';
import { isFinished } from '../flow/jobs/job.ts';
import type { JobStatus, NewJob } from '../flow/jobs/job.ts';
import type { MakeJobType } from '../flow/jobs/job-parts.ts';
import { readPaused } from '../flow/pauses.ts';
import type { Paused } from '../flow/pauses.ts';
import type { Store } from '../store/store.ts';
import { openEngine } from './engine.ts';
import type { Engine, RunnableProject } from './engine.ts';
import { EnginePresence } from './engine-presence.ts';
import { openStore } from './registry.ts';

export interface RequestJobOptions {
  /** Aborts the waiting, not the job. */
  readonly signal: AbortSignal;
  /** Called again and again while it goes on. */
  readonly onProgress?: ((status: JobStatus) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Beside those that every engine knows, where no engine runs. */
  readonly jobTypes?: readonly MakeJobType[] | undefined;
}

export interface RequestedJob {
  /** As it was last seen: `done` or `failed`, unless nobody waited for the end. */
  readonly status: JobStatus;
  /** Who worked on it last: the engine that runs, this process alone, or nobody yet. */
  readonly by: 'engine' | 'here' | 'nobody';
}

/** Between two looks at a job that an engine works on: at a file of this machine, and at a database. */
const POLL_MS = 100;
const SHARED_POLL_MS = 300;

/**
 * Asks for a job and waits for its end. A running engine does it. Where none runs, or where it ends meanwhile, this process takes the
 * engine's place and does it itself, and nothing else. When the signal aborts, the job stays where it is: who runs next goes on with it.
 */
export async function requestJob(project: RunnableProject, job: NewJob, options: RequestJobOptions): Promise<RequestedJob> {
  const id = await putJob(project, job, options.clock ?? systemClock);
  return awaitJob(project, id, options);
}

/** Asks for a job and returns its id at once. */
export async function putJob(project: RunnableProject, job: NewJob, clock: Clock): Promise<string> {
  await using store = await openStore(project.config);
  const now = clock.now();
  const id = `${job.type}-${now.toString(36)}${randomBytes(3).toString('hex')}`;
  await store.transact((writer) => enqueueJob(writer, id, job, now));
  return id;
}

/** Waits for the end of a job that was asked for. Throws UNKNOWN_JOB. */
export async function awaitJob(project: RunnableProject, id: string, options: RequestJobOptions): Promise<RequestedJob> {
  const { signal, onProgress, clock = systemClock } = options;
  await using store = await openStore(project.config);
  const presence = new EnginePresence(project.config, store);
  for (let by: RequestedJob['by'] = 'nobody'; ;) {
    const engine = await tryEngine(project, presence, options);
    if (engine !== null) return workAlone(engine, id, options);
    const status = await statusOf(store, id);
    onProgress?.(status);
    if (status.startedAt !== null) by = 'engine';
    if (isFinished(status) || status.state === 'paused' || signal.aborted) return { status, by };
    await clock.sleep(presence.isShared ? SHARED_POLL_MS : POLL_MS, signal);
  }
}

/** Null where another engine works on the data. */
async function tryEngine(
  project: RunnableProject,
  presence: EnginePresence,
  { clock, jobTypes }: RequestJobOptions,
): Promise<Engine | null> {
  // A look alone: an engine takes much more to open, and most often there is one.
  if (await presence.isThere()) return null;
  try {
    return await openEngine(project, { clock, jobTypes });
  } catch (error) {
    if (error instanceof AppError && error.code === 'DATA_IN_USE') return null;
    throw error;
  }
}

/** The steps of this one job; and what it waits for. */
async function workAlone(engine: Engine, id: string, options: RequestJobOptions): Promise<RequestedJob> {
  const { signal, onProgress } = options;
  await using running = engine;
  const { pipeline, store } = running;
  const now = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const status = await statusOf(store, id);
    onProgress?.(status);
    if (isFinished(status) || signal.aborted) {
      // What the job queued for views is part of it.
      while (!signal.aborted && status.state === 'done' && (await pipeline.build(now)));
      return { status, by: 'here' };
    }
    const result = await pipeline.stepOf(id, now);
    if (result?.kind === 'waiting' && (result.for === 'paused' || !(await pipeline.step())))
      return { status: await statusOf(store, id), by: 'here' };
  }
}

/** All jobs that are known, oldest first. */
export function listJobs(reader: Pick<Store, 'facts'>): Promise<readonly JobStatus[]> {
  return readJobs(reader);
}

/** What is paused, whether an engine runs or not. */
export function listPaused(reader: Pick<Store, 'facts'>): Promise<readonly Paused[]> {
  return readPaused(reader);
}

async function statusOf(store: Pick<Store, 'fact'>, id: string): Promise<JobStatus> {
  const status = await readJob(store, id);
  if (status !== undefined) return status;
  throw new AppError('UNKNOWN_JOB', `There is no job "${id}": it ended long ago, or never was`);
}
