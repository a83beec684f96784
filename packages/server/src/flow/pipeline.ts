import { assert, must } from '../core/assert.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { ProjectionDefinition, SystemDefinition } from '../core/projection.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { LogConsumer, Offsets } from '../log/log.ts';
import { Ingestor } from './1-ingest/ingestor.ts';
import type { IngestTarget } from './1-ingest/ingestor.ts';
import type { FieldReport } from './2-project/field-reports.ts';
import { Projector } from './2-project/projector.ts';
import { Strategist } from './3-strategy/strategist.ts';
import { CustomWriter } from './4-aggregate/custom-writer.ts';
import { FragmentCache } from './4-aggregate/fragment-cache.ts';
import { ViewBuilder } from './4-aggregate/view-builder.ts';
import { Backlog } from './backlog.ts';
import { CodeUnit } from './code-unit.ts';
import { IngestUnit } from './ingest-unit.ts';
import { DEFAULT_SETTINGS } from './pipeline-options.ts';
import type { PipelineOptions, PipelineSettings } from './pipeline-options.ts';
import { LookupCache } from './lookup-cache.ts';
import { Propagation } from './propagation.ts';
import { QueueUnit } from './queue-unit.ts';
import { Refresher } from './refresher.ts';
import { PipelineMeter } from './stats.ts';
import type { PipelineStats } from './stats.ts';

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
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #settings: PipelineSettings;
  readonly #meter = new PipelineMeter();
  readonly #backlog = new Backlog();
  readonly #projector: Projector;
  readonly #propagation: Propagation;
  readonly #ingest: IngestUnit;
  readonly #queue: QueueUnit;
  readonly #code: CodeUnit | null;
  readonly #lines: readonly { readonly topics: readonly string[] }[];
  #consumers: LogConsumer[] = [];
  /** The last look for parked records on the line of user code found one: there may be more. */
  #isRetrying = true;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const { definitions, plan, store, clock, code } = options;
    const settings = this.#settings;
    const projections = definitions.systems.flatMap((system) => system.projections);
    const systems = new Map(projections.map((projection) => [projection.name, projection.system]));
    const targets = targetsOf(options);
    const strategist = new Strategist(plan, code);
    const fragments = new FragmentCache(settings.cacheBytes * (1 - LOOKUPS_SHARE));
    const onSeveralFound = (): void => void this.#meter.counts.severalFound++;
    const builders = new Map(
      plan.views.map((view) => [
        view.name,
        new ViewBuilder(view, { compatibility: definitions.compatibility, code, onSeveralFound, fragments }),
      ]),
    );
    this.#propagation = new Propagation({
      store,
      cache: new LookupCache(plan, settings.cacheBytes * LOOKUPS_SHARE),
      fragments,
      plan,
      strategist,
      builders,
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
    this.#ingest = new IngestUnit({
      store,
      ingestor: new Ingestor({ targets, clock }),
      projector,
      propagation,
      clock,
      meter: this.#meter,
      backlog: this.#backlog,
      settings,
      systemOf: (projection) => systems.get(projection) ?? '',
      isShared: (topic) => (targets.get(topic)?.length ?? 0) > 1,
    });
    this.#lines = linesOf(definitions.systems);
    const codedTopics = this.#lines[CODED_LINE]?.topics ?? [];
    const refresher = new Refresher({ store, plan, propagation });
    this.#queue = new QueueUnit({ store, plan, projector, propagation, ingestUnit: this.#ingest, refresher, clock, settings, codedTopics });
    const customWriter = new CustomWriter({
      units: { unit: (work) => propagation.unit(work), follow: (writer, deltas) => propagation.run(writer, deltas) },
      code,
      clock,
    });
    this.#code = CodeUnit.isNeeded(plan) ? new CodeUnit({ store, plan, strategist, propagation, customWriter, clock, settings }) : null;
  }

  /** Makes collections and topics, and begins to read where the last commit ended. */
  async open(): Promise<void> {
    const { store, log, plan } = this.#options;
    await store.define(
      [...plan.collections.values()].map(({ name, kind, key, indexes }) => ({
        name,
        kind: kind === 'view' ? 'view' : 'projection',
        key,
        indexes,
      })),
    );
    await log.createTopics(this.#lines.flatMap(({ topics }) => topics));
    await this.#projector.open(store);
    await this.#backlog.load(store);
    this.#consumers = await Promise.all(this.#lines.map(({ topics }) => this.#subscribe(topics)));
  }

  /** From the last commit on. */
  async #subscribe(topics: readonly string[]): Promise<LogConsumer> {
    const { store, log } = this.#options;
    const { group } = this.#settings;
    if (log.capabilities.positions === 'log') return log.subscribe({ group, topics });
    return log.subscribe({ group, topics, from: only(await store.positions(group), topics) });
  }

  /** One unit of work of each kind that has any, without waiting. False when there was nothing to do. */
  async step(): Promise<boolean> {
    let worked = false;
    for (const consumer of this.#consumers) worked = (await this.#ingestStep(consumer, { waitMs: 0 })) || worked;
    worked = (await this.#queueStep(Number.MAX_SAFE_INTEGER)) || worked;
    worked = (await this.#retryStep(Number.MAX_SAFE_INTEGER)) || worked;
    return (await this.#codeStep(Number.MAX_SAFE_INTEGER)) || worked;
  }

  /** Works until nothing is left, however long a retry would have to wait. What waiting may cure (a full disk) is waited out. */
  async runUntilIdle(signal?: AbortSignal): Promise<void> {
    let working = true;
    let failures = 0;
    while (working && signal?.aborted !== true) {
      try {
        working = await this.step();
        failures = 0;
      } catch (error) {
        if (!(error instanceof AppError) || !error.retryable) throw error;
        await this.#waitOut(error, ++failures, signal);
        for (const [i, line] of this.#lines.entries()) await this.#reopen(i, line.topics);
      }
    }
  }

  /** Works until the signal aborts; a failure of a store or log is waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const lines = this.#lines.map((line, i) =>
      this.#keepOn(
        signal,
        () => this.#turn(i, signal),
        () => this.#reopen(i, line.topics),
      ),
    );
    if (this.#code !== null) lines.push(this.#keepOn(signal, () => this.#codeTurn(signal)));
    await Promise.all(lines);
  }

  /** Forgets deleted keys, and removes soft-deleted records, whose time is over. */
  async expire(now: number, limit: number): Promise<void> {
    let isDone = false;
    while (!isDone) {
      const { deltas, done } = await this.#propagation.unit(async (writer) => {
        const expired = await this.#projector.expire(writer, now, limit);
        return { deltas: await this.#propagation.run(writer, expired.deltas), done: expired.done };
      });
      this.#announce(deltas);
      isDone = done;
    }
  }

  /** Next offset of every partition that was read: what lies before is done. */
  positions(): Promise<Offsets> {
    return this.#options.store.positions(this.#settings.group);
  }

  stats(): PipelineStats {
    return this.#meter.read();
  }

  /** Fields of the source that could not be projected, since the pipeline was opened: most frequent first. */
  fieldReports(): readonly FieldReport[] {
    return this.#projector.fieldReports();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lags = await Promise.all(this.#consumers.map((consumer) => consumer.lag()));
    return new Map(lags.flatMap((lag) => [...lag]));
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer[Symbol.asyncDispose]();
    this.#consumers = [];
  }

  async #ingestStep(consumer: LogConsumer, wait: { readonly signal?: AbortSignal; readonly waitMs: number }): Promise<boolean> {
    const records: readonly LogRecord[] = await consumer.poll(this.#settings.batchRecords, wait);
    if (records.length === 0) return false;
    this.#announce(await this.#ingest.process(records));
    await consumer.commit(nextOffsets(records));
    return true;
  }

  async #queueStep(now: number): Promise<boolean> {
    const deltas = await this.#queue.step(now);
    if (deltas !== null) this.#announce(deltas);
    return deltas !== null;
  }

  /** Parked records whose line is the one of user code. */
  async #retryStep(now: number): Promise<boolean> {
    const deltas = this.#lines.length > CODED_LINE ? await this.#queue.retryCoded(now) : null;
    if (deltas !== null) this.#announce(deltas);
    return deltas !== null;
  }

  async #codeStep(now: number): Promise<boolean> {
    const deltas = this.#code === null ? null : await this.#code.step(now);
    if (deltas !== null) this.#announce(deltas);
    return deltas !== null;
  }

  #announce(deltas: readonly RecordDelta[]): void {
    if (deltas.length > 0) this.#options.onCommit?.(deltas);
  }

  /** One turn of a line: a batch of records, then (on the first line) queued work, or parked records. Waits only when there is neither. */
  async #turn(line: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const consumer = must(this.#consumers[line], 'a line without a consumer');
    const isPending = line === CODED_LINE ? this.#isRetrying : this.#backlog.pending;
    await this.#ingestStep(consumer, { signal, waitMs: isPending ? 0 : IDLE_WAIT_MS });
    if (signal.aborted) return;
    if (line === CODED_LINE) this.#isRetrying = await this.#retryStep(clock.now());
    else this.#backlog.pending = await this.#queueStep(clock.now());
  }

  async #codeTurn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (!(await this.#codeStep(clock.now()))) await clock.sleep(CODE_WAIT_MS, signal);
  }

  /** Repeats a turn. After a failure the line reads again from the last commit, after a delay that grows while it keeps failing. */
  async #keepOn(signal: AbortSignal, turn: () => Promise<void>, recover: () => Promise<void> = nothing): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await turn();
        failures = 0;
      } catch (error) {
        failures++;
        await this.#waitOut(error, failures, signal);
        await recover().catch(() => undefined);
      }
    }
  }

  async #waitOut(error: unknown, failures: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger } = this.#options;
    const delayMs = Math.min(30_000, 100 * 2 ** Math.min(failures, 10));
    logger.error('A unit of work failed and is tried again', { error: messageOf(error), failures, delayMs });
    await clock.sleep(delayMs, signal);
  }

  async #reopen(line: number, topics: readonly string[]): Promise<void> {
    await this.#consumers[line]?.[Symbol.asyncDispose]();
    this.#consumers[line] = await this.#subscribe(topics);
    await this.#backlog.load(this.#options.store);
  }
}

