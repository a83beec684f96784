import type { Clock } from '../core/clock.ts';
import { identifierText } from '../core/key.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { Trigger } from '../core/trigger.ts';
import type { Plan } from '../plan/plan.ts';
import type { QueuedItem, Store } from '../store/store.ts';
import type { Projector } from './2-project/projector.ts';
import type { IngestUnit } from './ingest-unit.ts';
import type { PipelineSettings } from './pipeline-options.ts';
import type { Propagation } from './propagation.ts';
import { recordOfItem } from './record-item.ts';
import type { Refresher } from './refresher.ts';
import { triggerOf } from './trigger-item.ts';

/** Rows looked at by one step of a truncate: with the views that show them, some tens of ms. */
const TRUNCATE_CHUNK = 500;
const MOST_JOBS = 100;
/** Parked records among which one is looked for that no other line tries again. */
const MOST_PARKED = 100;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly projector: Projector;
  readonly propagation: Propagation;
  readonly ingestUnit: IngestUnit;
  readonly refresher: Refresher;
  readonly clock: Clock;
  readonly settings: PipelineSettings;
  /** Topics whose records need user code: theirs are tried again by the line that reads them. */
  readonly codedTopics: readonly string[];
}

/** One unit of work on what is due; null when nothing is. */
type Work = (now: number) => Promise<readonly RecordDelta[] | null>;

/** What earlier units left to do, as far as no user code is needed: one kind of work a step. */
export class QueueUnit {
  readonly #parts: Parts;
  readonly #plainViews: readonly string[];
  readonly #triggers: Work = (now) => this.#build(now);
  readonly #rest: readonly Work[] = [(now) => this.#retry(now), (now) => this.#truncate(now), (now) => this.#refresh(now)];
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plainViews = parts.plan.views.filter((view) => !view.needsCode).map((view) => view.name);
  }

  /**
   * What changed; null when nothing was due. `now` is the time up to which items are due. One unit of work: triggers and all the rest
   * take turns, so that neither waits until there is nothing of the other.
   */
  async step(now: number): Promise<readonly RecordDelta[] | null> {
    const turn = this.#turn++;
    const first = (turn >> 1) % this.#rest.length;
    const rest = [...this.#rest.slice(first), ...this.#rest.slice(0, first)];
    for (const work of turn % 2 === 0 ? [this.#triggers, ...rest] : [...rest, this.#triggers]) {
      const deltas = await work(now);
      if (deltas !== null) return deltas;
    }
    return null;
  }

  async #build(now: number): Promise<readonly RecordDelta[] | null> {
    const items = await this.#takeTriggers(now);
    if (items.length === 0) return null;
    const { plan, propagation } = this.#parts;
    const byKey = new Map(items.map((item) => [`${item.scope}/${item.key}`, item]));
    const taken = (trigger: Trigger): QueuedItem | undefined => byKey.get(`${trigger.view}/${identifierText(trigger.identifier)}`);
    return propagation.unit(async (writer) => {
      const all: RecordDelta[] = [];
      for (const view of plan.views) {
        const triggers = items.filter((item) => item.scope === view.name).map(triggerOf);
        const deltas = await propagation.build(view, triggers, writer, taken);
        all.push(...(await propagation.run(writer, deltas)));
      }
      await writer.complete(items);
      return all;
    });
  }

  /** Interactive triggers pass first; some bulk ones always come along, so that they never starve. */
  async #takeTriggers(now: number): Promise<readonly QueuedItem[]> {
    const { store, settings } = this.#parts;
    if (this.#plainViews.length === 0) return [];
    const take = (lane: 'interactive' | 'bulk', limit: number): Promise<readonly QueuedItem[]> =>
      store.take({ kinds: ['trigger'], scopes: this.#plainViews, lane, now, limit });
    const interactive = await take('interactive', settings.queueBatch);
    const bulk = await take('bulk', interactive.length > 0 ? settings.bulkBesideInteractive : settings.queueBatch);
    return [...interactive, ...bulk];
  }

  /** A parked record of the topics whose records need user code, for the line that reads them: it may take as long as that code may. */
  async retryCoded(now: number): Promise<readonly RecordDelta[] | null> {
    const { store, codedTopics } = this.#parts;
    const [item] = await store.take({ kinds: ['record'], scopes: codedTopics, now, limit: 1 });
    return this.#processAgain(item);
  }

  /** A parked record of any other topic, be it one that nobody reads any more. */
  async #retry(now: number): Promise<readonly RecordDelta[] | null> {
    const { store, codedTopics } = this.#parts;
    const parked = await store.take({ kinds: ['record'], now, limit: MOST_PARKED });
    return this.#processAgain(parked.find(({ scope }) => !codedTopics.includes(scope)));
  }

  async #processAgain(item: QueuedItem | undefined): Promise<readonly RecordDelta[] | null> {
    return item === undefined ? null : this.#parts.ingestUnit.process([recordOfItem(item)], item);
  }

  async #truncate(now: number): Promise<readonly RecordDelta[] | null> {
    const { store, projector, propagation } = this.#parts;
    const [item] = await store.take({ kinds: ['truncate'], now, limit: 1 });
    if (item === undefined) return null;
    return propagation.unit(async (writer) => {
      const { deltas, rest } = await projector.truncate(writer, item, TRUNCATE_CHUNK);
      await (rest === null ? writer.complete([item]) : writer.putBack([{ ...item, payload: rest }]));
      return propagation.run(writer, deltas);
    });
  }

  /** A step of one of the refreshes that do not wait for what they queued before. */
  async #refresh(now: number): Promise<readonly RecordDelta[] | null> {
    const { store, refresher, clock } = this.#parts;
    for (const job of await store.take({ kinds: ['job'], now, limit: MOST_JOBS })) {
      const deltas = await refresher.step(job, clock.now());
      if (deltas !== null) return deltas;
    }
    return null;
  }
}
