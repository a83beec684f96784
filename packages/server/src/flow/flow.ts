import type { AppError } from '../core/errors.ts';
import type { Offsets } from '../log/log.ts';
import type { FieldReport } from './2-project/field-reports.ts';
import type { StepResult } from './jobs/job.ts';
import type { AuditCounts } from './jobs/trickle.ts';
import type { Paused } from './pauses.ts';
import type { PipelineStats } from './stats.ts';

/**
 * The way of changes through the stages, as who runs them sees it: in units of work that span all stages (`pipeline.ts`), or handed over
 * from stage to stage through the log (`hand-over/hand-over-pipeline.ts`). Which of them follows from what the store can do.
 */
export interface Flow {
  /** Makes collections and topics, and begins to read where the last commit ended. */
  open(): Promise<void>;

  /** One unit of work of each kind that has any, without waiting. False when there was nothing to do. */
  step(): Promise<boolean>;
  /** One step of this job, and nothing else; undefined when it is not there, or not due. */
  stepOf(job: string, now: number): Promise<StepResult | undefined>;
  /** Works on what is queued for views, and on nothing else; false when nothing is. */
  build(now: number): Promise<boolean>;

  /** Works until the signal aborts; a failure of a store or log is waited out. */
  run(signal: AbortSignal): Promise<void>;
  /** Works until nothing is left, here or elsewhere, however long a retry would have to wait. */
  runUntilIdle(signal?: AbortSignal): Promise<void>;
  /** Forgets deleted keys, and removes soft-deleted records, whose time is over. */
  expire(now: number, limit: number): Promise<void>;

  /** It has begun to work. */
  readonly isRunning: boolean;
  /** Why work does not go on at present, such as a full disk; undefined when it does. */
  readonly trouble: string | undefined;

  /** Next offset of every partition of what is ingested: what lies before is done. */
  positions(): Promise<Offsets>;
  /** Next offset of every partition of whatever is read, by its slowest reader: what lies before is needed no more. */
  needed(): Promise<Offsets>;
  stats(): PipelineStats;
  /** Fields of the source that could not be projected, since it was opened: most frequent first. */
  fieldReports(): readonly FieldReport[];
  /** Records not yet processed, by topic: of what this process reads. */
  lag(): Promise<ReadonlyMap<string, number>>;
  /** What is read side by side. `lag` of each is that of the last look: `lag()` looks. */
  lines(): readonly LineReport[];
  /** What the audit in the background has seen since the start. */
  auditCounts(): readonly AuditCounts[];
  /** Systems that are not read, and views that are not built, until somebody says so. */
  paused(): readonly Paused[];

  close(): Promise<void>;
}

/** What is read together, a batch after the other, by one group. Times are in ms since 1970. */
export interface LineReport {
  /** Its group. */
  readonly name: string;
  readonly role: Role;
  /** Records that were not polled when last looked at; all topics together. */
  readonly lag: number;
  /** Since when it works on the batch in hand; null: it waits for records. */
  readonly busySince: number | null;
  /** The last commit; null: none yet. */
  readonly lastProgressAt: number | null;
  /** Since when the same work fails again and again; null: it does not. */
  readonly failingSince: number | null;
  /** Of the last failure, while it fails. */
  readonly error: string | null;
  /** That error, where no waiting cures it: a part of what it reads stays unread until somebody does something. */
  readonly refusal: AppError | null;
}

/** What a process does of the way of a change; `all` where one does everything in one unit of work. */
export type Role = HandOverRole | 'all';

/** `updater` ingestion → projections · `trigger` changes → which views · `creator` builds views. */
export type HandOverRole = 'updater' | 'trigger' | 'creator';
