import type { Clock } from '../core/clock.ts';
import type { UserCode } from '../code/code.ts';
import type { Definitions } from '../core/definitions.ts';
import type { Logger } from '../core/logger.ts';
import type { SystemDefinition } from '../core/projection.ts';
import type { Format } from '../format/format.ts';
import type { Log } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import type { MakeJobType } from './jobs/job-parts.ts';
import type { PipelineSettings } from './pipeline-settings.ts';

export interface PipelineOptions {
  readonly definitions: Definitions;
  readonly plan: Plan;
  readonly log: Log;
  readonly store: Store;
  readonly formatOf: (system: SystemDefinition) => Format;
  /** For strategies and views. Null where nothing of the user's is called. */
  readonly code: UserCode | null;
  /** For casts and adapters; `code` when absent. */
  readonly ingestCode?: UserCode | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings?: Partial<PipelineSettings>;
  /** Topics of which records may have been removed before they were read. */
  readonly acceptLost?: readonly string[] | undefined;
  /** Kinds of jobs beside those that the pipeline knows itself. */
  readonly jobTypes?: readonly MakeJobType[] | undefined;
}
