import type { UserCode } from '../../code/code.ts';
import { assert, must } from '../../core/assert.ts';
import type { Change } from '../../core/change.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { ChangePlace } from '../../core/metadata.ts';
import type { Compatibility, ProjectionDefinition } from '../../core/projection.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { QueueItem, QueuedItem, RecordWrite, Store, StoreWriter } from '../../store/store.ts';
import { BatchSimulation, writesOf } from './batch-simulation.ts';
import { Expiry, isExpiry } from './expiry.ts';
import type { DeletedRetention, Expired } from './expiry.ts';
import { withoutImages } from '../../core/previous-images.ts';
import { OF_NO_TOPIC } from './image-keeping.ts';
import type { ImageKeeping } from './image-keeping.ts';
import { FieldReports } from './field-reports.ts';
import type { FieldReport } from './field-reports.ts';
import { prepareChanges } from './prepare.ts';
import { isTruncated } from './order-guard.ts';
import type { AnnouncedWrites, Applied, Prepared, PreparedBatch, PreparedChange, ProjectCounts, RefusedChange } from './prepared.ts';
import { planProjection } from './projection-plan.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import type { RecordImage } from './record-image.ts';
import { TRUNCATE_FACTS, markName, newestMarks, olderMarks, truncateChunk, truncateItem, truncateNoted } from './truncation.ts';
import type { Chunk } from './truncation.ts';

export interface ProjectorOptions {
  readonly projections: readonly ProjectionDefinition[];
  readonly compatibility: Compatibility;
  readonly clock: Clock;
  /** May be null where no projection has cast functions of the user's. */
  readonly code: UserCode | null;
  /** Tombstones seven days and soft-deleted rows for ever, when absent. */
  readonly retention?: DeletedRetention | undefined;
  /**
   * Where other processes write the same projections, and changes are announced through the log: images before changes are kept until
   * they were announced, and truncates that others saw are looked up.
   */
  readonly shared?: Pick<Store, 'facts'> | undefined;
}

const DEFAULT_RETENTION: DeletedRetention = { deletedKeysMs: 7 * 86_400_000, softDeletedMs: null };

/** How often a batch is begun anew because records changed between reading and writing. */
const MAX_ROUNDS = 5;

interface Collected {
  readonly deltas: RecordDelta[];
  readonly refused: RefusedChange[];
  readonly later: QueueItem[];
  readonly announced: AnnouncedWrites[];
  /** The truncate that each projection was written under. */
  readonly marks: Map<string, ChangePlace | null>;
  readonly counts: ProjectCounts;
}

interface Applying {
  readonly collected: Collected;
  /** Null where records are not shared. */
  readonly keeping: ImageKeeping | null;
  /** Resolves when it is known which truncates others saw. */
  readonly opened: Promise<void> | undefined;
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
  readonly #shared: Pick<Store, 'facts'> | null;
  /** The newest truncate of each projection; null before `open`. */
  #marks: Map<string, ChangePlace> | null = null;
  #facts: ReadonlyMap<string, string> = new Map();

  constructor(options: ProjectorOptions) {
    this.#plans = new Map(options.projections.map((definition) => [definition.name, planProjection(definition, options.compatibility)]));
    this.#clock = options.clock;
    this.#code = options.code;
    this.#shared = options.shared ?? null;
    this.#expiry = new Expiry([...this.#plans.values()], options.retention ?? DEFAULT_RETENTION, { isNoted: this.#shared !== null });
  }

  /** Reads what is remembered of truncates. */
  async open(store: Pick<Store, 'facts'>): Promise<void> {
    this.#facts = await store.facts(TRUNCATE_FACTS);
    this.#marks = newestMarks(this.#facts);
  }

