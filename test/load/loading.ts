import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Document } from '../../packages/server/src/core/value.ts';
import { enqueueJob } from '../../packages/server/src/flow/jobs/job-rows.ts';
import { JOB_FACTS } from '../../packages/server/src/flow/jobs/job.ts';
import type { JobStatus } from '../../packages/server/src/flow/jobs/job.ts';
import { toJson } from '../../packages/server/src/flow/jobs/load/load-progress.ts';
import type { LoadRequest } from '../../packages/server/src/flow/jobs/load/load-progress.ts';
import { inspectFile } from '../../packages/server/src/runtime/load/inspect-file.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import type { Project } from '../specification/project.ts';

export interface LoadOptions extends Partial<Pick<LoadRequest, 'maxRefused' | 'startedAt' | 'from'>> {
  readonly file?: string;
}

let loads = 0;

/** Asks for a load of rows, or of the text of a file, as the command does. Gives the job's id. */
export async function askLoad(
  project: Project,
  projection: string,
  rows: readonly object[] | string,
  options: LoadOptions = {},
): Promise<string> {
  const name = options.file ?? `${projection}-${++loads}.ndjson`;
  await writeFile(
    path.join(project.folder, name),
    typeof rows === 'string' ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
  const file = await inspectFile(name, { folder: project.folder });
  const { maxRefused = 1_000, startedAt = project.clock.now(), from = null } = options;
  return putLoad(project.engine.store, projection, { files: [file], delimiter: ',', startedAt, maxRefused, isSpooled: false, from });
}

export async function putLoad(store: Store, projection: string, request: LoadRequest): Promise<string> {
  const id = `load-${projection}-${++loads}`;
  await store.transact((writer) =>
    enqueueJob(writer, id, { type: 'load', scope: projection, request: toJson(request) }, request.startedAt),
  );
  return id;
}

/** Loads, and works until nothing is left to do. */
export async function load(
  project: Project,
  projection: string,
  rows: readonly object[] | string,
  options: LoadOptions = {},
): Promise<JobStatus> {
  const id = await askLoad(project, projection, rows, options);
  await project.idle();
  return statusOf(project.engine.store, id);
}

export async function statusOf(store: Store, id: string): Promise<JobStatus> {
  const text = await store.fact(`${JOB_FACTS}${id}`);
  if (text === null) throw new Error(`There is no job ${id}`);
  return JSON.parse(text) as JobStatus;
}

/** Rows that were counted, but for those that were none. */
export function countsOf({ result }: JobStatus): Document {
  const { rows, loaded, unchanged, duplicates, overtaken, refused } = result as unknown as Record<string, number>;
  return Object.fromEntries(
    Object.entries({ rows, loaded, unchanged, duplicates, overtaken, refused }).filter(([, count]) => count !== 0),
  ) as Document;
}

/** Steps until a condition holds. */
export async function stepUntil(project: Project, isMet: () => Promise<boolean>): Promise<void> {
  while (!(await isMet())) await project.engine.pipeline.step();
}
