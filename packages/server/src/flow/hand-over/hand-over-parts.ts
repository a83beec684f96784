import { must } from '../../core/assert.ts';
import { triggersTopic } from '../../core/hand-over-topics.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Offsets } from '../../log/log.ts';
import { Ingestor } from '../1-ingest/ingestor.ts';
import { Projector } from '../2-project/projector.ts';
import { Strategist } from '../3-strategy/strategist.ts';
import { CustomWriter } from '../4-aggregate/custom-writer.ts';
import { FragmentCache } from '../4-aggregate/fragment-cache.ts';
import { ViewBuilder } from '../4-aggregate/view-builder.ts';
import { Backlog } from '../backlog.ts';
import { Building } from '../building.ts';
import { CodeUnit } from '../code-unit.ts';
import { Filling } from '../filling.ts';
import { ingestTargets } from '../ingest-targets.ts';
import { IngestUnit } from '../ingest-unit.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { jobTypes } from '../jobs/job-types.ts';
import { Trickle } from '../jobs/trickle.ts';
import { KnownTopics } from '../known-topics.ts';
import { topicsOfLines } from '../line.ts';
import { BULK_STEP_MS, Pace } from '../pace.ts';
import { Pauses } from '../pauses.ts';
import { DEFAULT_SETTINGS } from '../pipeline-settings.ts';
import type { PipelineSettings } from '../pipeline-settings.ts';
import { QueueUnit } from '../queue-unit.ts';
import { PipelineMeter } from '../stats.ts';
import { Traffic } from '../traffic.ts';
import { CreatorUnit } from './creator-unit.ts';
import { Fence } from './fence.ts';
import { collectionsByTopic, groupsOf, handOverTopics } from './groups.ts';
import type { Group } from './groups.ts';
import { HandOver } from './hand-over.ts';
import type { HandOverOptions } from './hand-over-options.ts';
import { Lease } from './lease.ts';
import { MessageUnit } from './message-unit.ts';
import { Transit } from './transit.ts';
import { TriggerUnit } from './trigger-unit.ts';

/** Builds by functions of the user in one batch: few, so that a slow one does not hold back what follows it. */
const CODED_A_BATCH = 100;
/** Of a memory that keeps nothing: bytes. */
const NO_ROOM = 1;
const NONE: ReadonlySet<string> = new Set();

/** The stages of one process, and what works on the queue, wired to hand over through the log. */
export class HandOverParts {
  readonly id: string;
  readonly settings: PipelineSettings;
  readonly meter = new PipelineMeter();
  readonly pauses: Pauses;
  readonly projector: Projector;
  readonly handOver: HandOver;
  readonly jobs: JobRunner;
  readonly queue: QueueUnit;
  readonly code: CodeUnit | null;
  readonly trickle: Trickle;
  readonly lease: Lease;
  readonly fence: Fence;
  /** All groups of the project, in all processes. */
  readonly groups: readonly Group[];
  readonly transit: Transit;
  readonly #options: HandOverOptions;
  readonly #traffic = new Traffic();
  readonly #pace = new Pace();
  readonly #ingest: IngestUnit;
  readonly #follow: MessageUnit;
  readonly #consult: MessageUnit;
  readonly #create: MessageUnit;
  readonly #views: ReadonlyMap<string, string>;
  /** Topics as they were before any was read. */
  readonly known: KnownTopics;