  /** Renames, casts and checks. Never throws for what a row or a cast function does: see `refused` and `retry` of the result. */
  async prepare(changes: readonly Change[]): Promise<Prepared> {
    return prepareChanges(changes, this.#plans, this.#code, this.#reports);
  }

  /**
   * Carries out the changes in order: one read and one write per projection, and one delta for each document that is not what it was.
   * Throws a retryable `AppError` where records keep changing in between, which does not happen in a transaction. `keeping` tells what
   * was announced of earlier changes, where records are shared.
   */
  async apply(writer: StoreWriter, prepared: Prepared, keeping: ImageKeeping = OF_NO_TOPIC): Promise<Applied> {
    const counts = { accepted: 0, stale: 0, refused: 0 };
    const collected: Collected = { deltas: [], refused: [], later: [], announced: [], marks: new Map(), counts };
    const batches = prepared.batches.filter(({ changes }) => changes.length > 0);
    // Beside the first reading of records.
    const opened = this.#shared === null ? undefined : this.open(this.#shared);
    opened?.catch(() => undefined);
    for (const batch of this.#shared === null ? batches : batches.flatMap(movesApart))
      await this.#applyBatch(writer, batch, { collected, keeping: this.#shared === null ? null : keeping, opened });
    await opened;
    if (this.#shared !== null) await this.#lookBehind(this.#shared, batches, collected);
    return collected;
  }

  /** To be called once `deltas` were announced: images that are not to stay are removed. Where others changed a record meanwhile, it is theirs. */
  async forgetImages(writer: StoreWriter, announced: readonly AnnouncedWrites[]): Promise<void> {
    for (const { collection, writes } of announced) if (writes.length > 0) await writer.write(collection, writes);
  }

  /** Carries on with a truncate that `apply` left behind: it looks at up to `limit` records, in a unit of work of its own. */
  async truncate(writer: StoreWriter, item: QueuedItem, limit: number): Promise<Chunk> {
    const plan = this.#plans.get(item.scope);
    if (plan === undefined) return { deltas: [], announced: [], rest: null };
    const options = { now: this.#clock.now(), limit };
    if (isExpiry(item)) return this.#expiry.removeNoted(writer, plan, item, options.now);
    return (this.#shared === null ? truncateChunk : truncateNoted)(writer, plan, item.payload, options);
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

  async #applyBatch(writer: StoreWriter, { plan, changes }: PreparedBatch, { collected, keeping, opened }: Applying): Promise<void> {
    const ids = idsOf(changes);
    const now = this.#clock.now();
    /** What others saw of records that an earlier round has written. */
    const origins = new Map<string, StoredRecord | null>();
    const isMove = keeping !== null && changes.some(movesKey);
    for (let round = 0; round < MAX_ROUNDS;) {
      const [read] = await Promise.all([ids.size === 0 ? new Map<string, StoredRecord>() : writer.records(plan.name, [...ids]), opened]);
      assert(this.#marks !== null, 'The projector is opened before it applies changes');
      const mark: ChangePlace | null = this.#marks.get(plan.name) ?? null;
      const simulation = new BatchSimulation(plan, read, { ids, mark, now, keeping });
      for (let more = simulation.unread; more.length > 0; more = simulation.unread)
        simulation.add(more, await writer.records(plan.name, more));
      simulation.run(changes);
      const writes = writesOf(simulation.images, now);
      const conflicts = new Set(isMove ? await writeInTurn(writer, plan.name, writes) : await writeAll(writer, plan.name, writes));
      // Others may have written the other record of a move since it was read: it is done when there is nothing more to write.
      if (isMove && conflicts.size === 0 && writes.length > 0) continue;
      if (conflicts.size === 0) {
        const lasts = new Map(writes.map(({ id, next }) => [id, next]));
        if (keeping !== null) collectImages(plan, simulation.images, lasts, collected);
        for (const image of keeping === null ? simulation.images : []) {
          const delta = image.delta(
            plan.name,
            origins.has(image.id) ? (origins.get(image.id) ?? null) : image.first,
            lasts.get(image.id) ?? null,
          );
          if (delta !== null) collected.deltas.push(delta);
        }
        if (keeping !== null && simulation.hasTruncated) collected.later.push(...this.#scanAgain(plan));
        collected.marks.set(plan.name, simulation.newMark ?? mark);
        if (simulation.newMark !== null) await this.#remember(writer, plan, simulation.newMark, collected);
        collect(simulation, collected);
        return;
      }
      for (const { id, previous } of writes) if (!conflicts.has(id) && !origins.has(id)) origins.set(id, previous);
      round++;
    }
    throw new AppError('STORE_CONFLICT', `Records of projection "${plan.name}" changed ${MAX_ROUNDS} times while they were being written`);
  }

  /**
   * The mark is in force at once, though the unit of work may still be undone: its records are then read again, this truncate among
   * them, and what it keeps out meanwhile it would remove anyway.
   */
  async #remember(writer: StoreWriter, plan: ProjectionPlan, mark: ChangePlace, collected: Collected): Promise<void> {
    if (this.#shared === null) await writer.saveFact(markName(plan.name), JSON.stringify(mark));
    else await this.#rememberAmongOthers(writer, plan, mark);
    this.#marks?.set(plan.name, mark);
    collected.later.push(truncateItem(plan.name, mark, this.#clock.now()));
  }

  /** Those who see truncates of one projection in several partitions at once do not overwrite one another's: each has a fact of its own. */
  async #rememberAmongOthers(writer: StoreWriter, { name }: ProjectionPlan, mark: ChangePlace): Promise<void> {
    await writer.saveFact(markName(name, mark), JSON.stringify(mark));
    for (const old of olderMarks(this.#facts, name, mark)) await writer.saveFact(old, null);
  }

  /** A truncate that another process saw while these changes were written: it may have looked for rows before they were there. */
  async #lookBehind(shared: Pick<Store, 'facts'>, batches: readonly PreparedBatch[], collected: Collected): Promise<void> {
    await this.open(shared);
    for (const { plan } of batches) {
      const mark = this.#marks?.get(plan.name) ?? null;
      if (mark !== null && JSON.stringify(mark) !== JSON.stringify(collected.marks.get(plan.name)))
        collected.later.push(...this.#scanAgain(plan));
    }
  }

  #scanAgain({ name }: ProjectionPlan): QueueItem[] {
    const mark = this.#marks?.get(name);
    return mark === undefined ? [] : [truncateItem(name, mark, this.#clock.now())];
  }
}

/** What others are told, and what is to be written once they were. */
function collectImages(
  plan: ProjectionPlan,
  images: readonly RecordImage[],
  lasts: ReadonlyMap<string, StoredRecord | null>,
  collected: Collected,
): void {
  const writes: RecordWrite[] = [];
  for (const image of images) {
    const last = lasts.get(image.id) ?? null;
    const deltas = image.deltas(plan.name, last);
    collected.deltas.push(...deltas);
    const record = last ?? image.first;
    const plain = deltas.length === 0 || record === null ? undefined : withoutImages(record);
    if (plain !== undefined) writes.push(plain);
  }
  if (writes.length > 0) collected.announced.push({ collection: plan.name, writes });
}

async function writeAll(writer: StoreWriter, collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> {
  return writes.length === 0 ? [] : writer.write(collection, writes);
}

/** One after the other, who takes something before who gives it away: whatever happens in between, somebody has it. */
async function writeInTurn(writer: StoreWriter, collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> {
  for (const write of writes.toReversed()) {
    const conflicts = await writer.write(collection, [write]);
    if (conflicts.length > 0) return conflicts;
  }
  return [];
}

/** Each change of a key by itself, since it reads and writes several records that others may write, too. */
function movesApart({ plan, changes }: PreparedBatch): PreparedBatch[] {
  const batches: { readonly plan: ProjectionPlan; readonly changes: PreparedChange[] }[] = [];
  let wasMove = true;
  for (const change of changes) {
    const isMove = movesKey(change);
    if (isMove || wasMove) batches.push({ plan, changes: [change] });
    else batches.at(-1)?.changes.push(change);
    wasMove = isMove;
  }
  return batches;
}

function movesKey({ movedFrom, movedTo }: PreparedChange): boolean {
  return movedFrom !== null || movedTo !== null;
}

/** Every record that the changes may touch: their own, and those under the other key where a key changed. Who gives comes before who takes. */
function idsOf(changes: readonly PreparedChange[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { change, id, movedFrom, movedTo } of changes) {
    if (movedFrom !== null) ids.add(movedFrom);
    if (change.operation !== 'truncate') ids.add(id);
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
