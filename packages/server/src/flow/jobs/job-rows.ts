import type { QueueItem, QueuedItem, Store, StoreWriter } from '../../store/store.ts';
import { JOB_FACTS, isFinished } from './job.ts';
import type { Job, JobPayload, JobStatus, NewJob } from './job.ts';

/** Jobs that ended are kept until so many later ones have. */
const FINISHED_KEPT = 50;
/** Type of what cannot be read. */
const UNREADABLE = '(unreadable)';
/** Key of the row by which the engine itself asks for the rebuild of a view: one per view. */
export const REFRESH_KEY = 'refresh';

/** Asks for a job, within a unit of work; it is due at once. */
export async function enqueueJob(writer: StoreWriter, id: string, job: NewJob, now: number): Promise<JobStatus> {
  const payload: JobPayload = { type: job.type, request: job.request };
  await writer.enqueue([{ ...rowOf(job.scope, id), dueAt: now, payload: JSON.stringify(payload) }]);
  const status = newStatus(id, job, now);
  await saveStatus(writer, status);
  return status;
}

/** The rebuild of a view, as the engine asks for it: what is going on already begins anew. */
export function refreshItem(view: string): QueueItem {
  return rowOf(view, REFRESH_KEY);
}

/** Whether a row asks for the rebuild of its view. */
export function isRefresh({ kind, payload }: QueueItem): boolean {
  return kind === 'job' && (payloadOf(payload).type ?? REFRESH_KEY) === REFRESH_KEY;
}

/** The same, with a status that can be waited for at once. */
export async function enqueueRefresh(writer: StoreWriter, view: string, now: number): Promise<void> {
  await writer.enqueue([refreshItem(view)]);
  await saveStatus(writer, newStatus(refreshId(view), { type: REFRESH_KEY, scope: view, request: {} }, now));
}

/** Id of the job by which the engine itself rebuilds a view. */
export function refreshId(view: string): string {
  return `${REFRESH_KEY}:${view}`;
}

function rowOf(scope: string, key: string): QueueItem {
  return { kind: 'job', scope, key, lane: 'bulk', dueAt: 0, attempts: 0, payload: '{}' };
}

function newStatus(id: string, { type, scope }: NewJob, now: number): JobStatus {
  const times = { requestedAt: now, startedAt: null, finishedAt: null };
  return { id, type, scope, state: 'queued', phase: '', done: 0, total: null, ...times, error: null, result: null };
}

/**
 * How a job ended is remembered apart: a process that comes late, and takes it to be going on, does not hide that. (Where units of work
 * are transactions, none is late.)
 */
export async function saveStatus(writer: StoreWriter, status: JobStatus): Promise<void> {
  const text = JSON.stringify(status);
  if (isFinished(status)) await writer.saveFact(endOf(status.id), text);
  await writer.saveFact(`${JOB_FACTS}${status.id}`, text);
}

/** Undefined where nothing is known of it. */
export async function readJob(store: Pick<Store, 'fact'>, id: string): Promise<JobStatus | undefined> {
  const texts = [await store.fact(`${JOB_FACTS}${id}`), await store.fact(endOf(id))];
  return latestOf(texts.flatMap((text) => (text === null ? [] : (statusOfText(text) ?? []))));
}

function endOf(id: string): string {
  return `${JOB_FACTS}${id} end`;
}

/** Of one job, which may have been asked for again: of the last time, and the end where it has come. */
function latestOf(statuses: readonly JobStatus[]): JobStatus | undefined {
  const latest = Math.max(...statuses.map(({ requestedAt }) => requestedAt));
  const [first, ...others] = statuses.filter(({ requestedAt }) => requestedAt === latest);
  return [first, ...others].find((status) => status !== undefined && isFinished(status)) ?? first;
}

/** The job of a row, as it stands in the queue. */
export async function jobOf(store: Pick<Store, 'fact'>, row: QueuedItem, now: number): Promise<Job & { readonly type: string }> {
  const { type = REFRESH_KEY, request = {}, progress = null } = payloadOf(row.payload);
  const id = row.key === REFRESH_KEY ? refreshId(row.scope) : row.key;
  const known = await readJob(store, id);
  const begins = known === undefined || (row.key === REFRESH_KEY && progress === null);
  return {
    id,
    type,
    scope: row.scope,
    request,
    progress,
    status: begins ? newStatus(id, { type, scope: row.scope, request }, now) : known,
  };
}

/** All jobs that are known, oldest first. */
export async function readJobs(store: Pick<Store, 'facts'>): Promise<readonly JobStatus[]> {
  const texts = await store.facts(JOB_FACTS);
  const statuses = Array.from(texts.values(), statusOfText).filter((status) => status !== undefined);
  return Array.from(Map.groupBy(statuses, ({ id }) => id).values(), latestOf)
    .filter((status) => status !== undefined)
    .sort((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1));
}

/** Total: a row that another program made, or an earlier version of this one, is of a type that nobody knows, and so fails alone. */
export function payloadOf(text: string): JobPayload {
  const json = objectOf(text);
  if (json === undefined) return { type: UNREADABLE };
  const { type, request, progress } = json;
  const isKnown =
    (type === undefined || typeof type === 'string') && isMaybeObject(request) && (progress === null || isMaybeObject(progress));
  return isKnown ? (json as JobPayload) : { type: UNREADABLE };
}

/** Undefined where the text is none of ours. */
export function statusOfText(text: string): JobStatus | undefined {
  const json = objectOf(text);
  return typeof json?.['id'] === 'string' && typeof json['type'] === 'string' && typeof json['requestedAt'] === 'number'
    ? (json as unknown as JobStatus)
    : undefined;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = JSON.parse(text) as unknown;
    return isMaybeObject(json) ? (json as Record<string, unknown> | undefined) : undefined;
  } catch {
    return undefined;
  }
}

function isMaybeObject(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** Before another job ends: forgets the oldest of those that did, beyond the number that is kept. */
export async function forgetOldJobs(store: Pick<Store, 'facts'>, writer: StoreWriter): Promise<void> {
  const finished = (await readJobs(store)).filter(isFinished).sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
  for (const { id } of finished.slice(0, Math.max(0, finished.length + 1 - FINISHED_KEPT))) {
    await writer.saveFact(`${JOB_FACTS}${id}`, null);
    await writer.saveFact(endOf(id), null);
  }
}
