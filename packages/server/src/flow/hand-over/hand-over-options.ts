import type { HandOverRole } from '../flow.ts';
import type { PipelineOptions } from '../pipeline-options.ts';
import type { DefinitionsInForce } from './fence.ts';

export interface HandOverOptions extends PipelineOptions {
  /** What this process does of the way; others do the rest. */
  readonly roles: ReadonlySet<HandOverRole>;
  /** Of the project: topics and groups are named after it. The settings' group when absent. */
  readonly id?: string | undefined;
  /** Absent: nobody brings other definitions while this one works. */
  readonly inForce?: DefinitionsInForce | undefined;
}