const nothing = async (): Promise<void> => undefined;

/** Of the memory for caches: what look-ups get; the rest holds elements of views. */
const LOOKUPS_SHARE = 0.5;

/** How long a line without work waits before it looks at the queue again. */
const IDLE_WAIT_MS = 200;
const CODE_WAIT_MS = 20;
/** The second line: topics whose records need user code. The first one has all others, and the queue. */
const CODED_LINE = 1;

function only(offsets: Offsets, topics: readonly string[]): Offsets {
  return new Map([...offsets].filter(([topic]) => topics.includes(topic)));
}

/** Topics whose records need user code apart from those that do not. The first line is there for the queue's sake, too. */
function linesOf(systems: readonly SystemDefinition[]): { topics: readonly string[] }[] {
  const plain = new Set<string>();
  const coded = new Set<string>();
  for (const system of systems) {
    for (const projection of system.projections) {
      const needsCode = typeof system.format === 'object' || projection.fields.some((field) => field.cast.kind === 'custom');
      for (const topic of projection.topics) (needsCode ? coded : plain).add(topic);
    }
  }
  for (const topic of coded) plain.delete(topic);
  return (coded.size === 0 ? [plain] : [plain, coded]).map((topics) => ({ topics: [...topics] }));
}

function targetsOf({ definitions, formatOf }: PipelineOptions): Map<string, IngestTarget[]> {
  const targets = new Map<string, IngestTarget[]>();
  for (const system of definitions.systems) {
    const format = formatOf(system);
    for (const projection of system.projections) {
      const target: IngestTarget = { system: system.name, format, target: formatTarget(projection) };
      for (const topic of projection.topics) targets.set(topic, [...(targets.get(topic) ?? []), target]);
    }
  }
  return targets;
}

function formatTarget(projection: ProjectionDefinition): IngestTarget['target'] {
  const sourceKey = projection.primaryKey.map(
    (name) =>
      must(
        projection.fields.find((field) => field.name === name),
        `no field ${name}`,
      ).source,
  );
  assert(sourceKey.length > 0, `${projection.name} has no primary key`);
  const sourceTypes = new Map(
    projection.fields.flatMap((field) => (field.sourceType === undefined ? [] : [[field.source, field.sourceType] as const])),
  );
  return { projection: projection.name, sourceKey, sourceTypes };
}

function nextOffsets(records: readonly LogRecord[]): Map<string, Map<number, number>> {
  const offsets = new Map<string, Map<number, number>>();
  for (const { topic, partition, offset } of records)
    offsets.set(topic, (offsets.get(topic) ?? new Map<number, number>()).set(partition, offset + 1));
  return offsets;
}
