import type { ProjectConfig } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Definitions } from '../core/definitions.ts';
import type { Logger } from '../core/logger.ts';
import { readJobs } from '../flow/jobs/job-rows.ts';
import { LoadJob } from '../flow/jobs/load/load-job.ts';
import type { MakeJobType } from '../flow/jobs/job-parts.ts';
import type { JobStatus } from '../flow/jobs/job.ts';
import type { AuditCounts } from '../flow/jobs/trickle.ts';
import type { Paused } from '../flow/pauses.ts';
import type { Flow, HandOverRole } from '../flow/flow.ts';
import type { HandOverOptions } from '../flow/hand-over/hand-over-options.ts';
import { Pipeline } from '../flow/pipeline.ts';
import type { PipelineOptions } from '../flow/pipeline-options.ts';
import { DEFAULT_SETTINGS } from '../flow/pipeline-settings.ts';
import type { PipelineSettings } from '../flow/pipeline-settings.ts';
import type { PipelineStats } from '../flow/stats.ts';
import type { Log } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import { acceptLost } from './accept-lost.ts';
import { createMissingTopics } from './create-topics.ts';
import { acceptDefinitionChanges, definitionsInForce, findDefinitionChanges } from './definition-changes.ts';
import { loadFiles } from './load/load-files.ts';
import { openLogger } from './logger.ts';
import { openCode, openFormats, openStorage } from './registry.ts';
import { claimDatabase } from './project-identity.ts';
import { retain } from './retention.ts';
import { PROCESS_ROLES, checkRoles } from './roles.ts';
import type { ProcessRole } from './roles.ts';
import { checkTopicIds, rememberTopicIds } from './topic-identity.ts';
import { arePositionsInStore, topicReaders } from './topic-readers.ts';

/** A project that was read and found right. */
export interface RunnableProject {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
  readonly hashes: ReadonlyMap<string, string>;
}

export interface EngineOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  readonly settings?: Partial<PipelineSettings> | undefined;
  /** What this process does of the way of a change; all of it when absent. */
  readonly roles?: readonly ProcessRole[] | undefined;
  /** Topics that may be others than they were when they were last read: they are read from their beginning. */
  readonly acceptNewTopics?: readonly string[] | undefined;
  /** Topics of which records may have been removed before they were read: it goes on with the oldest that is kept. */
  readonly acceptLost?: readonly string[] | undefined;
  /** Kinds of jobs beside those that every engine knows. */
  readonly jobTypes?: readonly MakeJobType[] | undefined;
}

const RETENTION_EVERY_MS = 60_000;

/** A project at work: alone on its data folder (a second engine there is refused), or one of several processes on shared data. */
export class Engine implements AsyncDisposable {
  readonly #project: RunnableProject;
  readonly #resources: AsyncDisposableStack;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly pipeline: Flow;
  readonly log: Log;
  readonly store: Store;
  /** What the definitions that changed since the last start make it do: one sentence each. */
  readonly notices: readonly string[];

  constructor(parts: {
    project: RunnableProject;
    resources: AsyncDisposableStack;
    clock: Clock;
    logger: Logger;
    pipeline: Flow;
    log: Log;
    store: Store;
    notices: readonly string[];
  }) {
    this.#project = parts.project;
    this.#resources = parts.resources;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.pipeline = parts.pipeline;
    this.log = parts.log;
    this.store = parts.store;
    this.notices = parts.notices;
  }

  /** Works until the signal aborts; then finishes the batch in hand. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.pipeline.run(signal), this.#keepClean(signal)]);
  }

  /** Works until nothing is left to do: no record, no queued item, no retry. */
  async runUntilIdle(signal?: AbortSignal): Promise<void> {
    await this.pipeline.runUntilIdle(signal);
  }

  stats(): PipelineStats {
    return this.pipeline.stats();
  }

  /** Fields that sources sent and no projection has, and fields whose cast failed, since the start: counted, with examples of where. */
  fieldReports(): ReturnType<Flow['fieldReports']> {
    return this.pipeline.fieldReports();
  }

  /** Records in the log that were not processed yet, by topic. */
  lag(): Promise<ReadonlyMap<string, number>> {
    return this.pipeline.lag();
  }

  /** Durable jobs that wait, go on or have ended lately: oldest first. */
  jobs(): Promise<readonly JobStatus[]> {
    return readJobs(this.store);
  }

  /** Documents of single views that the audit in the background compared with a recomputation, and what it found, since the start. */
  auditCounts(): readonly AuditCounts[] {
    return this.pipeline.auditCounts();
  }

  /** Systems that are not read, and views that are not built, until somebody says so. */
  paused(): readonly Paused[] {
    return this.pipeline.paused();
  }

