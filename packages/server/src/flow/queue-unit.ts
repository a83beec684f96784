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

/** Rows removed by one step of a truncate. */
const TRUNCATE_CHUNK = 1_000;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly projector: Projector;
  readonly propagation: Propagation;
  readonly ingestUnit: IngestUnit;
  readonly refresher: Refresher;
  readonly clock: Clock;
  readonly settings: PipelineSettings;
}

/** What earlier units left to do, as far as no user code is needed: one kind of work a step. */
export class QueueUnit {
  readonly #parts: Parts;
  readonly #plainViews: readonly string[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plainViews = parts.plan.views.filter((view) => !view.needsCode).map((view) => view.name);
  }

  /** What changed; null when nothing was due. `now` is the time up to which items are due. */
  async step(now: number): Promise<readonly RecordDelta[] | null> {
    const { store } = this.#parts;
    const triggers = await this.#takeTriggers(now);
    if (triggers.length > 0) return this.#build(triggers);
    const [record] = await store.take({ kinds: ['record'], now, limit: 1 });
    if (record !== undefined) return this.#retry(record);
    const [truncate] = await store.take({ kinds: ['truncate'], now, limit: 1 });
    if (truncate !== undefined) return this.#truncate(truncate);
    const [job] = await store.take({ kinds: ['job'], now, limit: 1 });
    if (job !== undefined) {
      await this.#parts.refresher.step(job);
      return [];
    }
    return null;
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

  async #build(items: readonly QueuedItem[]): Promise<readonly RecordDelta[]> {
    const { plan, propagation } = this.#parts;
    const failures = new Map(items.map((item) => [`${item.scope}/${item.key}`, item.attempts]));
    const attempts = (trigger: Trigger): number => failures.get(`${trigger.view}/${identifierText(trigger.identifier)}`) ?? 0;
    return propagation.unit(async (writer) => {
      const all: RecordDelta[] = [];
      for (const view of plan.views) {
        const triggers = items.filter((item) => item.scope === view.name).map(triggerOf);
        const deltas = await propagation.build(view, triggers, writer, attempts);
        all.push(...(await propagation.run(writer, deltas)));
      }
      await writer.complete(items);
      return all;
    });
  }

  async #retry(item: QueuedItem): Promise<readonly RecordDelta[]> {
    const { store, ingestUnit } = this.#parts;
    const deltas = await ingestUnit.process([recordOfItem(item)], { advance: false, attempts: item.attempts });
    await store.transact((writer) => writer.complete([item]));
    return deltas;
  }

  async #truncate(item: QueuedItem): Promise<readonly RecordDelta[]> {
    const { projector, propagation } = this.#parts;
    return propagation.unit(async (writer) => {
      const { deltas, done } = await projector.truncate(writer, item, TRUNCATE_CHUNK);
      if (done) await writer.complete([item]);
      return propagation.run(writer, deltas);
    });
  }
}
