import { savePaused } from '../pauses.ts';
import type { Paused } from '../pauses.ts';
import type { JobParts } from './job-parts.ts';
import type { Job, JobTools, JobType, StepResult } from './job.ts';

/** Pauses parts of the engine, or lets them go on: it outlives the process. */
export class PauseJob implements JobType {
  readonly name = 'pause';
  readonly #parts: Pick<JobParts, 'pauses' | 'store'>;

  constructor(parts: Pick<JobParts, 'pauses' | 'store'>) {
    this.#parts = parts;
  }

  async step(job: Job, { commit }: JobTools): Promise<StepResult> {
    const { pauses, store } = this.#parts;
    const parts = job.request['parts'] as unknown as readonly Paused[];
    const isPaused = job.request['paused'] === true;
    const result = await commit(async (writer) => {
      for (const part of parts) await savePaused(writer, part, isPaused);
      return { next: null, done: parts.length, total: parts.length };
    });
    await pauses.load(store);
    return result;
  }
}
