import { must } from '../../core/assert.ts';
import { compileRecordFilter } from '../../core/query/record-query.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { fromExtendedJson } from '../../core/extended-json.ts';
import type { Value } from '../../core/value.ts';
import { STATES } from '../../core/record.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { StoreWriter } from '../../store/store.ts';
import { plannedWrites, writeViews } from '../4-aggregate/view-writer.ts';
import type { InFlight } from '../propagator.ts';
import type { JobParts } from './job-parts.ts';
import type { Advance, Job, JobTools, JobType, JsonObject, StepResult } from './job.ts';
import { countOf, hasBase, notedPage, readPage } from './view-pages.ts';
import type { ViewPage, ViewPlace } from './view-pages.ts';

/** Documents built by user code in one step: few, so that a slow function does not hold back what follows it. */
export const CODED_A_STEP = 100;

interface Progress extends ViewPlace {
  readonly done: number;
  readonly total: number;
  readonly built: number;
  readonly changed: number;
  readonly removed: number;
  /** Nothing was stored at the beginning: what is stored since was built since. */
  readonly wasEmpty?: boolean | undefined;
  /** Ids of documents that are removed by the next step, where that is announced through the log. */
  readonly strays?: readonly string[] | undefined;
  /** What was handed over is waited for, once all was looked at: null. */
  readonly inFlight?: InFlight | undefined;
}

/**
 * Rebuilds the documents of a view, from what is stored and not from what is cached, and removes those that nothing leads to. With a
 * query only the documents of the base records that match.
 */
export class RefreshJob implements JobType {
  readonly name = 'refresh';
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  needsCode({ scope }: Pick<Job, 'scope'>): boolean {
    return viewOf(this.#parts.plan, scope)?.needsCode === true;
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const { plan, pauses } = this.#parts;
    const view = viewOf(plan, job.scope);
    // It was removed from the project since.
    if (view === undefined) return tools.commit(async () => ({ next: null, done: 0, total: 0 }));
    // Until what it reads is there.
    if (pauses.filling.hasView(view.name)) return { kind: 'waiting', for: 'queue' };
    if (pauses.hasView(view.name)) return { kind: 'waiting', for: 'paused' };
    const matches = matcherOf(plan, view, job.request);
    if (job.progress === null) return tools.commit(() => this.#begin(view, matches !== undefined, tools));
    const progress = job.progress as unknown as Progress;
    const limit = view.needsCode ? Math.min(CODED_A_STEP, tools.rows) : tools.rows;
    if (this.#parts.propagation.handsOver) return this.#handOver(view, progress, tools, { limit, matches });
    return view.needsCode
      ? this.#codedStep(view, progress, tools, { limit, matches })
      : tools.commit((writer) => this.#plainStep(view, progress, writer, { limit, matches }));
  }

  async #begin(view: ViewPlan, baseOnly: boolean, { store }: JobTools): Promise<Advance> {
    // What is remembered may be what made documents wrong.
    this.#parts.propagation.forget();
    const wasEmpty = hasBase(view) && (await store.find(view.name, { filter: { kind: 'true' }, states: STATES, limit: 1 })).length === 0;
    const total = await countOf(store, view, { baseOnly: baseOnly || wasEmpty });
    const next: Progress = { phase: 'base', done: 0, total, built: 0, changed: 0, removed: 0, wasEmpty };
    return advanceTo(next, next, { triggers: [], strays: [], looked: 0, next });
  }

  /** Reads, builds and writes in one unit of work: what it reads nobody changes meanwhile. */
  async #plainStep(view: ViewPlan, progress: Progress, writer: StoreWriter, options: PageOf): Promise<Advance> {
    const { propagation } = this.#parts;
    const page = await readPage(writer, view, progress, options);
    const built = await propagation.rebuild(view, page.triggers, writer);
    await propagation.run(writer, built);
    return advanced(progress, page, [...built, ...(await propagation.remove(view, page.strays, writer))]);
  }

  /**
   * Functions of the user build outside of the unit of work. A change that comes in between has queued its own trigger, which is worked
   * on by the same line, and so after this.
   */
  async #codedStep(view: ViewPlan, progress: Progress, tools: JobTools, options: PageOf): Promise<StepResult> {
    const { propagation, customWriter, store, clock } = this.#parts;
    const page = await readPage(store, view, progress, options);
    const built = await propagation.recompute(view, page.triggers, store);
    const custom = await customWriter.write(view, built);
    return tools.commit(async (writer) => {
      const deltas = await writeViews(view, custom.rest, writer, clock.now());
      await propagation.settle(view, [...custom.settled, ...custom.rest], writer, () => undefined);
      await propagation.run(writer, deltas);
      return advanced(progress, page, [...custom.deltas, ...deltas, ...(await propagation.remove(view, page.strays, writer))]);
    });
  }

  /**
   * Where others build: what is missing, or is not what a recomputation gives, is handed over to them; what is right is not written again.
   * What changes between the recomputation and the look at what is stored asks for its build by itself.
   */
  async #handOver(view: ViewPlan, progress: Progress, tools: JobTools, options: PageOf): Promise<StepResult> {
    const { propagation, store, clock } = this.#parts;
    if (progress.inFlight !== undefined) return this.#awaitBuilt(progress, progress.inFlight, tools);
    const { page, toNote } = await notedPage(store, view, await readPage(store, view, progress, options), progress.strays);
    if (toNote !== null) {
      const { phase, done, total } = progress;
      return tools.commit(async () => ({ next: { ...progress, strays: toNote } as unknown as JsonObject, phase, done, total }));
    }
    const isBlind = progress.wasEmpty === true || view.definition.upsertStrategy.kind === 'function';
    const built = isBlind ? [] : await propagation.recompute(view, page.triggers, store);
    const ids = built.map(({ id }) => id);
    const planned = plannedWrites(view, built, await store.records(view.name, ids), clock.now());
    const changed = new Map(planned.deltas.map((delta) => [delta.id, delta]));
    const triggers = isBlind ? page.triggers : built.filter(({ id }) => changed.has(id)).map(({ trigger }) => trigger);
    return tools.commit(async (writer) => {
      await propagation.settle(view, built, writer, () => undefined);
      await propagation.enqueue(writer, triggers, 'bulk');
      const removed = await propagation.remove(view, page.strays, writer);
      const blind = isBlind ? page.triggers.map(() => ({ after: undefined })) : [];
      const advance = advanced(progress, page, [...changed.values(), ...blind, ...removed]);
      if (advance.next !== null) return advance;
      // It ends when the documents are as it says.
      const counts = {
        ...progress,
        ...(advance.result as Pick<Progress, 'built' | 'changed' | 'removed'>),
        done: advance.done,
        total: advance.total ?? 0,
      };
      const next = { ...counts, inFlight: (await propagation.inFlight()) ?? undefined };
      return { ...advance, next: next as unknown as JsonObject, phase: 'wait' };
    });
  }

