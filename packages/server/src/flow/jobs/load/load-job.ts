import { must } from '../../../core/assert.ts';
import { AppError, messageOf } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { fieldOf } from '../../../core/path.ts';
import type { ProjectionDefinition } from '../../../core/projection.ts';
import { STATES } from '../../../core/record.ts';
import type { StoreWriter } from '../../../store/store.ts';
import type { FieldReport } from '../../2-project/field-reports.ts';
import { readFilling, saveFilling } from '../../filling.ts';
import { isOfTheItem } from '../../isolation.ts';
import { enqueueRefresh } from '../job-rows.ts';
import type { JobParts } from '../job-parts.ts';
import type { Advance, Job, JobTools, JobType, JsonObject, StepResult } from '../job.ts';
import { FIRST_PROGRESS, STOPPED_FACTS, requestOf, rowsOf, toJson, totalBytes } from './load-progress.ts';
import type { LoadCounts, LoadProgress, LoadRequest } from './load-progress.ts';
import { sliceOf } from './load-rows.ts';
import type { LoadSlice } from './load-rows.ts';
import { loadTopic } from './load-source.ts';
import type { LoadChunk, LoadPlan, LoadPosition, LoadFiles, LoadSource } from './load-source.ts';
import { LoadWriter } from './load-writer.ts';

/** A load at work in this process. */
interface OpenLoad {
  readonly source: LoadSource;
  readonly writer: LoadWriter;
  /** The position of the progress that belongs to it. */
  at: LoadPosition;
  /** Rows that were read and are not all done; null: there are no more; undefined: the next ones were not asked for yet. */
  chunk: LoadChunk | 'later' | null | undefined;
}

/**
 * Loads rows of files into a projection. Rows are ordered as changes with the counter `load`: what changed since the load began is not
 * replaced. Into an empty projection they are put as they are, its indexes are built after, and the views that read it are built once,
 * at the end; otherwise each is compared with what is stored, and what follows is queued in the bulk lane.
 */
export class LoadJob implements JobType {
  readonly name = 'load';
  readonly #parts: JobParts;
  readonly #files: LoadFiles;
  readonly #open = new Map<string, OpenLoad>();

  constructor(parts: JobParts, files: LoadFiles) {
    this.#parts = parts;
    this.#files = files;
  }

  needsCode({ scope }: Pick<Job, 'scope'>): boolean {
    return this.#projectionOf(scope)?.fields.some(({ cast }) => cast.kind === 'custom') === true;
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const progress = job.progress as unknown as LoadProgress | null;
    try {
      if (progress === null) return await this.#begin(job, tools);
      if (progress.phase === 'rows') return await this.#rows(job, progress, tools);
      if (progress.phase === 'indexes') return await this.#indexes(job, progress, tools);
    } catch (error) {
      if (!isOfTheItem(error) || progress?.phase !== 'rows') throw error;
      // What is in is made whole before the job fails: views are built of it, and it has its indexes.
      await this.#close(job.id);
      const stopped = { code: error instanceof AppError ? error.code : 'INTERNAL', message: messageOf(error) };
      return tools.commit(async () => advance(job, { ...progress, phase: 'indexes', stopped }));
    }
    const { code, message } = must(progress.stopped, 'A load that stopped has a reason');
    throw new AppError(code as ErrorCode, message);
  }

  async #begin(job: Job, tools: JobTools): Promise<StepResult> {
    const { pauses } = this.#parts;
    const { scope } = job;
    const { from } = requestOf(job.request);
    // What fills a projection is gone: only its end is left.
    if (from !== null && from.stopped === null) return tools.commit(async () => advance(job, from));
    if (this.#projectionOf(scope) === undefined) throw new AppError('UNKNOWN_COLLECTION', `There is no projection "${scope}" to load into`);
    // Those that find it empty are told before anyone else can.
    const isEmpty = (await tools.store.find(scope, { filter: { kind: 'true' }, states: STATES, limit: 1 })).length === 0;
    if (isEmpty) pauses.filling.begin(scope);
    try {
      return await tools.commit(async (writer) => {
        const isStillEmpty = isEmpty && (await writer.find(scope, { filter: { kind: 'true' }, states: STATES, limit: 1 })).length === 0;
        // Where no transaction binds this: who began to fill and died had said so, whatever has come in since.
        const isFilling = isStillEmpty || (await readFilling(tools.store)).get(scope) === job.id;
        if (isFilling) await this.#prepareFilling(writer, job);
        await writer.saveFact(`${STOPPED_FACTS}${scope}`, null);
        return advance(job, { ...FIRST_PROGRESS, ...from, phase: 'rows', stopped: null, isFilling });
      });
    } finally {
      if (isEmpty) await pauses.filling.load(tools.store);
    }
  }

  async #prepareFilling(writer: StoreWriter, { id, scope }: Job): Promise<void> {
    const { pauses } = this.#parts;
    await writer.deferIndexes(scope);
    await saveFilling(writer, scope, id);
    for (const view of pauses.filling.viewsOf(scope)) await enqueueRefresh(writer, view, this.#parts.clock.now());
  }

