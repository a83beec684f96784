import { AuditJob } from './audit-job.ts';
import { DropJob } from './drop-job.ts';
import { EraseJob } from './erase-job.ts';
import type { JobParts, MakeJobType } from './job-parts.ts';
import type { JobType } from './job.ts';
import { PauseJob } from './pause-job.ts';
import { RefreshJob } from './refresh-job.ts';
import { ReplayJob } from './replay-job.ts';

/** All kinds of jobs. */
const TYPES: readonly MakeJobType[] = [
  (parts) => new RefreshJob(parts),
  (parts) => new AuditJob(parts),
  (parts) => new PauseJob(parts),
  (parts) => new ReplayJob(parts),
  (parts) => new DropJob(parts),
  (parts) => new EraseJob(parts),
];

export function jobTypes(parts: JobParts, more: readonly MakeJobType[]): ReadonlyMap<string, JobType> {
  return new Map([...TYPES, ...more].map((make) => make(parts)).map((type) => [type.name, type]));
}
