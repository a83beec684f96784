import type { Clock } from '../../core/clock.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { QueuedItem, Store, StoreWriter } from '../../store/store.ts';
import { BULK_STEP_MS, Pace } from '../pace.ts';
import type { Propagator } from '../propagator.ts';
import type { Traffic } from '../traffic.ts';
import { REFRESH_KEY, forgetOldJobs, jobOf, saveStatus } from './job-rows.ts';
import type { Advance, Job, JobPayload, JobStatus, JobTools, JobType, StepResult } from './job.ts';

/** Jobs among which one is looked for that does not wait. */
const MOST_JOBS = 100;
/** Rows of one step, whatever they take. */
const ROWS = { least: 5, most: 2_000 } as const;

/** On which line a job works: where user code is called nobody else may wait for it. */
export type JobLine = 'plain' | 'code';

interface Parts {
  readonly store: Store;
  readonly propagation: Pick<Propagator, 'unit'>;
  readonly types: ReadonlyMap<string, JobType>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly traffic: Traffic;
}

type KnownJob = Job & { readonly type: string };

/** Carries on with the jobs in the queue, a step at a time, each in its turn. */
export class JobRunner {
  readonly #parts: Parts;
  readonly #paces = new Map<string, Pace>();
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One step of a job that does not wait; false when there is none. */
  async step(now: number, line: JobLine): Promise<boolean> {
    const rows = await this.#parts.store.take({ kinds: ['job'], now, limit: MOST_JOBS });
    if (rows.length === 0) return false;
    const first = this.#turn++ % rows.length;
    for (const row of [...rows.slice(first), ...rows.slice(0, first)]) {
      const job = await this.#jobOf(row);
      if (this.#lineOf(job) !== line) continue;
      if ((await this.#step(row, job)).kind === 'worked') return true;
    }
    return false;
  }

  /** One step of this job alone, on whichever line; undefined when it is no longer there, or not due. */
  async stepOf(id: string, now: number): Promise<StepResult | undefined> {
    const rows = await this.#parts.store.take({ kinds: ['job'], now, limit: MOST_JOBS });
    for (const row of rows) {
      const job = await this.#jobOf(row);
      if (job.id === id) return this.#step(row, job);
    }
    return undefined;
  }

  #jobOf(row: QueuedItem): Promise<KnownJob> {
    return jobOf(this.#parts.store, row, this.#parts.clock.now());
  }

  #lineOf(job: KnownJob): JobLine {
    return this.#parts.types.get(job.type)?.needsCode?.(job) === true ? 'code' : 'plain';
  }

  async #step(row: QueuedItem, job: KnownJob): Promise<StepResult> {
    const type = this.#parts.types.get(job.type);
    try {
      if (type === undefined) throw new AppError('UNKNOWN_JOB', `Job ${job.id} is of type "${job.type}", which this program does not know`);
      const result = await type.step(job, this.#toolsOf(row, job));
      if (result.kind === 'waiting') await this.#tellWhetherPaused(job, result.for === 'paused');
      return result;
    } catch (error) {
      // What waiting may cure is tried again. Anything else would hold up all that is queued: it ends the job.
      if (error instanceof AppError && error.retryable) throw error;
      await this.#fail(row, job, error);
      return { kind: 'worked' };
    }
  }

  #toolsOf(row: QueuedItem, job: KnownJob): JobTools {
    const { store, clock, traffic, propagation } = this.#parts;
    const pace = this.#paceOf(job);
    const start = performance.now();
    return {
      store,
      clock,
      rows: pace.rows(traffic.isFlowing ? BULK_STEP_MS.flowing : BULK_STEP_MS.quiet, ROWS),
      commit: async (work) => {
        const advance = await propagation.unit(async (writer) => {
          const advanced = await work(writer);
          await this.#save(writer, row, job, advanced);
          return advanced;
        });
        pace.took(advance.rows ?? 0, performance.now() - start);
        if (advance.next === null) this.#paces.clear();
        return { kind: 'worked' };
      },
    };
  }

  #paceOf({ type, scope, status }: KnownJob): Pace {
    const name = `${type}/${scope}/${status.phase}`;
    let pace = this.#paces.get(name);
    if (pace === undefined) this.#paces.set(name, (pace = new Pace()));
    return pace;
  }

  async #save(writer: StoreWriter, row: QueuedItem, job: KnownJob, advance: Advance): Promise<void> {
    const { clock, store } = this.#parts;
    const now = clock.now();
    const { next, phase = job.status.phase, done, total, result, delayMs } = advance;
    const status: JobStatus = {
      ...job.status,
      state: next === null ? 'done' : 'running',
      phase,
      done,
      total,
      startedAt: job.status.startedAt ?? now,
      finishedAt: next === null ? now : null,
      result: result ?? job.status.result,
    };
    if (next === null) {
      // Who sees no row any more sees how it ended.
      await saveStatus(writer, status);
      await writer.complete([row]);
    } else {
      const payload: JobPayload = { type: job.type, request: job.request, progress: next };
      await writer.putBack([{ ...row, dueAt: delayMs === undefined ? row.dueAt : now + delayMs, payload: JSON.stringify(payload) }]);
      await saveStatus(writer, status);
    }
    if (next === null) await forgetOldJobs(store, writer);
  }

  async #tellWhetherPaused({ status }: KnownJob, isPaused: boolean): Promise<void> {
    if (isPaused === (status.state === 'paused')) return;
    const state = isPaused ? 'paused' : status.startedAt === null ? 'queued' : 'running';
    await this.#parts.store.transact((writer) => saveStatus(writer, { ...status, state }));
  }

  async #fail(row: QueuedItem, job: KnownJob, error: unknown): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const code = error instanceof AppError ? error.code : 'INTERNAL';
    // Who asked for it is told; what the engine itself asked for is told here.
    if (row.key === REFRESH_KEY) logger.error('A job failed', { job: job.id, type: job.type, scope: job.scope, code, error });
    const now = clock.now();
    await store.transact(async (writer) => {
      const failure = { code, message: messageOf(error) };
      await saveStatus(writer, {
        ...job.status,
        state: 'failed',
        startedAt: job.status.startedAt ?? now,
        finishedAt: now,
        error: failure,
      });
      await writer.complete([row]);
      await forgetOldJobs(store, writer);
    });
  }
}
