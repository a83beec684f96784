import type { CollectionOverview, CollectionsOverview, JobOverview, PipelineOverview, StageOverview } from '@millrace/protocol';
import type { Clock } from '../../core/clock.ts';
import { projectionsOf } from '../../core/definitions.ts';
import type { Engine, RunnableProject } from '../engine.ts';
import type { CollectionCounts } from './collection-counts.ts';
import type { Figures } from './figures.ts';
import { Remembered } from './remembered.ts';

/** Whoever asks oftener gets the same answer. */
const KEPT_MS = 1_000;

interface OverviewParts {
  readonly engine: Pick<Engine, 'store' | 'lag' | 'jobs' | 'paused'>;
  readonly project: Pick<RunnableProject, 'config' | 'definitions' | 'plan'>;
  readonly version: string;
  readonly figures: Figures;
  /** Null where nothing is served, and nothing counted. */
  readonly counts: CollectionCounts | null;
  readonly clock: Clock;
}

/** What the console shows: the collections, and what flows through the stages. */
export class Overviews {
  readonly #parts: OverviewParts;
  readonly #collections: Remembered<CollectionsOverview>;
  readonly #pipeline: Remembered<PipelineOverview>;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    this.#collections = new Remembered(() => this.#readCollections(), { ms: KEPT_MS, clock: parts.clock });
    this.#pipeline = new Remembered(() => this.#readPipeline(), { ms: KEPT_MS, clock: parts.clock });
  }

  collections(): Promise<CollectionsOverview> {
    return this.#collections.get();
  }

  pipeline(): Promise<PipelineOverview> {
    return this.#pipeline.get();
  }

  async #readCollections(): Promise<CollectionsOverview> {
    const { engine, project, figures, counts } = this.#parts;
    const systems = new Map(projectionsOf(project.definitions).map(({ name, system }) => [name, system]));
    const errors = await engine.store.countErrors();
    const rates = figures.rates();
    const collections: CollectionOverview[] = [];
    for (const { name, kind, key, fields } of project.plan.collections.values()) {
      if (kind === 'foreign') continue;
      const system = systems.get(name);
      collections.push({
        name,
        kind,
        ...(system === undefined ? {} : { system }),
        key,
        fields: [...fields].map(([field, type]) => ({ name: field, type: type ?? null })),
        count: (await counts?.of(name)) ?? 0,
        changesPerSecond: rates.changesPerSecond(name),
        changes: figures.changes.get(name) ?? 0,
        liveQueries: figures.live.live.subscriptionsOf(name),
        errors: errors.filter(({ scope }) => scope === name).reduce((sum, { count }) => sum + count, 0),
      });
    }
    return { project: project.config.id, collections };
  }

  async #readPipeline(): Promise<PipelineOverview> {
    const { engine, project, version, figures } = this.#parts;
    const [lag, queued, errors, jobs] = await Promise.all([engine.lag(), engine.store.queued(), engine.store.countErrors(), engine.jobs()]);
    const { stats, live } = figures;
    return {
      project: project.config.id,
      version,
      startedAt: new Date(figures.startedAt).toISOString(),
      stages: stagesOf(figures),
      lag: [...lag].map(([topic, records]) => ({ topic, records })),
      queued: queued.map(({ kind, scope, lane, count }) => ({ kind, scope, lane, count })),
      errors,
      jobs: jobs.map(jobOverview),
      paused: engine.paused(),
      latencyMs: stats.latencyMs,
      live: { clients: live.stats.clients, ...live.live.counts },
    };
  }
}

/** The time of commits counts with the stage before them, whose documents they write. */
function stagesOf(figures: Figures): StageOverview[] {
  const { stats, live } = figures;
  const { perSecond, busy } = figures.rates();
  return [
    { name: 'ingest', total: stats.changes, perSecond: perSecond.changes, busy: busy.ingest, errors: stats.deadLetters },
    { name: 'project', total: stats.projectionDeltas, perSecond: perSecond.projectionDeltas, busy: busy.project, errors: 0 },
    { name: 'strategy', total: stats.triggers, perSecond: perSecond.triggers, busy: busy.strategy, errors: 0 },
    {
      name: 'aggregate',
      total: stats.viewsWritten,
      perSecond: perSecond.viewsWritten,
      busy: Math.min(1, busy.aggregate + busy.commit),
      errors: stats.viewErrors,
    },
    { name: 'serve', total: live.stats.framesOut, perSecond: perSecond.framesOut, busy: busy.serve, errors: live.stats.slowDisconnects },
  ];
}

function jobOverview(job: Awaited<ReturnType<Engine['jobs']>>[number]): JobOverview {
  const { id, type, scope, state, done, total, startedAt, finishedAt, error } = job;
  return { id, type, scope, state, done, total, startedAt: iso(startedAt), finishedAt: iso(finishedAt), error: error?.message ?? null };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
