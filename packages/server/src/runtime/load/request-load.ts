import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../core/clock.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import { Filling } from '../../flow/filling.ts';
import { enqueueJob, payloadOf, readJobs, refreshId } from '../../flow/jobs/job-rows.ts';
import { isFinished } from '../../flow/jobs/job.ts';
import { STOPPED_FACTS, requestOf, toJson } from '../../flow/jobs/load/load-progress.ts';
import type { LoadRequest } from '../../flow/jobs/load/load-progress.ts';
import type { LoadFile } from '../../flow/jobs/load/load-source.ts';
import type { Store } from '../../store/store.ts';
import type { RunnableProject } from '../engine.ts';
import { openStore } from '../registry.ts';
import { loadFiles } from './load-files.ts';

/** Within the data folder. */
const SPOOL_FOLDER = 'load';

export interface LoadWish {
  readonly projection: string;
  /** None: goes on with what was not finished. */
  readonly files: readonly LoadFile[];
  readonly delimiter: string;
  readonly maxRefused: number;
  readonly isSpooled: boolean;
  /** Gives up what stopped before. */
  readonly restart: boolean;
}

export interface RequestedLoad {
  readonly job: string;
  /** It goes on with a load that was asked for before. */
  readonly isResumed: boolean;
}

/** Asks for a load, or finds the one that was not finished. Throws LOAD_UNFINISHED where that is of other files, WRONG_USAGE without any. */
export async function putLoad(project: RunnableProject, wish: LoadWish, clock: Clock): Promise<RequestedLoad> {
  await using store = await openStore(project.config);
  const { projection } = wish;
  const running = await runningLoad(store, projection);
  if (running !== null) {
    if (wish.files.length > 0 && !isOf(running.request, wish)) throw unfinished(projection, running.request, 'is going on');
    return { job: running.job, isResumed: true };
  }
  const stopped = wish.restart ? null : await stoppedLoad(store, projection);
  if (stopped !== null && wish.files.length > 0 && !isOf(stopped, wish)) throw unfinished(projection, stopped, 'stopped');
  if (stopped === null && wish.files.length === 0)
    throw new AppError('WRONG_USAGE', `No load of ${projection} was left unfinished, expected the files to load`);
  const now = clock.now();
  const { files, delimiter, maxRefused, isSpooled } = wish;
  const request: LoadRequest =
    stopped === null ? { files, delimiter, startedAt: now, maxRefused, isSpooled, from: null } : { ...stopped, maxRefused };
  const job = `load-${now.toString(36)}${randomBytes(3).toString('hex')}`;
  await store.transact((writer) => enqueueJob(writer, job, { type: 'load', scope: projection, request: toJson(request) }, now));
  return { job, isResumed: stopped !== null };
}

async function runningLoad(store: Store, projection: string): Promise<{ readonly job: string; readonly request: LoadRequest } | null> {
  const jobs = await readJobs(store);
  const job = jobs.find((status) => status.type === 'load' && status.scope === projection && !isFinished(status));
  if (job === undefined) return null;
  const rows = await store.take({ kinds: ['job'], scopes: [projection], now: Number.MAX_SAFE_INTEGER, limit: 100 });
  const row = rows.find(({ key }) => key === job.id);
  return row === undefined ? null : { job: job.id, request: requestOf(payloadOf(row.payload).request ?? {}) };
}

async function stoppedLoad(store: Store, projection: string): Promise<LoadRequest | null> {
  const text = await store.fact(`${STOPPED_FACTS}${projection}`);
  return text === null ? null : (JSON.parse(text) as LoadRequest);
}

function isOf({ files, delimiter }: LoadRequest, wish: LoadWish): boolean {
  const text = (all: readonly LoadFile[]): string =>
    JSON.stringify(all.map(({ path: place, bytes, modifiedMs, hash, format }) => [place, bytes, modifiedMs, hash, format]));
  return delimiter === wish.delimiter && text(files) === text(wish.files);
}

function unfinished(projection: string, { files }: LoadRequest, how: string): AppError {
  const names = files.map(({ name }) => name).join(', ');
  return new AppError('LOAD_UNFINISHED', `A load of ${projection} from ${names} ${how}, expected it to end before other files are loaded`);
}

/** Views that are built once a projection that was empty is loaded: each with the id of the job that builds it. */
export function viewsOfLoad({ plan }: RunnableProject, projection: string): readonly { readonly view: string; readonly job: string }[] {
  return new Filling(plan).viewsOf(projection).map((view) => ({ view, job: refreshId(view) }));
}

/** Inputs that are kept for loads, or were left by commands that were killed: paths. */
export async function spooledInputs(data: string): Promise<readonly string[]> {
  const folder = path.join(data, SPOOL_FOLDER);
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.spool')).map((name) => path.join(folder, name));
}

/** Keeps what comes from a stream as a file of the data folder, so that a load of it can go on after a crash. Gives its path. */
export async function spool(project: RunnableProject, input: AsyncIterable<Uint8Array>): Promise<string> {
  const folder = path.join(project.config.data, SPOOL_FOLDER);
  const file = path.join(folder, `${randomBytes(8).toString('hex')}.spool`);
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(input, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await removeSpool(file);
    throw new AppError('UNREADABLE_INPUT', `The standard input cannot be kept in ${folder}: ${messageOf(error)}`, { cause: error });
  }
  return file;
}

export function removeSpool(file: string): Promise<void> {
  return loadFiles(null).discard([{ path: file }]);
}
