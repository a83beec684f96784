import type { Clock } from '../core/clock.ts';
import { identifierText } from '../core/key.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { Lane, Trigger } from '../core/trigger.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';
import type { QueueItem, QueuedItem, Store, StoreReader, StoreWriter } from '../store/store.ts';
import type { Strategist } from './3-strategy/strategist.ts';
import type { Built } from './4-aggregate/outcome.ts';
import type { FragmentCache } from './4-aggregate/fragment-cache.ts';
import { writeViews } from './4-aggregate/view-writer.ts';
import type { Backlog } from './backlog.ts';
import type { Building } from './building.ts';
import { refreshItem } from './jobs/job-rows.ts';
import type { LookupCache } from './lookup-cache.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import type { Pauses } from './pauses.ts';
import type { Propagator, Taken } from './propagator.ts';
import type { PipelineMeter } from './stats.ts';
import { strategyItem } from './strategy-errors.ts';
import { triggerItem } from './trigger-item.ts';

/** More triggers than this for one change: that of a hot lookup row, whose views may wait behind fresher changes. */
export const FAN_OUT_OF_BULK = 20;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly strategist: Strategist;
  readonly building: Building;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly settings: PipelineSettings;
  readonly backlog: Backlog;
  readonly cache: LookupCache;
  readonly fragments: FragmentCache;
  readonly pauses: Pauses;
}