  /** Unresolved dead letters and errors of single views. */
  async errorCounts(): Promise<{ readonly deadLetters: number; readonly viewErrors: number }> {
    const counts = await this.store.countErrors();
    const sum = (kind: string): number => counts.filter((entry) => entry.kind === kind).reduce((total, { count }) => total + count, 0);
    return { deadLetters: sum('dead-letter'), viewErrors: sum('single-view') };
  }

  /** Enforces what is kept how long. A failure is said and tried again the next time. */
  async #keepClean(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await retain(this, this.#project.config.retention, this.#clock.now());
      } catch (error) {
        this.#logger.warn('Retention could not be enforced', { error });
      }
      await this.#clock.sleep(RETENTION_EVERY_MS, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** Opens a project's log and store and prepares its pipeline. Throws DATA_IN_USE, DATA_TOO_NEW, TOPIC_RECREATED, STORE_*, LOG_*. */
export async function openEngine(project: RunnableProject, options: EngineOptions = {}): Promise<Engine> {
  const { config, definitions, plan, hashes } = project;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? (await openLogger(project));
  await using resources = new AsyncDisposableStack();
  const roles = new Set(options.roles ?? PROCESS_ROLES);
  if (config.log.use === 'embedded' || config.store.use === 'embedded') {
    const { EngineLock } = await import('../sqlite/engine-lock.ts');
    resources.use(EngineLock.acquire(config.data, process.pid));
    const { forgetRestores } = await import('./backup/restore.ts');
    forgetRestores(config.data);
  }
  const storage = resources.use(await openStorage(config, { clock, logger }));
  const { log, store } = storage;
  checkRoles([...roles], storage);
  if (store.capabilities.shared) await claimDatabase(store, config.id);
  const readers = topicReaders(project);
  const topics = [...new Set(readers.flatMap((reader) => reader.topics))];
  const inStore = arePositionsInStore(storage) ? readers : [];
  const accepted = await checkTopicIds({ log, store, topics, accepted: options.acceptNewTopics ?? [], readers: inStore });
  const lost = await acceptLost({ log, store, accepted: options.acceptLost ?? [], readers: inStore });
  await createMissingTopics(log, project);
  const changes = await findDefinitionChanges(store, plan, hashes);
  const notices = [...accepted, ...lost, ...changes.notices];
  for (const notice of notices) logger.info(notice);

  // Two processes of user code: what reads records never waits for what builds views.
  const ingestCode = roles.has('updater') && needsIngestCode(definitions) ? resources.use(await openCode(config, plan, logger)) : null;
  const buildCode = resources.use(await openCode(config, plan, logger));
  const flow: PipelineOptions = {
    definitions,
    plan,
    log,
    store,
    formatOf: await openFormats(definitions.systems, ingestCode),
    code: buildCode,
    ingestCode,
    clock,
    logger,
    settings: { ...settingsOf(config), group: readers[0]?.group ?? config.id, ...options.settings },
    acceptLost: options.acceptLost,
    jobTypes: [(parts) => new LoadJob(parts, loadFiles(ingestCode)), ...(options.jobTypes ?? [])],
  };
  // Units of work that span all stages, where the store has such; else each stage hands over to the next.
  const pipeline = store.capabilities.transactions
    ? new Pipeline(flow)
    : await handOver({ ...flow, id: config.id, roles: stagesOf(roles), inForce: definitionsInForce(store, hashes) });
  resources.defer(() => pipeline.close());
  await pipeline.open();
  await rememberTopicIds({ log, store, topics });
  await acceptDefinitionChanges(store, changes);
  return new Engine({ project, resources: resources.move(), clock, logger, pipeline, log, store, notices });
}

async function handOver(options: HandOverOptions): Promise<Flow> {
  const { HandOverPipeline } = await import('../flow/hand-over/hand-over-pipeline.ts');
  return new HandOverPipeline(options);
}

function stagesOf(roles: ReadonlySet<ProcessRole>): ReadonlySet<HandOverRole> {
  return new Set([...roles].filter((role) => role !== 'gateway'));
}

function needsIngestCode({ systems }: Definitions): boolean {
  return systems.some(
    (system) =>
      typeof system.format === 'object' || system.projections.some(({ fields }) => fields.some(({ cast }) => cast.kind === 'custom')),
  );
}

function settingsOf({ auditPerSecond, cacheBytes, retention }: ProjectConfig): PipelineSettings {
  return {
    ...DEFAULT_SETTINGS,
    auditPerSecond,
    cacheBytes,
    deletedKeysMs: retention.deletedKeysMs ?? null,
    softDeletedMs: retention.softDeletedMs ?? null,
  };
}
