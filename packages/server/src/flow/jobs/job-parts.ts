import type { Clock } from '../../core/clock.ts';
import type { Definitions } from '../../core/definitions.ts';
import type { Log, Offsets } from '../../log/log.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Store } from '../../store/store.ts';
import type { Ingestor } from '../1-ingest/ingestor.ts';
import type { Projector } from '../2-project/projector.ts';
import type { CustomWriter } from '../4-aggregate/custom-writer.ts';
import type { IngestUnit } from '../ingest-unit.ts';
import type { Pauses } from '../pauses.ts';
import type { PipelineSettings } from '../pipeline-settings.ts';
import type { Propagator } from '../propagator.ts';
import type { JobType } from './job.ts';

/** What jobs may use of the pipeline that carries them out. */
export interface JobParts {
  readonly definitions: Definitions;
  readonly plan: Plan;
  readonly store: Store;
  readonly log: Log;
  readonly ingestor: Ingestor;
  readonly projector: Projector;
  readonly ingestUnit: IngestUnit;
  readonly propagation: Propagator;
  readonly customWriter: CustomWriter;
  readonly pauses: Pauses;
  /** How far what is ingested was read. */
  readonly positions: () => Promise<Offsets>;
  readonly clock: Clock;
  readonly settings: PipelineSettings;
  /** Projections whose records need functions of the user (adapters, casts). */
  readonly codedProjections: ReadonlySet<string>;
}

/** Makes a kind of job of what it needs: for those that the pipeline is given from outside (they read files). */
export type MakeJobType = (parts: JobParts) => JobType;