  async #rows(job: Job, progress: LoadProgress, tools: JobTools): Promise<StepResult> {
    const load = await this.#opened(job, progress);
    load.chunk ??= await load.source.next();
    const { chunk } = load;
    if (chunk === 'later') {
      load.chunk = undefined;
      return { kind: 'worked' };
    }
    if (chunk === null) return tools.commit(async () => advance(job, { ...progress, phase: 'indexes' }));
    const through = chunk.begin.file === progress.position.file ? progress.through : 0;
    const slice = sliceOf(chunk, through, tools.rows);
    const result = await tools.commit(async (writer) => {
      const counts = await load.writer.write(writer, slice, progress.isFilling ? 'filling' : 'beside');
      const next = stoppedBeyond(job, afterSlice(progress, slice, counts));
      return { ...advance(job, next), rows: slice.to - slice.from };
    });
    load.at = slice.isLast ? chunk.end : chunk.begin;
    if (slice.isLast) {
      load.chunk = undefined;
      this.#parts.projector.report(chunk.fields);
    }
    return result;
  }

  /** The load at work; opened where it should go on, if it is not there: after a crash, or a unit of work that was taken back. */
  async #opened(job: Job, { position }: LoadProgress): Promise<OpenLoad> {
    const known = this.#open.get(job.id);
    if (known !== undefined && isSame(known.at, position)) return known;
    await this.#close(job.id);
    const { definitions, projector, propagation, clock, plan: derived } = this.#parts;
    const { files, startedAt, delimiter } = requestOf(job.request);
    const projection = this.#projectionOf(job.scope);
    if (projection === undefined) throw new AppError('UNKNOWN_COLLECTION', `There is no projection "${job.scope}" to load into any more`);
    const { compatibility } = definitions;
    const fields = derived.collections
      .get(job.scope)
      ?.indexes.flatMap((index) => index.fields.map((field) => field.split('.')[0] as string));
    const indexed = [...new Set(fields)];
    const plan: LoadPlan = { files, projection, compatibility, delimiter, startedAt, indexed };
    const target = { projection, compatibility, topic: loadTopic(plan), startedAt, files };
    const opened: OpenLoad = {
      source: await this.#files.open(plan, position),
      writer: new LoadWriter({ projector, propagation, clock }, target),
      at: position,
      chunk: undefined,
    };
    this.#open.set(job.id, opened);
    return opened;
  }

  async #close(id: string): Promise<void> {
    await this.#open.get(id)?.source[Symbol.asyncDispose]();
    this.#open.delete(id);
  }

  /** One index a step; then whoever waited goes on. */
  async #indexes(job: Job, progress: LoadProgress, tools: JobTools): Promise<StepResult> {
    await this.#close(job.id);
    const { scope } = job;
    const { propagation, pauses } = this.#parts;
    let isBuilt = true;
    const result = await tools.commit(async (writer) => {
      const isThere = progress.isFilling && (await tools.store.collections()).includes(scope);
      isBuilt = !isThere || !(await writer.buildIndex(scope));
      if (!isBuilt) return advance(job, progress);
      if (isThere) await propagation.replaced(writer, [scope]);
      if (progress.isFilling) await saveFilling(writer, scope, null);
      if (progress.stopped === null) return { ...advance(job, progress), next: null };
      const stopped: LoadRequest = { ...requestOf(job.request), from: progress };
      await writer.saveFact(`${STOPPED_FACTS}${scope}`, JSON.stringify(stopped));
      return advance(job, { ...progress, phase: 'stopped' });
    });
    if (!isBuilt) return result;
    // What was remembered of the empty projection is no longer so.
    propagation.forget();
    pauses.filling.end(scope);
    const { isSpooled, files } = requestOf(job.request);
    if (isSpooled && progress.stopped === null) await this.#files.discard(files);
    return result;
  }

  #projectionOf(scope: string): ProjectionDefinition | undefined {
    for (const { projections } of this.#parts.definitions.systems) {
      const found = projections.find(({ name }) => name === scope);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function afterSlice(progress: LoadProgress, { chunk, through, isLast }: LoadSlice, counts: LoadCounts): LoadProgress {
  const sum = Object.fromEntries(Object.entries(progress.counts).map(([name, count]) => [name, count + counts[name as keyof LoadCounts]]));
  const common = { ...progress, through, counts: sum as unknown as LoadCounts };
  if (!isLast) return { ...common, position: chunk.begin };
  return { ...common, position: chunk.end, bytes: chunk.bytesRead, unknown: withUnknown(progress.unknown, chunk.fields) };
}

/** Names that are kept: the rest counts without a name, in the reports of the engine. */
const MOST_UNKNOWN = 50;

function withUnknown(unknown: LoadProgress['unknown'], fields: readonly FieldReport[]): LoadProgress['unknown'] {
  const counts: Record<string, number> = { ...unknown };
  for (const { type, field, count } of fields) {
    if (type !== 'UNKNOWN_FIELD') continue;
    if (Object.hasOwn(counts, field) || Object.keys(counts).length < MOST_UNKNOWN) counts[field] = (fieldOf(counts, field) ?? 0) + count;
  }
  return counts;
}

function stoppedBeyond(job: Job, progress: LoadProgress): LoadProgress {
  const { maxRefused, files } = requestOf(job.request);
  const { refused } = progress.counts;
  if (refused <= maxRefused) return progress;
  const where = `line ${progress.through} of ${files[progress.position.file]?.name ?? ''}`;
  const message = `The load of ${job.scope} refused ${refused} rows up to ${where}, expected ${maxRefused} at most`;
  return { ...progress, phase: 'indexes', stopped: { code: 'TOO_MANY_REFUSED', message } };
}

function advance(job: Job, progress: LoadProgress): Advance {
  const { counts, unknown, bytes, isFilling, phase } = progress;
  const total = totalBytes(requestOf(job.request));
  const result: JsonObject = { rows: rowsOf(counts), ...counts, unknown, isFilling };
  return { next: toJson(progress), phase, done: Math.min(bytes, total), total, result };
}

function isSame(a: LoadPosition, b: LoadPosition): boolean {
  return a.file === b.file && a.offset === b.offset;
}