/** Stages 3 and 4 of one unit of work: what changed → which views → built and written, view after view, until nothing follows. */
export class Propagation implements Propagator {
  readonly handsOver = false;
  readonly #parts: Parts;
  #strategyItems = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A unit of work. What reads within it saw is forgotten where it fails: it was never committed. */
  async unit<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    const { store } = this.#parts;
    try {
      return await store.transact(work);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Reads everything anew from now on. */
  forget(): void {
    this.#parts.cache.clear();
    this.#parts.fragments.clear();
  }

  /**
   * Follows deltas as far as the budget of builds reaches; queues the rest. Announces all deltas and gives them, the given ones first:
   * whoever writes documents hands what changed to this, once, in the same unit of work.
   */
  async run(writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<RecordDelta[]> {
    const { plan, settings, cache, pauses } = this.#parts;
    const all = [...deltas];
    cache.invalidate(deltas);
    const wanted = new Map<string, Map<string, Trigger>>();
    let budget = settings.triggersPerBatch;
    await this.#follow(writer, deltas, wanted);
    // Views stand after the views that they read, so one pass reaches everything.
    for (const view of plan.views) {
      const triggers = [...(wanted.get(view.name)?.values() ?? [])];
      if (triggers.length === 0) continue;
      const room = view.needsCode || pauses.hasView(view.name) ? 0 : budget;
      const fresh = triggers.length > room ? await this.#queueBeyond(writer, triggers, room) : triggers;
      budget -= fresh.length;
      const written = await this.build(view, fresh, writer);
      for (const delta of written) all.push(delta);
      await this.#follow(writer, written, wanted);
    }
    writer.announce(all);
    return all;
  }

  /** The same for bulk work: nothing is built now, all that follows is queued behind what is fresh. */
  async runLater(writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<void> {
    this.#parts.cache.invalidate(deltas);
    const wanted = new Map<string, Map<string, Trigger>>();
    await this.#follow(writer, deltas, wanted);
    for (const ofView of wanted.values()) await this.enqueue(writer, [...ofView.values()], 'bulk');
    writer.announce(deltas);
  }

  /** Queues what there is no room for, and gives the rest: what hot rows ask for comes last, and waits behind all that is fresh. */
  async #queueBeyond(writer: StoreWriter, triggers: readonly Trigger[], room: number): Promise<readonly Trigger[]> {
    const fanOut = new Map<Trigger['cause'], number>();
    for (const { cause } of triggers) fanOut.set(cause, (fanOut.get(cause) ?? 0) + 1);
    const fresh: Trigger[] = [];
    const hot: Trigger[] = [];
    for (const trigger of triggers) ((fanOut.get(trigger.cause) ?? 0) > FAN_OUT_OF_BULK ? hot : fresh).push(trigger);
    if (fresh.length > room) await this.enqueue(writer, fresh.slice(room), 'interactive');
    const roomForHot = Math.max(0, room - fresh.length);
    if (hot.length > roomForHot) await this.enqueue(writer, hot.slice(roomForHot), 'bulk');
    return [...fresh.slice(0, room), ...hot.slice(0, roomForHot)];
  }

  /** Builds and writes views within the unit of work. What fails becomes an error, or is queued to be tried again. */
  async build(
    view: ViewPlan,
    triggers: readonly Trigger[],
    writer: StoreWriter,
    taken: (trigger: Trigger) => QueuedItem | undefined = nothing,
  ): Promise<RecordDelta[]> {
    if (triggers.length === 0) return [];
    const { meter, clock, cache } = this.#parts;
    const built = await meter.time('aggregate', () =>
      this.buildAlone(view, triggers, cache.reader(writer), cache.reader(writer, { lookups: false })),
    );
    const deltas = await meter.time('aggregate', () => writeViews(view, built, writer, clock.now()));
    await this.#conclude(view, { built, deltas, taken }, writer);
    return deltas;
  }

  /**
   * The same from what is stored and from nothing that is remembered, for repairs: of documents that may be wrong, nobody knows why.
   * Nothing is retried for it that was not asked for.
   */
  async rebuild(view: ViewPlan, triggers: readonly Trigger[], writer: StoreWriter): Promise<RecordDelta[]> {
    if (triggers.length === 0) return [];
    const built = await this.recompute(view, triggers, writer);
    const deltas = await writeViews(view, built, writer, this.#parts.clock.now());
    await this.#conclude(view, { built, deltas, taken: nothing }, writer);
    return deltas;
  }

  async remove(view: ViewPlan, strays: readonly Built[], writer: StoreWriter): Promise<RecordDelta[]> {
    return this.run(writer, await writeViews(view, strays, writer, this.#parts.clock.now()));
  }

  /** What follows from having built: nothing remembers what was, what waited for it is done, errors and retries are settled. */
  async #conclude(
    view: ViewPlan,
    {
      built,
      deltas,
      taken,
    }: {
      readonly built: readonly Built[];
      readonly deltas: readonly RecordDelta[];
      readonly taken: (trigger: Trigger) => QueuedItem | undefined;
    },
    writer: StoreWriter,
  ): Promise<void> {
    const { meter, backlog, cache } = this.#parts;
    cache.invalidate(deltas);
    if (backlog.hasQueued(view.name)) {
      await writer.dequeue(
        'trigger',
        view.name,
        built.map(({ trigger }) => identifierText(trigger.identifier)),
      );
    }
    await this.settle(view, built, writer, taken);
    meter.counts.viewsWritten += deltas.length;
  }

  recompute(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader): Promise<readonly Built[]> {
    return this.#parts.building.recompute(view, triggers, reader);
  }

  buildAlone(
    view: ViewPlan,
    triggers: readonly Trigger[],
    reader: StoreReader,
    readerWithin: StoreReader = reader,
  ): Promise<readonly Built[]> {
    return this.#parts.building.build(view, triggers, reader, readerWithin);
  }

  settle(view: ViewPlan, built: readonly Built[], writer: StoreWriter, taken: (trigger: Trigger) => Taken | undefined): Promise<void> {
    return this.#parts.building.settle(view, built, writer, taken);
  }

  async replaced(writer: StoreWriter, collections: readonly string[]): Promise<void> {
    writer.announce([], collections);
    return Promise.resolve();
  }

  async inFlight(): Promise<null> {
    return Promise.resolve(null);
  }

  async stillInFlight(): Promise<null> {
    return Promise.resolve(null);
  }

  async enqueue(writer: StoreWriter, triggers: readonly Trigger[], lane: Lane): Promise<void> {
    const { backlog } = this.#parts;
    for (const { view } of triggers) backlog.queued(view);
    await writer.enqueue(triggers.map((trigger) => triggerItem(trigger, lane)));
  }

  /** Stage 3: what the deltas ask for is added to what is wanted, or queued where only user code can tell. */
  async #follow(writer: StoreWriter, deltas: readonly RecordDelta[], wanted: Map<string, Map<string, Trigger>>): Promise<void> {
    if (deltas.length === 0) return;
    const { strategist, meter, backlog, clock, fragments, pauses } = this.#parts;
    // Views that wait for what they read to be filled are built as a whole, then.
    const except = (view: string): boolean => pauses.filling.hasView(view);
    const { triggers, elements, unfollowed, whole } = await meter.time('strategy', () => strategist.follow(deltas, writer, except));
    for (const { view, dependency, ids } of elements) fragments.forget(view, dependency, ids);
    meter.counts.triggers += triggers.length;
    for (const trigger of triggers) {
      let ofView = wanted.get(trigger.view);
      if (ofView === undefined) wanted.set(trigger.view, (ofView = new Map()));
      ofView.set(identifierText(trigger.identifier), trigger);
    }
    const items: QueueItem[] = [];
    for (const [view, unseen] of unfollowed) {
      // Each delta by itself: its image before is of that moment only.
      for (const delta of unseen) {
        const key = `${clock.now()}/${this.#strategyItems++}/${delta.collection}/${delta.id}`;
        items.push(strategyItem(view, key, delta));
      }
      backlog.queued(view);
    }
    for (const view of whole) {
      items.push(refreshItem(view));
      backlog.queued(view);
    }
    if (items.length > 0) await writer.enqueue(items);
  }
}

const nothing = (): undefined => undefined;
