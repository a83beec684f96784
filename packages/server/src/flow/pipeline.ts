import { must } from '../core/assert.ts';
import { definitionOf } from './collection-definition.ts';
import { AppError } from '../core/errors.ts';
import { safeMessageOf } from '../core/safe-message.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { Offsets } from '../log/log.ts';
import { Ingestor } from './1-ingest/ingestor.ts';
import type { FieldReport } from './2-project/field-reports.ts';
import { Projector } from './2-project/projector.ts';
import { Strategist } from './3-strategy/strategist.ts';
import { CustomWriter } from './4-aggregate/custom-writer.ts';
import { FragmentCache } from './4-aggregate/fragment-cache.ts';
import { ViewBuilder } from './4-aggregate/view-builder.ts';
import type { BuilderOptions } from './4-aggregate/view-builder.ts';
import { isUnreadable, lineDelayMs } from './backoff.ts';
import { Backlog } from './backlog.ts';
import { Building } from './building.ts';
import { CodeUnit } from './code-unit.ts';
import { ingestTargets } from './ingest-targets.ts';
import type { Flow, LineReport } from './flow.ts';
import { Filling } from './filling.ts';
import { IngestUnit } from './ingest-unit.ts';
import { JobRunner } from './jobs/job-runner.ts';
import { jobTypes } from './jobs/job-types.ts';
import type { StepResult } from './jobs/job.ts';
import { adoptFilling } from './jobs/load/adopt-filling.ts';
import { Trickle } from './jobs/trickle.ts';
import type { AuditCounts } from './jobs/trickle.ts';
import { KnownTopics } from './known-topics.ts';
import { Line, offsetsAfter, topicsOfLines } from './line.ts';
import { DEFAULT_SETTINGS } from './pipeline-settings.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import { LookupCache } from './lookup-cache.ts';
import { Pauses } from './pauses.ts';
import type { Paused } from './pauses.ts';
import { Propagation } from './propagation.ts';
import { QueueUnit } from './queue-unit.ts';
import { PipelineMeter } from './stats.ts';
import type { PipelineStats } from './stats.ts';
import { Traffic } from './traffic.ts';

/**
 * The way of a change: 1 ingest → 2 project → 3 strategy → 4 aggregate, over one log and one store. Read this file first.
 *
 * ```
 *  log ─ records ─▶ 1 ─ changes ─▶ 2 ─ deltas ─▶ 3 ─ triggers ─▶ 4 ─ deltas ─▶ (other views, and who serves)
 * ```
 *
 * Stages 1 to 4 of a batch are one unit of work of the store, which ends with the batch's position: a crash at any instant loses nothing
 * and repeats nothing. What is too much for one unit, must wait, or needs the user's functions goes through the durable queue in that
 * same unit. There are up to three *lines*, which run side by side and never wait for each other's user code: topics whose records need
 * none, topics whose records need some, and queued work that needs some.
 */
