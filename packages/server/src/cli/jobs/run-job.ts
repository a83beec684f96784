import { AppError, CATALOGUE } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { putJob, requestJob } from '../../runtime/jobs.ts';
import type { CommandContext } from '../context.ts';
import { Progress } from '../progress.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter } from '../terminal.ts';

type NewJob = Parameters<typeof putJob>[1];
type JobStatus = Awaited<ReturnType<typeof requestJob>>['status'];

export interface JobDisplay {
  /** What happens: `Rebuilding sv_customers`. By phase of the job, where they differ. */
  readonly label: string | ((phase: string) => string);
  /** What is counted: `documents`. */
  readonly unit: string;
  /** How many of them there were, where the job's progress counts something else. */
  readonly count?: (status: JobStatus) => number;
}

/**
 * Asks for a job and shows how far it is. Gives its end, or null where it goes on without this command: after Ctrl-C, or while a part is
 * paused; that is said. Throws why it failed.
 */
export async function runJob(context: CommandContext, project: OpenedProject, job: NewJob, display: JobDisplay): Promise<JobStatus | null> {
  const { putJob } = await import('../../runtime/jobs.ts');
  return followJob(context, project, await putJob(project, job, context.clock), display);
}

/** The same for a job that was asked for already. */
export async function followJob(
  context: CommandContext,
  project: OpenedProject,
  id: string,
  display: JobDisplay,
): Promise<JobStatus | null> {
  const { awaitJob } = await import('../../runtime/jobs.ts');
  const labelOf = (phase: string): string => (typeof display.label === 'string' ? display.label : display.label(phase));
  const progress = new Progress(context, { label: labelOf(''), unit: display.unit });
  const { status, by } = await awaitJob(project, id, {
    signal: context.signal,
    clock: context.clock,
    onProgress: (now) => {
      const { state, phase, done, total } = now;
      if (state === 'running') progress.update({ label: labelOf(phase), done, total, count: display.count?.(now) });
    },
  });
  progress.end();
  if (status.state === 'done') return status;
  if (status.state === 'failed') throw failureOf(status);
  leave(context, status, by === 'engine');
  return null;
}

function failureOf({ id, error }: JobStatus): AppError {
  const code = error !== null && Object.hasOwn(CATALOGUE, error.code) ? (error.code as ErrorCode) : 'INTERNAL';
  return new AppError(code, error?.message ?? `Job ${id} failed`);
}

function leave({ out, json }: CommandContext, status: JobStatus, isEngineOn: boolean): void {
  if (json) return jsonLine(out, { event: 'left', job: status.id, state: status.state });
  const paint = painter(out);
  if (status.state === 'paused') {
    return line(out, `${paint('warning', 'paused')} job ${status.id} waits until ${status.scope} goes on: millrace resume ${status.scope}`);
  }
  const how = isEngineOn ? 'goes on in the engine' : 'is kept, and goes on with the next start';
  line(out, `${paint('warning', 'left')} job ${status.id} ${how}: millrace jobs`);
}
