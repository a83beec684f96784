import type { UserCode } from '../../code/code.ts';
import { assert, must } from '../../core/assert.ts';
import type { Change } from '../../core/change.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { ChangePlace } from '../../core/metadata.ts';
import type { Compatibility, ProjectionDefinition } from '../../core/projection.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { QueueItem, QueuedItem, Store, StoreWriter } from '../../store/store.ts';
import { BatchSimulation, writesOf } from './batch-simulation.ts';
import { Expiry } from './expiry.ts';
import type { DeletedRetention, Expired } from './expiry.ts';
import { FieldReports } from './field-reports.ts';
import type { FieldReport } from './field-reports.ts';
import { prepareChanges } from './prepare.ts';
import { isTruncated } from './order-guard.ts';
import type { Applied, Prepared, PreparedBatch, PreparedChange, ProjectCounts, RefusedChange } from './prepared.ts';
import { planProjection } from './projection-plan.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { TRUNCATE_FACTS, readMark, truncateChunk, truncateItem } from './truncation.ts';
import type { Chunk } from './truncation.ts';

export interface ProjectorOptions {
  readonly projections: readonly ProjectionDefinition[];
  readonly compatibility: Compatibility;
  readonly clock: Clock;
  /** May be null where no projection has cast functions of the user's. */
  readonly code: UserCode | null;
  /** Tombstones seven days and soft-deleted rows for ever, when absent. */
  readonly retention?: DeletedRetention | undefined;
}

const DEFAULT_RETENTION: DeletedRetention = { deletedKeysMs: 7 * 86_400_000, softDeletedMs: null };

/** How often a batch is begun anew because records changed between reading and writing. */
const MAX_ROUNDS = 5;

interface Collected {
  readonly deltas: RecordDelta[];
  readonly refused: RefusedChange[];
  readonly later: QueueItem[];
  readonly counts: ProjectCounts;
}

/**
 * Stage 2: row changes become the records of projections, and deltas of them.
 *
 * `open` once; then, for each batch, `prepare` outside of a unit of work and `apply` inside one. Both may be repeated: what was applied
 * before changes nothing again, and is not announced again.
 */
export class Projector {
  readonly #plans: ReadonlyMap<string, ProjectionPlan>;
  readonly #clock: Clock;
  readonly #code: UserCode | null;
  readonly #reports = new FieldReports();
  readonly #expiry: Expiry;
  /** The newest truncate of each projection; null before `open`. */
  #marks: Map<string, ChangePlace> | null = null;

  constructor(options: ProjectorOptions) {
    this.#plans = new Map(options.projections.map((definition) => [definition.name, planProjection(definition, options.compatibility)]));
    this.#clock = options.clock;
    this.#code = options.code;
    this.#expiry = new Expiry([...this.#plans.values()], options.retention ?? DEFAULT_RETENTION);
  }

  /** Reads what is remembered of truncates. */
  async open(store: Pick<Store, 'facts'>): Promise<void> {
    const marks = new Map<string, ChangePlace>();
    for (const [name, text] of await store.facts(TRUNCATE_FACTS)) marks.set(name.slice(TRUNCATE_FACTS.length), readMark(text));
    this.#marks = marks;
  }

