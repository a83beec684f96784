import { AppError, messageOf } from '../../core/errors.ts';
import type { Offsets } from '../../log/log.ts';
import type { FieldReport } from '../2-project/field-reports.ts';
import { definitionOf } from '../collection-definition.ts';
import type { Flow, LineReport } from '../flow.ts';
import type { AuditCounts } from '../jobs/trickle.ts';
import type { StepResult } from '../jobs/job.ts';
import { adoptFilling } from '../jobs/load/adopt-filling.ts';
import { Line } from '../line.ts';
import type { Paused } from '../pauses.ts';
import type { PipelineStats } from '../stats.ts';
import { handOverTopics } from './groups.ts';
import type { Group } from './groups.ts';
import type { HandOverOptions } from './hand-over-options.ts';
import { HandOverParts } from './hand-over-parts.ts';
import { IdleWatch } from './idle.ts';
import { QUEUE_KINDS } from '../../store/store.ts';
import { WorkingLine } from './working-line.ts';

/** Between two looks at the queue where there was nothing to do, and at what others have paused. */
const QUEUE_WAIT_MS = 100;
const LOOK_AROUND_MS = 1_000;
const IDLE_LOOK_MS = 50;

/**
 * The way of a change where no unit of work spans the stages: each hands over to the next through topics of the log. Any number of
 * processes may work side by side, each in some of the roles.
 *
 * ```
 *  ingestion ─▶ updater ─ pr-update ─▶ trigger ─ sv-trigger ─▶ creator ─ sv-update ─▶ (who serves)
 *                                         ▲                        │
 *                                         └─── views of views ─────┘
 * ```
 *
 * A batch is polled, worked on, and committed once its effects and its messages are durable: so everything happens at least once, and
 * all effects are guarded, so that once more is harmless. The durable queue of the store is worked on by one process at a time.
 */
export class HandOverPipeline implements Flow {
  readonly #options: HandOverOptions;
  readonly #parts: HandOverParts;
  readonly #groups: readonly Group[];
  readonly #lines: readonly { readonly group: Group; readonly working: WorkingLine }[];
  readonly #idle: IdleWatch;
  readonly #troubles = new Map<string, string>();
  /** Up to when what is queued counts as due. */
  #dueUpTo: number | null = null;
  #lookedAround = Number.NEGATIVE_INFINITY;
  #isRunning = false;

  constructor(options: HandOverOptions) {
    this.#options = options;
    const { store } = options;
    const parts = new HandOverParts(options);
    this.#parts = parts;
    this.#groups = parts.groups;
    this.#lines = this.#groups.filter(({ role }) => options.roles.has(role)).map((group) => ({ group, working: this.#workingLine(group) }));
    this.#idle = new IdleWatch({ store, transit: parts.transit, pauses: parts.pauses });
  }