  constructor(options: HandOverOptions) {
    this.#options = options;
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.id = options.id ?? this.settings.group;
    const { definitions, plan, store, log, clock, code, logger } = options;
    const { settings, meter } = this;
    const { compatibility } = definitions;
    const lanes = ['interactive', 'bulk'] as const;
    this.#views = new Map(plan.views.flatMap(({ name }) => lanes.map((lane) => [triggersTopic(this, name, lane), name] as const)));
    this.pauses = new Pauses(definitions, new Filling(plan));
    this.lease = new Lease(store, clock, 'queue');
    this.fence = new Fence(options.inForce);
    const { fence } = this;
    const guarded = fence.guard(store);
    const backlog = new Backlog({ isShared: true });
    const strategist = new Strategist(plan, code);
    const fragments = new FragmentCache(NO_ROOM);
    const onSeveralFound = (): void => void meter.counts.severalFound++;
    const builders = new Map(
      plan.views.map((view) => [view.name, new ViewBuilder(view, { compatibility, code, fragments, onSeveralFound })]),
    );
    const building = new Building({ builders, coldBuilders: builders, clock, meter, backlog });
    this.groups = groupsOf({ id: this.id, definitions, plan });
    this.transit = new Transit({ log, store, plan, groups: this.groups, pausedTopics: (group) => this.pausedTopics(group) });
    this.handOver = new HandOver({ id: this.id, definitions, plan, log, store, building, clock, transit: this.transit });
    const propagation = this.handOver;
    const projections = definitions.systems.flatMap((system) => system.projections);
    const systems = new Map(projections.map((projection) => [projection.name, projection.system]));
    const { deletedKeysMs, softDeletedMs } = settings;
    const retention = { deletedKeysMs, softDeletedMs };
    this.projector = new Projector({ projections, compatibility, clock, code: options.ingestCode ?? code, retention, shared: store });
    const { projector, pauses } = this;
    const targets = ingestTargets(options);
    const ingestor = new Ingestor({ targets, clock });
    const isShared = (topic: string): boolean => (targets.get(topic)?.length ?? 0) > 1;
    const systemOf = (projection: string): string => systems.get(projection) ?? '';
    const ingest = { store, log, savesPositions: false, ingestor, projector, propagation, clock, meter, backlog, settings };
    this.#ingest = new IngestUnit({ ...ingest, systemOf, isShared });
    const ingestUnit = this.#ingest;
    const customWriter = new CustomWriter({
      units: { unit: (work) => propagation.unit(work), follow: (writer, deltas) => propagation.run(writer, deltas) },
      code,
      clock,
    });
    const codedTopics = topicsOfLines(definitions.systems)[1] ?? [];
    const codedProjections = new Set(
      projections.filter(({ topics }) => topics.some((topic) => codedTopics.includes(topic))).map(({ name }) => name),
    );
    const common = { store: guarded, plan, projector, propagation, ingestUnit, pauses, clock, settings };
    const positions = (): Promise<Offsets> => this.positions();
    const types = jobTypes({ ...common, positions, definitions, log, ingestor, customWriter, codedProjections }, options.jobTypes ?? []);
    const traffic = this.#traffic;
    this.jobs = new JobRunner({ store: guarded, propagation, types, clock, logger, traffic });
    const ours = new Set(handOverTopics({ id: this.id, definitions, plan }));
    const sendAgain = async ({ topic, key, value, headers }: LogRecord): Promise<boolean> => {
      if (ours.has(topic)) await log.append([{ topic, key, value, headers }]);
      return ours.has(topic);
    };
    this.queue = new QueueUnit({ ...common, jobs: this.jobs, traffic, codedTopics, sendAgain });
    this.code = CodeUnit.isNeeded(plan) ? new CodeUnit({ ...common, strategist, customWriter }) : null;
    this.trickle = new Trickle({ plan, store, propagation, pauses, clock, logger, perSecond: settings.auditPerSecond, traffic });
    const messages = { store, log, clock, meter };
    const collectionOf = collectionsByTopic({ id: this.id, definitions, plan });
    const trigger = new TriggerUnit({ plan, store, strategist, handOver: propagation, clock, meter, settings, collectionOf });
    this.#follow = new MessageUnit(messages, (records, bury) => trigger.follow(records, bury));
    this.#consult = new MessageUnit(messages, (records, bury) => trigger.consult(records, bury));
    this.known = new KnownTopics(log);
    const topicIdOf = (topic: string): string => must(this.known.idOf(topic), `Topic "${topic}" has an id`);
    const parts = { plan, store, building, builders, customWriter, handOver: propagation, clock, meter, topicIdOf, fence };
    const creator = new CreatorUnit({ ...parts, cacheBytes: settings.cacheBytes });
    this.#create = new MessageUnit(messages, (records, bury) => creator.process(records, bury));
  }

  /** The view that a topic of triggers is of. */
  viewOf(topic: string): string {
    return this.#views.get(topic) ?? '';
  }

  /** Topics that a group does not read for the time being. */
  pausedTopics({ role, topics }: Group): ReadonlySet<string> {
    const { pauses } = this;
    if (role === 'updater') return pauses.topics();
    if (role === 'trigger') return NONE;
    return new Set(topics.filter((topic) => pauses.hasView(this.viewOf(topic))));
  }

  /** What is done with the records of a group. */
  workOf({ role, callsCode, lane }: Group): (records: readonly LogRecord[]) => Promise<void> {
    if (role === 'updater') {
      return async (records) => {
        this.#traffic.note();
        await this.#ingest.process(records);
      };
    }
    if (role === 'trigger') return (records) => (callsCode ? this.#consult : this.#follow).process(records);
    return async (records) => {
      if (lane === 'interactive') this.#traffic.note();
      const start = performance.now();
      await this.#create.process(records);
      if (lane === 'bulk' && !callsCode) this.#pace.took(records.length, performance.now() - start);
    };
  }

  /** Records of the next batch: bulk work takes short steps, and shorter ones while fresh changes flow. */
  limitOf({ role, callsCode, lane }: Group): number {
    const { batchRecords, queueBatch, bulkBesideInteractive } = this.settings;
    if (role !== 'creator') return batchRecords;
    if (callsCode) return Math.min(queueBatch, CODED_A_BATCH);
    if (lane === 'interactive') return queueBatch;
    const least = Math.min(queueBatch, bulkBesideInteractive);
    return this.#pace.rows(this.#traffic.isFlowing ? BULK_STEP_MS.flowing : BULK_STEP_MS.quiet, { least, most: queueBatch });
  }

  /** How far what is ingested was read. */
  async positions(): Promise<Offsets> {
    const all = await Promise.all(this.groups.filter(({ role }) => role === 'updater').map(({ name }) => this.transit.committed(name)));
    return new Map(all.flatMap((offsets) => [...offsets]));
  }

  /** By the slowest of the groups that read a topic. Messages that no group reads are for those who serve: they take them as they come. */
  async needed(): Promise<Offsets> {
    const { definitions, plan, log } = this.#options;
    const handedOver = new Set(handOverTopics({ id: this.id, definitions, plan }));
    const needed = new Map<string, Map<number, number>>();
    for (const { topic, partitions } of await log.topics())
      if (handedOver.has(topic)) needed.set(topic, new Map(partitions.map(({ partition, end }) => [partition, end])));
    for (const { name, topics } of this.groups) {
      const committed = await this.transit.committed(name);
      for (const topic of topics) {
        const known = needed.get(topic);
        const offsets = committed.get(topic) ?? new Map<number, number>();
        if (known === undefined) needed.set(topic, new Map(offsets));
        else for (const [partition, offset] of known) known.set(partition, Math.min(offset, offsets.get(partition) ?? 0));
      }
    }
    return needed;
  }
}