  /** Renames, casts and checks. Never throws for what a row or a cast function does: see `refused` and `retry` of the result. */
  async prepare(changes: readonly Change[]): Promise<Prepared> {
    return prepareChanges(changes, this.#plans, this.#code, this.#reports);
  }

  /**
   * Carries out the changes in order: one read and one write per projection, and one delta for each document that is not what it was.
   * Throws a retryable `AppError` where records keep changing in between, which does not happen in a transaction.
   */
  async apply(writer: StoreWriter, prepared: Prepared): Promise<Applied> {
    const collected: Collected = { deltas: [], refused: [], later: [], counts: { accepted: 0, stale: 0, refused: 0 } };
    for (const batch of prepared.batches) if (batch.changes.length > 0) await this.#applyBatch(writer, batch, collected);
    return collected;
  }

  /** Carries on with a truncate that `apply` left behind: it looks at up to `limit` records, in a unit of work of its own. */
  async truncate(writer: StoreWriter, item: QueuedItem, limit: number): Promise<Chunk> {
    const plan = this.#plans.get(item.scope);
    if (plan === undefined) return { deltas: [], rest: null };
    return truncateChunk(writer, plan, item.payload, { now: this.#clock.now(), limit });
  }

  /** Forgets deleted keys and removes soft-deleted rows whose time is over, some at a time. */
  async expire(writer: StoreWriter, now: number, limit: number): Promise<Expired> {
    return this.#expiry.run(writer, now, limit);
  }

  /** Whether a truncate that was seen removes what stands at `place`. */
  isTruncated(projection: string, place: ChangePlace): boolean {
    const isGuarded = must(this.#plans.get(projection), `Projection "${projection}" is defined`).guarded;
    return isTruncated(place, this.#marks?.get(projection) ?? null, isGuarded);
  }

  /** Fields of rows that were cast elsewhere. */
  report(reports: readonly FieldReport[]): void {
    this.#reports.addAll(reports);
  }

  /** Fields that could not be projected since the start, most frequent first. */
  fieldReports(): readonly FieldReport[] {
    return this.#reports.list();
  }

  async #applyBatch(writer: StoreWriter, { plan, changes }: PreparedBatch, collected: Collected): Promise<void> {
    assert(this.#marks !== null, 'The projector is opened before it applies changes');
    const ids = idsOf(changes);
    const now = this.#clock.now();
    /** What others saw of records that an earlier round has written. */
    const origins = new Map<string, StoredRecord | null>();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const read = ids.size === 0 ? new Map<string, StoredRecord>() : await writer.records(plan.name, [...ids]);
      const simulation = new BatchSimulation(plan, read, { ids, mark: this.#marks.get(plan.name) ?? null, now });
      for (let more = simulation.unread; more.length > 0; more = simulation.unread)
        simulation.add(more, await writer.records(plan.name, more));
      simulation.run(changes);
      const writes = writesOf(simulation.images, now);
      const conflicts = new Set(writes.length === 0 ? [] : await writer.write(plan.name, writes));
      if (conflicts.size === 0) {
        const lasts = new Map(writes.map(({ id, next }) => [id, next]));
        for (const image of simulation.images) {
          const delta = image.delta(
            plan.name,
            origins.has(image.id) ? (origins.get(image.id) ?? null) : image.first,
            lasts.get(image.id) ?? null,
          );
          if (delta !== null) collected.deltas.push(delta);
        }
        if (simulation.newMark !== null) await this.#remember(writer, plan, simulation.newMark, collected);
        collect(simulation, collected);
        return;
      }
      for (const { id, previous } of writes) if (!conflicts.has(id) && !origins.has(id)) origins.set(id, previous);
    }
    throw new AppError('STORE_CONFLICT', `Records of projection "${plan.name}" changed ${MAX_ROUNDS} times while they were being written`);
  }

  /**
   * The mark is in force at once, though the unit of work may still be undone: its records are then read again, this truncate among
   * them, and what it keeps out meanwhile it would remove anyway.
   */
  async #remember(writer: StoreWriter, plan: ProjectionPlan, mark: ChangePlace, collected: Collected): Promise<void> {
    this.#marks?.set(plan.name, mark);
    await writer.saveFact(`${TRUNCATE_FACTS}${plan.name}`, JSON.stringify(mark));
    collected.later.push(truncateItem(plan.name, mark, this.#clock.now()));
  }
}

/** Every record that the changes may touch: their own, and those under the other key where a key changed. */
function idsOf(changes: readonly PreparedChange[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { change, id, movedFrom, movedTo } of changes) {
    if (change.operation !== 'truncate') ids.add(id);
    if (movedFrom !== null) ids.add(movedFrom);
    if (movedTo !== null) ids.add(movedTo);
  }
  return ids;
}

function collect({ refused, counts }: BatchSimulation, collected: Collected): void {
  collected.refused.push(...refused);
  collected.counts.accepted += counts.accepted;
  collected.counts.stale += counts.stale;
  collected.counts.refused += counts.refused;
}