  async #awaitBuilt(progress: Progress, known: InFlight, tools: JobTools): Promise<StepResult> {
    const left = await this.#parts.propagation.stillInFlight(known);
    if (left !== null && left.rounds === known.rounds) return { kind: 'waiting', for: 'log' };
    const { built, changed, removed, total } = progress;
    return tools.commit(async () => ({
      next: left === null ? null : ({ ...progress, inFlight: left } as unknown as JsonObject),
      phase: left === null ? 'done' : 'wait',
      done: total,
      total,
      result: { built, changed, removed },
    }));
  }
}

interface PageOf {
  readonly limit: number;
  readonly matches: ((record: StoredRecord) => boolean) | undefined;
}

export function viewOf(plan: Plan, name: string): ViewPlan | undefined {
  return plan.views.find((view) => view.name === name);
}

/** Base records that match the request's query; undefined where it has none. */
export function matcherOf(plan: Plan, view: ViewPlan, { query }: JsonObject): ((record: StoredRecord) => boolean) | undefined {
  if (query === undefined) return undefined;
  const base = must(view.base, `${view.name} has a base`);
  const fields = plan.collections.get(base.collection)?.fields;
  const typeOf = (path: readonly string[]) => (path.length === 1 ? fields?.get(path[0] ?? '') : undefined);
  return compileRecordFilter(parseFilter(fromExtendedJson(query as Value), { typeOf }));
}

function advanced(progress: Progress, page: ViewPage, deltas: readonly { readonly after: unknown }[]): Advance {
  const removed = deltas.filter(({ after }) => after === null).length;
  return advanceTo(
    progress.wasEmpty === true && page.next?.phase === 'view' ? null : page.next,
    {
      ...progress,
      done: progress.done + page.looked,
      built: progress.built + page.triggers.length,
      changed: progress.changed + deltas.length - removed,
      removed: progress.removed + removed,
    },
    page,
  );
}

function advanceTo(place: ViewPlace | null, counts: Progress, page: ViewPage): Advance {
  const { done, built, changed, removed, wasEmpty } = counts;
  // Documents that came since are looked at, too.
  const total = Math.max(counts.total, done);
  const next =
    place === null
      ? null
      : {
          done,
          total,
          built,
          changed,
          removed,
          wasEmpty,
          phase: place.phase,
          ...(place.after === undefined ? {} : { after: place.after }),
        };
  return {
    next,
    phase: place?.phase ?? 'done',
    done: place === null ? total : done,
    total,
    result: { built, changed, removed },
    rows: page.looked,
  };
}