export class Pipeline implements Flow {
  readonly #options: PipelineOptions;
  readonly #settings: PipelineSettings;
  readonly #meter = new PipelineMeter();
  readonly #backlog = new Backlog();
  readonly #projector: Projector;
  readonly #propagation: Propagation;
  readonly #ingest: IngestUnit;
  readonly #queue: QueueUnit;
  readonly #code: CodeUnit | null;
  readonly #jobs: JobRunner;
  readonly #pauses: Pauses;
  readonly #traffic = new Traffic();
  readonly #trickle: Trickle;
  readonly #known: KnownTopics;
  readonly #lines: readonly Line[];
  /** By what failed and is waited out. */
  readonly #troubles = new Map<object, string>();
  #isRunning = false;
  /** The last look for parked records on the line of user code found one: there may be more. */
  #isRetrying = true;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const { definitions, plan, store, clock, code } = options;
    const settings = this.#settings;
    const projections = definitions.systems.flatMap((system) => system.projections);
    const systems = new Map(projections.map((projection) => [projection.name, projection.system]));
    const targets = ingestTargets(options);
    this.#pauses = new Pauses(definitions, new Filling(plan));
    const strategist = new Strategist(plan, code);
    const fragments = new FragmentCache(settings.cacheBytes * (1 - LOOKUPS_SHARE));
    const onSeveralFound = (): void => void this.#meter.counts.severalFound++;
    const { compatibility } = definitions;
    const buildersWith = (memory: Pick<BuilderOptions, 'fragments' | 'onSeveralFound'>): Map<string, ViewBuilder> =>
      new Map(plan.views.map((view) => [view.name, new ViewBuilder(view, { compatibility, code, ...memory })]));
    this.#propagation = new Propagation({
      store,
      cache: new LookupCache(plan, settings.cacheBytes * LOOKUPS_SHARE),
      fragments,
      plan,
      strategist,
      building: new Building({
        builders: buildersWith({ fragments, onSeveralFound }),
        coldBuilders: buildersWith({ fragments: new FragmentCache(NO_ROOM) }),
        clock,
        meter: this.#meter,
        backlog: this.#backlog,
      }),
      pauses: this.#pauses,
      clock,
      meter: this.#meter,
      settings,
      backlog: this.#backlog,
    });
    const { deletedKeysMs, softDeletedMs } = settings;
    this.#projector = new Projector({
      projections,
      compatibility: definitions.compatibility,
      clock,
      code: options.ingestCode ?? code,
      retention: { deletedKeysMs, softDeletedMs },
    });
    const projector = this.#projector;
    const propagation = this.#propagation;
    const ingestor = new Ingestor({ targets, clock });
    const { log, logger } = options;
    this.#ingest = new IngestUnit({
      store,
      log,
      savesPositions: true,
      ingestor,
      projector,
      propagation,
      clock,
      meter: this.#meter,
      backlog: this.#backlog,
      settings,
      systemOf: (projection) => systems.get(projection) ?? '',
      isShared: (topic) => (targets.get(topic)?.length ?? 0) > 1,
    });
    const ingestUnit = this.#ingest;
    const pauses = this.#pauses;
    this.#known = new KnownTopics(log);
    this.#lines = topicsOfLines(definitions.systems).map((topics) => {
      const paused = { paused: () => pauses.topics(), generation: () => pauses.generation };
      return new Line(topics, {
        log,
        store,
        clock,
        group: settings.group,
        role: 'all',
        positions: 'store',
        acceptLost: options.acceptLost,
        known: this.#known,
        ...paused,
      });
    });
    const codedTopics = this.#lines[CODED_LINE]?.topics ?? [];
    const customWriter = new CustomWriter({
      units: { unit: (work) => propagation.unit(work), follow: (writer, deltas) => propagation.run(writer, deltas) },
      code,
      clock,
    });
    const codedProjections = new Set(
      projections.filter(({ topics }) => topics.some((topic) => codedTopics.includes(topic))).map(({ name }) => name),
    );
    const common = { store, plan, projector, propagation, ingestUnit, pauses, clock, settings };
    const positions = (): Promise<Offsets> => this.positions();
    const types = jobTypes({ ...common, positions, definitions, log, ingestor, customWriter, codedProjections }, options.jobTypes ?? []);
    this.#jobs = new JobRunner({ store, propagation, types, clock, logger, traffic: this.#traffic });
    const perSecond = settings.auditPerSecond;
    this.#trickle = new Trickle({ plan, store, propagation, pauses, clock, logger, perSecond, traffic: this.#traffic });
    this.#queue = new QueueUnit({ ...common, jobs: this.#jobs, traffic: this.#traffic, codedTopics });
    this.#code = CodeUnit.isNeeded(plan)
      ? new CodeUnit({ store, plan, strategist, propagation, customWriter, pauses, clock, settings })
      : null;
  }

  /** Makes collections and topics, and begins to read where the last commit ended. */
  async open(): Promise<void> {
    const { store, log, plan, clock } = this.#options;
    await store.define([...plan.collections.values()].map(definitionOf));
    await log.createTopics(this.#lines.flatMap(({ topics }) => topics));
    await this.#known.learn();
    await this.#projector.open(store);
    await this.#backlog.load(store);
    await this.#pauses.load(store);
    await adoptFilling(store, clock);
    await Promise.all(this.#lines.map((line) => line.open()));
  }

  /** One unit of work of each kind that has any, without waiting. False when there was nothing to do. */
  async step(): Promise<boolean> {
    let worked = false;
    for (const line of this.#lines) worked = (await this.#ingestStep(line, { waitMs: 0 })) || worked;
    worked = (await this.#queueStep(Number.MAX_SAFE_INTEGER)) || worked;
    worked = (await this.#retryStep(Number.MAX_SAFE_INTEGER)) || worked;
    return (await this.#codeStep(Number.MAX_SAFE_INTEGER)) || worked;
  }

  /** One step of this job, and nothing else; undefined when it is not there, or not due. */
  stepOf(job: string, now: number): Promise<StepResult | undefined> {
    return this.#jobs.stepOf(job, now);
  }

  /** Works on what is queued for views, and on nothing else; false when nothing is. */
  async build(now: number): Promise<boolean> {
    const built = await this.#queue.build(now);
    return ((await this.#code?.step(now)) ?? null) !== null || built;
  }

  /** Works until nothing is left, however long a retry would have to wait. What waiting may cure (a full disk) is waited out. */
  async runUntilIdle(signal?: AbortSignal): Promise<void> {
    let working = true;
    let failures = 0;
    this.#isRunning = true;
    while (working && signal?.aborted !== true) {
      try {
        working = (await this.step()) || (await this.#isBehind());
        failures = 0;
        this.#troubles.delete(this);
      } catch (error) {
        if (!(error instanceof AppError) || !error.retryable) throw error;
        this.#troubles.set(this, safeMessageOf(error));
        await this.#waitOut(error, ++failures, signal);
        for (const line of this.#lines) await this.#reopen(line);
      }
    }
  }

  /** Records may be on their way, where a poll that does not wait finds none. */
  async #isBehind(): Promise<boolean> {
    const lags = await Promise.all(this.#lines.map((line) => line.lag()));
    if (lags.every((lag) => [...lag.values()].every((records) => records === 0))) return false;
    for (const line of this.#lines) await this.#ingestStep(line, { waitMs: BEHIND_WAIT_MS });
    return true;
  }

  /** Works until the signal aborts; a failure of a store or log is waited out. */
  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    const lines = this.#lines.map((line, i) =>
      this.#keepOn(
        signal,
        async () => {
          await this.#turn(i, signal);
          line.worked();
        },
        async (error) => {
          line.failed(error);
          if (!isUnreadable(error)) await this.#reopen(line);
        },
      ),
    );
    if (this.#hasCode) lines.push(this.#keepOn(signal, () => this.#codeTurn(signal)));
    await Promise.all(lines);
  }

  /** It has begun to work. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Why work does not go on at present, such as a full disk; undefined when it does. */
  get trouble(): string | undefined {
    return this.#troubles.values().next().value ?? this.#lines.find((line) => line.report().error !== null)?.report().error ?? undefined;
  }

  /** Forgets deleted keys, and removes soft-deleted records, whose time is over. */
  async expire(now: number, limit: number): Promise<void> {
    let isDone = false;
    while (!isDone) {
      isDone = await this.#propagation.unit(async (writer) => {
        const { deltas, done, later } = await this.#projector.expire(writer, now, limit);
        if (later.length > 0) await writer.enqueue(later);
        await this.#propagation.run(writer, deltas);
        return done;
      });
    }
  }

  /** Next offset of every partition that was read: what lies before is done. */
  positions(): Promise<Offsets> {
    return this.#options.store.positions(this.#settings.group);
  }

  needed(): Promise<Offsets> {
    return this.positions();
  }

  stats(): PipelineStats {
    return this.#meter.read();
  }

  /** Fields of the source that could not be projected, since the pipeline was opened: most frequent first. */
  fieldReports(): readonly FieldReport[] {
    return this.#projector.fieldReports();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lags = await Promise.all(this.#lines.map((line) => line.lag()));
    return new Map([...lags.flatMap((lag) => [...lag]), ...(await this.#pausedLag())]);
  }

  lines(): readonly LineReport[] {
    return this.#lines.map((line) => line.report());
  }

  /** What the audit in the background has seen since the start. */
  auditCounts(): readonly AuditCounts[] {
    return this.#trickle.counts();
  }

  /** Systems that are not read, and views that are not built, until somebody says so. */
  paused(): readonly Paused[] {
    return this.#pauses.list();
  }

  /** Records of topics that are not read. */
  async #pausedLag(): Promise<[string, number][]> {
    if (this.#pauses.isNone) return [];
    const { log } = this.#options;
    const paused = this.#pauses.topics();
    const positions = await this.positions();
    return (await log.topics())
      .filter(({ topic }) => paused.has(topic))
      .map(({ topic, partitions }) => {
        const behind = partitions.map(({ partition, begin, end }) => end - Math.max(begin, positions.get(topic)?.get(partition) ?? 0));
        return [topic, behind.reduce((sum, count) => sum + count, 0)];
      });
  }

  /** Something calls functions of the user. */
  get #hasCode(): boolean {
    return this.#code !== null || this.#lines.length > CODED_LINE;
  }

  async close(): Promise<void> {
    for (const line of this.#lines) await line.close();
  }

  async #ingestStep(line: Line, wait: { readonly signal?: AbortSignal; readonly waitMs: number }): Promise<boolean> {
    const records: readonly LogRecord[] = await line.poll(this.#settings.batchRecords, wait);
    if (records.length === 0) return false;
    this.#traffic.note();
    await this.#ingest.process(records);
    await line.commit(offsetsAfter(records));
    return true;
  }

  async #queueStep(now: number): Promise<boolean> {
    return this.#queue.step(now);
  }

  /** Parked records whose line is the one of user code. */
  async #retryStep(now: number): Promise<boolean> {
    return this.#lines.length > CODED_LINE && (await this.#queue.retryCoded(now));
  }

  async #codeStep(now: number): Promise<boolean> {
    if (!this.#hasCode) return false;
    const worked = (await this.#code?.step(now)) ?? null;
    return (await this.#jobs.step(now, 'code')) || worked !== null;
  }

  /** One turn of a line: a batch of records, then (on the first line) queued work, or parked records. Waits only when there is neither. */
  async #turn(line: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const isPending = line === CODED_LINE ? this.#isRetrying : this.#backlog.pending;
    let unread: unknown;
    try {
      await this.#ingestStep(must(this.#lines[line], 'a line'), { signal, waitMs: isPending ? 0 : IDLE_WAIT_MS });
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unread = error;
    }
    if (signal.aborted && unread === undefined) return;
    if (line === CODED_LINE) this.#isRetrying = await this.#retryStep(clock.now());
    else {
      this.#backlog.pending = await this.#queueStep(clock.now());
      await this.#trickle.step('plain');
    }
    // What is queued does not wait for it: rows that were lost may be loaded again.
    if (unread !== undefined) throw unread;
  }

  async #codeTurn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const worked = await this.#codeStep(clock.now());
    await this.#trickle.step('code');
    if (!worked) await clock.sleep(CODE_WAIT_MS, signal);
  }

  /** Repeats a turn. After a failure the line reads again from the last commit, after a delay that grows while it keeps failing. */
  async #keepOn(signal: AbortSignal, turn: () => Promise<void>, recover: (error: unknown) => Promise<void> = nothing): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await turn();
        failures = 0;
        this.#troubles.delete(turn);
      } catch (error) {
        failures++;
        this.#troubles.set(turn, safeMessageOf(error));
        await this.#waitOut(error, failures, signal);
        await recover(error).catch(() => undefined);
      }
    }
  }

  async #waitOut(error: unknown, failures: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger } = this.#options;
    const delayMs = lineDelayMs(error, failures, 100);
    logger.error('A unit of work failed and is tried again', { error, failures, delayMs });
    await clock.sleep(delayMs, signal);
  }

  async #reopen(line: Line): Promise<void> {
    const { store } = this.#options;
    await this.#pauses.load(store);
    await line.open();
    await this.#backlog.load(store);
  }
}

const nothing = async (): Promise<void> => undefined;

/** Of a memory that keeps nothing: bytes. */
const NO_ROOM = 1;

/** Of the memory for caches: what look-ups get; the rest holds elements of views. */
const LOOKUPS_SHARE = 0.5;

/** How long a line without work waits before it looks at the queue again. */
const IDLE_WAIT_MS = 200;
const CODE_WAIT_MS = 20;
/** How long records that are known to be there are waited for at a time. */
const BEHIND_WAIT_MS = 50;
/** The second line: topics whose records need user code. The first one has all others, and the queue. */
const CODED_LINE = 1;
