import type { Clock } from '../../core/clock.ts';
import type { Store, StoreWriter } from '../../store/store.ts';

/**
 * Durable jobs: long work that is asked for by a command, or by a definition that changed, and is done step by step between the units of
 * work of fresh changes.
 *
 * A job is a row of the queue (kind `job`, its id the key), whose payload holds how far it is, and beside it a fact `job:<id>` with its
 * public state. Every step is one bounded unit of work, whose effects and progress are committed together: after a crash it goes on with
 * the step that was not committed.
 */

/** Facts of this prefix, by id, hold a `JobStatus` as JSON. */
export const JOB_FACTS = 'job:';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };
export type JsonObject = { readonly [name: string]: Json | undefined };

/** What everybody may see of a job. */
export interface JobStatus {
  readonly id: string;
  readonly type: string;
  /** The view, projection, system or collection that it is about; empty where it is about all. */
  readonly scope: string;
  /** `paused`: it waits for a part that was paused. */
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'paused';
  /** What it is doing, in words of its type. */
  readonly phase: string;
  readonly done: number;
  /** Null where it is not known. */
  readonly total: number | null;
  /** ms since 1970. */
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Why it failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What came out of it, so far: the shape is its type's. */
  readonly result: JsonObject | null;
}

/** What a command asks for. */
export interface NewJob {
  readonly type: string;
  readonly scope: string;
  /** What its type needs to know. */
  readonly request: JsonObject;
}

/** A job as its type sees it. */
export interface Job {
  readonly id: string;
  readonly scope: string;
  readonly request: JsonObject;
  /** As the last step left it; null before the first. */
  readonly progress: JsonObject | null;
  readonly status: JobStatus;
}

/** How far a job is after a step. */
export interface Advance {
  /** With what it goes on; null: it is done. */
  readonly next: JsonObject | null;
  /** What it does next. */
  readonly phase?: string | undefined;
  readonly done: number;
  readonly total: number | null;
  readonly result?: JsonObject | undefined;
  /** Rows that this step dealt with, so that the next one takes about as long as it may. */
  readonly rows?: number | undefined;
  /** The next step is not due before so long. */
  readonly delayMs?: number | undefined;
}

/**
 * `worked`: something was committed. `waiting`: there is nothing to do before something else has happened: other queued work, records of
 * the log (`log`), or that a part goes on which was paused (`paused`).
 */
export type StepResult = { readonly kind: 'worked' } | { readonly kind: 'waiting'; readonly for: 'queue' | 'log' | 'paused' };

/** What a step is handed. */
export interface JobTools {
  readonly store: Store;
  readonly clock: Clock;
  /** Rows that this step should deal with: adapted, so that it takes some tens of ms, and less while fresh changes flow. */
  readonly rows: number;
  /** One unit of work: the effects of the step, and how far the job is with it. At most once a step. */
  readonly commit: (work: (writer: StoreWriter) => Promise<Advance>) => Promise<StepResult>;
}

/** A kind of job. What it needs of the pipeline it is given when it is made (`job-types.ts`). */
export interface JobType {
  readonly name: string;
  /** Its steps call functions of the user: they run on the line of such work, outside of transactions. */
  needsCode?(job: Pick<Job, 'scope' | 'request'>): boolean;
  /** A refusal (an `AppError` that waiting does not cure) ends the job as failed; other failures are tried again. */
  step(job: Job, tools: JobTools): Promise<StepResult>;
}

/** What the payload of a job's row holds. Rows that say `{}` with the key `refresh` are made by the engine itself. */
export interface JobPayload {
  readonly type?: string | undefined;
  readonly request?: JsonObject | undefined;
  readonly progress?: JsonObject | null | undefined;
}

export function isFinished({ state }: Pick<JobStatus, 'state'>): boolean {
  return state === 'done' || state === 'failed';
}