  async open(): Promise<void> {
    const { store, log, plan, definitions, clock } = this.#options;
    const { projector, pauses, id } = this.#parts;
    await store.define([...plan.collections.values()].map(definitionOf));
    await log.createTopics([...new Set([...this.#groups.flatMap(({ topics }) => topics), ...handOverTopics({ id, definitions, plan })])]);
    await this.#parts.known.learn();
    await projector.open(store);
    await pauses.load(store);
    if (this.#worksOnQueue) await adoptFilling(store, clock);
    await Promise.all(this.#lines.map(({ working }) => working.line.open()));
  }

  async step(): Promise<boolean> {
    await this.#parts.pauses.load(this.#options.store);
    await this.#parts.fence.look();
    let worked = false;
    for (const { working } of this.#lines) worked = (await working.step()) || worked;
    if ((await this.#queueStep(Number.MAX_SAFE_INTEGER)) || worked) return true;
    // What is there may be on its way.
    const groups = this.#lines.map(({ group }) => group);
    if ((await this.#parts.transit.quietEnds(groups)) !== undefined) return false;
    await Promise.all(this.#lines.map(({ working }) => working.step({ waitMs: IDLE_LOOK_MS })));
    return true;
  }

  stepOf(job: string, now: number): Promise<StepResult | undefined> {
    return this.#parts.jobs.stepOf(job, now);
  }

  /** What is queued for views is asked for, and what is asked for built. */
  async build(now: number): Promise<boolean> {
    const asked = await this.#parts.queue.build(now);
    const lines = this.#lines.filter(({ group }) => group.role !== 'updater');
    const worked = await Promise.all(lines.map(({ working }) => working.step({ waitMs: IDLE_LOOK_MS })));
    return asked || worked.includes(true) || (await this.#parts.transit.quietEnds(lines.map(({ group }) => group))) === undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    await this.#runAll(signal);
  }

  async runUntilIdle(signal?: AbortSignal): Promise<void> {
    this.#isRunning = true;
    const ended = new AbortController();
    const stop = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
    this.#dueUpTo = Number.MAX_SAFE_INTEGER;
    try {
      const isFatal = (error: unknown): boolean => !(error instanceof AppError) || !error.retryable;
      const failed = (error: unknown): never => {
        ended.abort();
        throw error;
      };
      await Promise.all([this.#runAll(stop, isFatal).catch(failed), this.#awaitIdle(stop, ended).catch(failed)]);
    } finally {
      this.#dueUpTo = null;
    }
  }

  /** Nothing is left to do, for any process. Asks twice: to be called again and again. */
  isIdle(): Promise<boolean> {
    return this.#idle.look();
  }

  async expire(now: number, limit: number): Promise<void> {
    const { handOver, projector } = this.#parts;
    let isDone = !this.#worksOnQueue || !(await this.#holdsQueue());
    while (!isDone) {
      isDone = await handOver.unit(async (writer) => {
        const { done, later } = await projector.expire(writer, now, limit);
        if (later.length > 0) await writer.enqueue(later);
        return done;
      });
    }
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get trouble(): string | undefined {
    for (const { working } of this.#lines) {
      const { error } = working.line.report();
      if (error !== null) return error;
    }
    if (this.#parts.fence.isReplaced) return 'The definitions of this process were replaced by those of one that started later';
    return this.#troubles.values().next().value;
  }

  async positions(): Promise<Offsets> {
    return this.#parts.positions();
  }

  needed(): Promise<Offsets> {
    return this.#parts.needed();
  }

  stats(): PipelineStats {
    return this.#parts.meter.read();
  }

  fieldReports(): readonly FieldReport[] {
    return this.#parts.projector.fieldReports();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const all = new Map<string, number>();
    for (const { working } of this.#lines)
      for (const [topic, lag] of await working.line.lag()) all.set(topic, Math.max(lag, all.get(topic) ?? 0));
    return all;
  }

  lines(): readonly LineReport[] {
    return this.#lines.map(({ working }) => working.line.report());
  }

  auditCounts(): readonly AuditCounts[] {
    return this.#parts.trickle.counts();
  }

  paused(): readonly Paused[] {
    return this.#parts.pauses.list();
  }

  async close(): Promise<void> {
    for (const { working } of this.#lines) await working.line.close();
    await this.#parts.lease.release().catch(() => undefined);
  }

  #workingLine(group: Group): WorkingLine {
    const { log, store, clock, logger, acceptLost } = this.#options;
    const { pauses, fence, known } = this.#parts;
    const positions = log.capabilities.positions;
    const paused = {
      // Who gives way leaves the partitions to others.
      paused: () => (fence.isReplaced ? new Set(group.topics) : this.#parts.pausedTopics(group)),
      generation: () => pauses.generation + fence.generation,
    };
    const reads = { log, store, clock, group: group.name, role: group.role, positions, acceptLost, known };
    const line = new Line(group.topics, { ...reads, ...paused });
    return new WorkingLine({
      line,
      work: this.#parts.workOf(group),
      limit: () => this.#parts.limitOf(group),
      mayCommit: () => fence.check(),
      isHasty: () => this.#isToEnd,
      savePositions: positions === 'log' ? null : (name, offsets) => store.transact((writer) => writer.savePositions(name, offsets)),
      clock,
      logger,
    });
  }

  get #worksOnQueue(): boolean {
    return this.#options.roles.has('updater');
  }

  async #runAll(signal: AbortSignal, isFatal?: (error: unknown) => boolean): Promise<void> {
    const lines = this.#lines.map(({ working }) => working.run(signal, isFatal));
    const queue = this.#worksOnQueue
      ? [
          // Beside the work, which may take longer than it lasts.
          this.#keepOn('lease', signal, () => this.#holdsQueue().then(() => false), isFatal),
          this.#keepOn('queue', signal, (now) => this.#plainQueueStep(now), isFatal),
          this.#keepOn('code', signal, (now) => this.#codeQueueStep(now), isFatal),
        ]
      : [];
    await Promise.all([...lines, ...queue, this.#keepOn('pauses', signal, () => this.#lookAround(), isFatal)]);
  }

  async #awaitIdle(signal: AbortSignal, ended: AbortController): Promise<void> {
    while (!signal.aborted) {
      const isIdle = await this.#idle.look().catch((error: unknown) => {
        if (error instanceof AppError && error.retryable) return false;
        throw error;
      });
      if (isIdle) ended.abort();
      else await this.#options.clock.sleep(IDLE_LOOK_MS, signal);
    }
  }

  async #queueStep(now: number): Promise<boolean> {
    if (!this.#worksOnQueue) return false;
    const worked = await this.#plainQueueStep(now);
    return (await this.#codeQueueStep(now)) || worked;
  }

  /** What is done for ever, in the background, keeps nobody who waits for the end. */
  get #isToEnd(): boolean {
    return this.#dueUpTo !== null;
  }

  async #plainQueueStep(now: number): Promise<boolean> {
    const { queue, trickle } = this.#parts;
    if (!(await this.#holdsQueue())) return false;
    const worked = (await this.#isAnyDue(now)) && (await queue.step(now));
    if (!this.#isToEnd) await trickle.step('plain');
    return worked;
  }

  async #codeQueueStep(now: number): Promise<boolean> {
    const { queue, code, jobs, trickle } = this.#parts;
    if (!(await this.#holdsQueue())) return false;
    let worked = false;
    if (await this.#isAnyDue(now)) {
      worked = await queue.retryCoded(now);
      worked = ((await code?.step(now)) ?? null) !== null || worked;
      worked = (await jobs.step(now, 'code')) || worked;
    }
    if (!this.#isToEnd) await trickle.step('code');
    return worked;
  }

  /** Asked first, as hardly ever anything is: each kind of work would look for what is its own. */
  async #isAnyDue(now: number): Promise<boolean> {
    return (await this.#options.store.take({ kinds: QUEUE_KINDS, now, limit: 1 })).length > 0;
  }

  async #holdsQueue(): Promise<boolean> {
    const { lease, fence } = this.#parts;
    if (!fence.isReplaced) return lease.holds();
    await lease.release();
    return false;
  }

  /** What others have paused, or let go on; whether they work by other definitions. */
  async #lookAround(): Promise<boolean> {
    const now = this.#options.clock.now();
    if (now - this.#lookedAround < LOOK_AROUND_MS) return false;
    this.#lookedAround = now;
    await this.#parts.pauses.load(this.#options.store);
    await this.#parts.fence.look();
    return false;
  }

  async #keepOn(
    name: string,
    signal: AbortSignal,
    step: (now: number) => Promise<boolean>,
    isFatal: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const worked = await step(this.#dueUpTo ?? clock.now());
        failures = 0;
        this.#troubles.delete(name);
        if (!worked) await clock.sleep(QUEUE_WAIT_MS, signal);
      } catch (error) {
        if (isFatal(error)) throw error;
        this.#troubles.set(name, messageOf(error));
        const delayMs = Math.min(30_000, 100 * 2 ** Math.min(failures++, 10));
        logger.error('Queued work failed and is tried again', { error: messageOf(error), failures, delayMs });
        await clock.sleep(delayMs, signal);
      }
    }
  }
}
