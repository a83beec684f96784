import { must } from '../../core/assert.ts';
import type { Clock } from '../../core/clock.ts';
import type { Definitions } from '../../core/definitions.ts';
import { projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../../core/hand-over-topics.ts';
import { AppError } from '../../core/errors.ts';
import { keyOf } from '../../core/key.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Lane, Trigger } from '../../core/trigger.ts';
import type { Log } from '../../log/log.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { QueuedItem, Store, StoreReader, StoreWriter } from '../../store/store.ts';
import { forgettingWrites, guardedWrite } from '../4-aggregate/guarded-views.ts';
import type { Built } from '../4-aggregate/outcome.ts';
import { nextRecords } from '../4-aggregate/view-writer.ts';
import type { Building } from '../building.ts';
import { pageOf, straysAmong } from '../jobs/view-pages.ts';
import { encodeDelta, encodeReplacement } from '../messages/delta-message.ts';
import { encodeTrigger } from '../messages/trigger-message.ts';
import type { InFlight, Propagator, Taken } from '../propagator.ts';
import { lastErrorOf } from '../trigger-item.ts';
import type { Transit } from './transit.ts';

/** Messages of one append: a change of a hot row may ask for very many builds. */
const MOST_AT_ONCE = 5_000;

/** How often documents are removed anew because others wrote them meanwhile. */
const MAX_ROUNDS = 10;

interface Parts {
  readonly id: string;
  readonly definitions: Definitions;
  readonly plan: Plan;
  readonly log: Log;
  readonly store: Store;
  readonly building: Building;
  readonly clock: Clock;
  /** Whether what was handed over was worked on. */
  readonly transit: Transit;
}

/**
 * Hands what changed over to the stages behind, through topics of the log: changes of projections and of views to whoever finds out which
 * views show them, and serves them; triggers to whoever builds views. It returns when all of it is durable.
 *
 * Messages come at least once. Those of one document, and those of one identifier, are in one partition, in their order.
 */
export class HandOver implements Propagator {
  readonly handsOver = true;
  readonly #parts: Parts;
  readonly #sources: ReadonlyMap<string, string>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const projections = parts.definitions.systems.flatMap((system) => system.projections);
    this.#sources = new Map(projections.map(({ name, system }) => [name, system]));
  }

  /** Nothing spans several calls, so units of work do not wait for one another. */
  async unit<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    const writer = await this.#parts.store.transact(async (free) => free);
    return work(writer);
  }

  /** Nothing is remembered: others write the same documents. */
  forget(): void {
    return undefined;
  }

  async run(_writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<readonly RecordDelta[]> {
    await this.announce(deltas, 'interactive');
    return deltas;
  }

  async runLater(_writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<void> {
    await this.announce(deltas, 'bulk');
  }

  async announce(deltas: readonly RecordDelta[], lane: Lane): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#append(deltas.map((delta) => encodeDelta(delta, { ...this.#contextOf(delta.collection), lane, now })));
  }

  async replaced(_writer: StoreWriter, collections: readonly string[]): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#append(collections.map((name) => encodeReplacement(name, { ...this.#contextOf(name), now })));
  }

  async build(
    _view: ViewPlan,
    triggers: readonly Trigger[],
    _writer: StoreWriter,
    taken: (trigger: Trigger) => QueuedItem | undefined = nothing,
  ): Promise<readonly RecordDelta[]> {
    const now = this.#parts.clock.now();
    await this.#append(
      triggers.map((trigger) => {
        const item = taken(trigger);
        const lane = item?.lane ?? trigger.lane;
        const lastError = item === undefined ? undefined : lastErrorOf(item);
        const retry = item === undefined || item.attempts === 0 ? undefined : { attempts: item.attempts, lastError: lastError ?? UNKNOWN };
        return encodeTrigger({ ...trigger, lane }, { topic: triggersTopic(this.#parts, trigger.view, lane), change: null, retry, now });
      }),
    );
    return [];
  }

  async rebuild(_view: ViewPlan, triggers: readonly Trigger[], writer: StoreWriter): Promise<readonly RecordDelta[]> {
    await this.enqueue(writer, triggers, 'bulk');
    return [];
  }

  /** Said again of those that are gone, but may not have been announced as such. What others have built meanwhile stays. */
  async remove(view: ViewPlan, strays: readonly Built[], writer: StoreWriter): Promise<readonly RecordDelta[]> {
    const all: RecordDelta[] = [];
    let left: readonly Built[] = strays;
    for (let round = 0; left.length > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new AppError(
          'STORE_CONFLICT',
          `${left.length} documents of ${view.name} changed ${MAX_ROUNDS} times while they were removed`,
        );
      const { deltas, conflicts } = await this.#removeOnce(view, left, writer);
      all.push(...deltas);
      left = conflicts.length === 0 ? [] : await straysAmong(writer, view, conflicts);
    }
    return all;
  }

  async #removeOnce(
    view: ViewPlan,
    strays: readonly Built[],
    writer: StoreWriter,
  ): Promise<{ readonly deltas: readonly RecordDelta[]; readonly conflicts: readonly string[] }> {
    const now = this.#parts.clock.now();
    const ids = strays.map(({ id }) => id);
    const stored = await writer.records(view.name, ids);
    const still = pageOf(view, [...stored.values()]).strays;
    const options = { now, isAnnounced: () => false, isApart: true };
    const planned = Array.from(nextRecords(view, still, stored, now), ([id, { next, trigger }]) =>
      guardedWrite({ view, id, trigger, place: undefined, previous: stored.get(id) ?? null, next }, options),
    ).filter(({ deltas }) => deltas.length > 0);
    const writes = planned.map(({ write }) => write);
    const conflicts = new Set(writes.length === 0 ? [] : await writer.write(view.name, writes));
    const removed = planned.filter(({ write }) => !conflicts.has(write.id));
    const deltas = removed.flatMap((each) => each.deltas);
    await this.announce(deltas, 'bulk');
    const forgetting = forgettingWrites(removed.map(({ write }) => must(write.next, 'A guarded write leaves a record')));
    if (forgetting.length > 0) await writer.write(view.name, forgetting);
    return { deltas, conflicts: [...conflicts] };
  }

  recompute(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader): Promise<readonly Built[]> {
    return this.#parts.building.recompute(view, triggers, reader);
  }

  buildAlone(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader): Promise<readonly Built[]> {
    return this.#parts.building.recompute(view, triggers, reader);
  }

  settle(view: ViewPlan, built: readonly Built[], writer: StoreWriter, taken: (trigger: Trigger) => Taken | undefined): Promise<void> {
    return this.#parts.building.settle(view, built, writer, taken);
  }

  inFlight(): Promise<InFlight> {
    return this.#parts.transit.begin();
  }

  stillInFlight(known: InFlight): Promise<InFlight | null> {
    return this.#parts.transit.left(known);
  }

  async enqueue(_writer: StoreWriter, triggers: readonly Trigger[], lane: Lane): Promise<void> {
    await this.trigger(triggers.map((trigger) => ({ trigger: { ...trigger, lane }, change: null })));
  }

  /** Asks for builds, each with the change behind it, where one is known. */
  async trigger(asked: readonly { readonly trigger: Trigger; readonly change: RecordDelta | null }[]): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#append(
      asked.map(({ trigger, change }) => {
        const topic = triggersTopic(this.#parts, trigger.view, trigger.lane);
        return encodeTrigger(trigger, { topic, change: change === null ? null : this.#changeOf(change), now });
      }),
    );
  }

  #changeOf({ collection, id, before, after }: RecordDelta): Parameters<typeof encodeTrigger>[1]['change'] {
    const { key } = this.#contextOf(collection);
    const document = (after ?? before)?.document;
    const keyed = key.length === 0 || document === undefined ? undefined : keyOf(document, key);
    return { collection, key: keyed ?? { _id: id }, data: after?.document ?? null };
  }

  #contextOf(name: string): Omit<Parameters<typeof encodeDelta>[1], 'lane' | 'now'> {
    const { kind, key } = must(this.#parts.plan.collections.get(name), `Collection "${name}" is planned`);
    const topic = kind === 'view' ? viewUpdatesTopic(this.#parts, name) : projectionUpdatesTopic(this.#parts, name);
    return { topic, kind: kind === 'view' ? 'view' : 'projection', source: this.#sources.get(name) ?? null, key };
  }

  async #append(records: readonly NewLogRecord[]): Promise<void> {
    for (let i = 0; i < records.length; i += MOST_AT_ONCE) await this.#parts.log.append(records.slice(i, i + MOST_AT_ONCE));
  }
}

const nothing = (): undefined => undefined;
const UNKNOWN = { type: 'UNKNOWN_ERROR', message: '' };
